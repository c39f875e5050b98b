"""A network without columns as a graph: matrices in, matrices out."""

from __future__ import annotations

import numpy as np

from trimtab.core.tasks import BINARY
from trimtab.core.types import Floats
from trimtab.insight.uncertainty.task import Task
from trimtab.interchange.graph import networks
from trimtab.interchange.graph.graph import Graph
from trimtab.model.committee import Committee
from trimtab.model.model import Model
from trimtab.program import Program

__all__ = ["graph_of_model", "sampled_inputs"]


def graph_of_model(model: Model | Committee) -> Graph:
    """The graph of what ``model.predict`` computes.

    Raises:
        NotBuilt: the model does not know its number of input columns.
        Unsupported: it has a custom layer.
    """
    first: Model = model.members[0] if isinstance(model, Committee) else model
    width = first.built_width()
    names, widths = first.input_names, first.input_widths or [width]
    graph = Graph()
    x = graph.joined(
        [graph.input(name, "float32", own) for name, own in zip(names, widths, strict=True)]
    )
    if isinstance(model, Committee):
        mean = networks.meanings(graph, model, x)
        made = graph.cast(_outputs(graph, model.task, mean), "float32")
    else:
        made = networks.outputs(graph, model, x)
    heads = first.heads
    for head in heads:
        own = made
        if len(heads) > 1:
            places = np.arange(first.output_width())[head.columns]
            own = graph.columns(made, places)
        graph.output(graph.free_output(head.name), own, "float32", head.width)
    return graph


def _outputs(graph: Graph, task: Task, mean: str) -> str:
    """What :meth:`Task.outputs` makes of numbers and probabilities."""
    if task.kind == BINARY:
        no, yes = (graph.columns(mean, [at]) for at in (0, 1))
        return graph("Sub", graph("Log", yes), graph("Log", no)) if task.logits else yes
    return graph("Log", mean) if task.logits else mean


def sampled_inputs(model: Model | Committee, rows: int, seed: int = 0) -> Floats:
    """Normal numbers; of columns that an embedding reads, its codes; of one-hot codes, theirs."""
    first: Model = model.members[0] if isinstance(model, Committee) else model
    generator = np.random.default_rng(seed)
    program = first.program()
    x = generator.normal(size=(rows, program.input_width)).astype(np.float32)
    for place, size in _codes(program).items():
        x[:, place] = generator.integers(0, size, rows)
    return x


def _codes(program: Program) -> dict[int, int]:
    """Columns of the input that are codes, and how many there are."""
    origin: dict[int, list[int]] = {0: list(range(program.input_width))}
    found: dict[int, int] = {}
    for op in program.ops:
        sources = [origin.get(number) for number in op.inputs]
        known = [each for each in sources if each is not None]
        if len(known) < len(sources) or not known:
            continue
        attributes = op.attributes()
        if op.kind == "select":
            start, step, number = (attributes[name] for name in ("start", "step", "count"))
            origin[op.output] = [known[0][start + step * at] for at in range(number)]
        elif op.kind == "concatenate":
            origin[op.output] = [place for each in known for place in each]
        elif op.kind == "embedding":
            tables = attributes["tables"]
            last = known[0][-len(tables) :]
            found |= {
                place: attributes["sizes"][table] for place, table in zip(last, tables, strict=True)
            }
        elif op.kind == "category_encoding":
            found |= dict.fromkeys(known[0], attributes["depth"])
    return found
