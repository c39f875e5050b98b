"""What each operator is in NumPy: a line of the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.interchange.graph.graph import Graph, Node

__all__ = ["EXPRESSIONS"]

#: (graph, node, what its inputs are called in the file) -> an expression.
Expression = Callable[[Graph, Node, list[str]], str]

_DTYPES = {
    "float32": "np.float32",
    "float64": "np.float64",
    "int64": "np.int64",
    "bool": "np.bool_",
}


def _plain(template: str) -> Expression:
    """An expression of the inputs alone."""
    return lambda graph, node, names: template.format(*names)


def _numbers(graph: Graph, name: str) -> tuple[int, ...]:
    """A constant that is part of the line: a shape, axes."""
    return tuple(int(number) for number in graph.constants[name].reshape(-1))


def _sum(graph: Graph, node: Node, names: list[str]) -> str:
    axes = _axes(_numbers(graph, node.inputs[1]))
    return f"{names[0]}.sum(axis={axes}{_kept(node)})"


def _reduced(function: str) -> Expression:
    def expression(graph: Graph, node: Node, names: list[str]) -> str:
        return f"{names[0]}.{function}(axis={_axes(tuple(node.attributes['axes']))}{_kept(node)})"

    return expression


def _axes(axes: tuple[int, ...]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(axes)


def _kept(node: Node) -> str:
    return ", keepdims=True" if node.attributes["keepdims"] else ""


def _concat(graph: Graph, node: Node, names: list[str]) -> str:
    return f"np.concatenate(({', '.join(names)}), axis={node.attributes['axis']})"


def _gather(graph: Graph, node: Node, names: list[str]) -> str:
    return f"np.take({names[0]}, {names[1]}, axis={node.attributes['axis']})"


def _reshape(graph: Graph, node: Node, names: list[str]) -> str:
    return f"{names[0]}.reshape({', '.join(map(str, _numbers(graph, node.inputs[1])))})"


def _running_sum(graph: Graph, node: Node, names: list[str]) -> str:
    return f"np.cumsum({names[0]}, axis={_numbers(graph, node.inputs[1])[0]})"


def _with(template: str, *attributes: str) -> Expression:
    """An expression of the inputs and some attributes."""

    def expression(graph: Graph, node: Node, names: list[str]) -> str:
        given: dict[str, Any] = {name: node.attributes[name] for name in attributes}
        return template.format(*names, **given)

    return expression


EXPRESSIONS: dict[str, Expression] = {
    "Abs": _plain("np.abs({0})"),
    "Add": _plain("{0} + {1}"),
    "And": _plain("{0} & {1}"),
    "ArgMax": _with("np.argmax({0}, axis={axis})", "axis"),
    "Cast": lambda graph, node, names: f"{names[0]}.astype({_DTYPES[node.attributes['to']]})",
    "Concat": _concat,
    "Cos": _plain("np.cos({0})"),
    "CumSum": _running_sum,
    "Div": _plain("_quotient({0}, {1})"),
    "Elu": _with("np.where({0} > 0, {0}, {alpha!r} * np.expm1(np.minimum({0}, 0)))", "alpha"),
    "Equal": _plain("{0} == {1}"),
    "Erf": _plain("_erf({0})"),
    "Exp": _plain("np.exp({0})"),
    "Gather": _gather,
    "Greater": _plain("{0} > {1}"),
    "GreaterOrEqual": _plain("{0} >= {1}"),
    "IsNaN": _plain("np.isnan({0})"),
    "LabelEncoder": _with("_numbered({0}, {1}, {default_int64})", "default_int64"),
    "Less": _plain("{0} < {1}"),
    "LessOrEqual": _plain("{0} <= {1}"),
    "Log": _plain("np.log({0})"),
    "LogSoftmax": _with("_log_softmax({0}, {axis})", "axis"),
    "MatMul": _plain("{0} @ {1}"),
    "Max": _plain("np.maximum({0}, {1})"),
    "Min": _plain("np.minimum({0}, {1})"),
    "Mod": _plain("{0} % {1}"),
    "Mul": _plain("{0} * {1}"),
    "Neg": _plain("-{0}"),
    "Or": _plain("{0} | {1}"),
    "Not": _plain("~{0}"),
    "ReduceMax": _reduced("max"),
    "ReduceMean": _reduced("mean"),
    "ReduceSum": _sum,
    "Relu": _plain("np.maximum({0}, 0)"),
    "Reshape": _reshape,
    "Round": _plain("np.round({0})"),
    "Sigmoid": _plain("1 / (1 + np.exp(-{0}))"),
    "Sin": _plain("np.sin({0})"),
    "Softmax": _with("_softmax({0}, {axis})", "axis"),
    "Softplus": _plain("np.logaddexp({0}, 0)"),
    "Sqrt": _plain("np.sqrt({0})"),
    "Sub": _plain("{0} - {1}"),
    "Tanh": _plain("np.tanh({0})"),
    "Transpose": _with("np.transpose({0}, {perm})", "perm"),
    "Where": _plain("np.where({0}, {1}, {2})"),
}
