"""Networks as nodes: one, or several that predict as one."""

from __future__ import annotations

from trimtab.core.tasks import BINARY, MULTICLASS
from trimtab.errors import Unsupported
from trimtab.insight.uncertainty.task import Task, task_of
from trimtab.interchange.graph.graph import Graph, f64, i64
from trimtab.interchange.graph.network.registry import emit
from trimtab.model.committee import Committee, members_of
from trimtab.model.model import Model

__all__ = ["meanings", "outputs"]


def outputs(graph: Graph, model: Model, x: str) -> str:
    """What a network predicts, ``(rows, width)`` in float32.

    Batch normalizations beside a Dense are folded into it where nothing cancels.

    Raises:
        Unsupported: it has a custom layer, or does not compute in float32.
    """
    precision = model.runner.choice.get("precision", "float32")
    if precision != "float32":
        raise Unsupported(
            f"{model.name} is compiled with precision={precision!r}, and the file computes in "
            "float32: they would not agree. Compile the model with precision='float32' first."
        )
    program, state = model.export_state()
    if any(op.kind == "batch_normalization" for op in program.ops) and program.native:
        program, state = model.fold_batch_normalization().model.export_state()
    return emit(graph, program, state.parameters, state.state, x)


def meanings(graph: Graph, model: Model | Committee, x: str) -> str:
    """Numbers, or the probability of each class, ``(rows, width)`` in float64.

    Of a committee the mean of its members.
    """
    members = members_of(model)
    task = task_of(members[0])
    each = [
        _meaning(graph, task, graph.cast(outputs(graph, member, x), "float64"))
        for member in members
    ]
    total = each[0]
    for value in each[1:]:
        total = graph("Add", total, value)
    return total if len(each) == 1 else graph("Div", total, f64(len(each)))


def _meaning(graph: Graph, task: Task, value: str) -> str:
    """What :meth:`Task.values` makes of outputs."""
    if task.kind == BINARY:
        share = graph("Sigmoid", value) if task.logits else value
        return graph.joined([graph("Sub", f64(1), share), share])
    if task.kind == MULTICLASS and task.logits:
        return graph("Softmax", value, axis=-1)
    if task.kind == MULTICLASS:
        return graph("Div", value, graph("ReduceSum", value, i64([1]), keepdims=1))
    return value
