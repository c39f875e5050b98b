"""Element-wise activations; formulas in :mod:`trimtab.program.ops.activation`."""

from __future__ import annotations

import math
from collections.abc import Callable

from trimtab.interchange.graph.graph import Graph, f32
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Activation

__all__ = ["FUNCTIONS", "activation"]

_SELU_SCALE = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772


def activation(op: Activation, call: Context) -> str:
    """``f(x)``."""
    (x,) = call.inputs
    return FUNCTIONS[op.function](op, call.graph, x)


def _relu(op: Activation, g: Graph, x: str) -> str:
    bounded = not math.isinf(op.max_value)
    if op.negative_slope == 0 and op.threshold == 0 and not bounded:
        return g("Relu", x)
    most, threshold = f32(op.max_value), f32(op.threshold)
    high = g("Where", g("GreaterOrEqual", x, most), most, x) if bounded else x
    if op.negative_slope == 0:
        return g("Where", g("LessOrEqual", x, threshold), f32(0), high)
    low = g("Mul", g("Sub", x, threshold), f32(op.negative_slope))
    at = g("Where", g("Equal", x, threshold), f32(0), high) if op.threshold else high
    return g("Where", g("Less", x, threshold), low, at)


def _elu(g: Graph, x: str, alpha: float) -> str:
    return g("Elu", x, alpha=float(alpha))


def _celu(op: Activation, g: Graph, x: str) -> str:
    return g("Mul", _elu(g, g("Div", x, f32(op.alpha)), 1.0), f32(op.alpha))


def _gelu(op: Activation, g: Graph, x: str) -> str:
    share = g("Add", g("Erf", g("Mul", x, f32(math.sqrt(0.5)))), f32(1))
    return g("Mul", g("Mul", x, f32(0.5)), share)


def _gelu_tanh(op: Activation, g: Graph, x: str) -> str:
    cube = g("Mul", g("Mul", g("Mul", x, x), x), f32(0.044715))
    return g("Mul", x, g("Sigmoid", g("Mul", g("Add", x, cube), f32(2 * math.sqrt(2 / math.pi)))))


def _hard_sigmoid(g: Graph, x: str) -> str:
    return g("Div", g.clipped(g("Add", x, f32(3)), f32(0), f32(6)), f32(6))


def _soft_shrink(op: Activation, g: Graph, x: str) -> str:
    edge = f32(op.threshold)
    low = g("Where", g("Less", x, -edge), g("Add", x, edge), f32(0))
    return g("Where", g("Greater", x, edge), g("Sub", x, edge), low)


def _sparse_plus(op: Activation, g: Graph, x: str) -> str:
    bent = g.clipped(g("Add", x, f32(1)), f32(0), f32(2))
    middle = g("Mul", g("Mul", bent, bent), f32(0.25))
    return g("Where", g("GreaterOrEqual", x, f32(1)), x, middle)


def _squareplus(op: Activation, g: Graph, x: str) -> str:
    root = g("Sqrt", g("Add", g("Mul", x, x), f32(op.b)))
    high = g("Mul", g("Add", x, root), f32(0.5))
    low = g("Div", f32(0.5 * op.b), g("Sub", root, g("Min", x, f32(0))))
    return g("Where", g("Greater", x, f32(0)), high, low)


FUNCTIONS: dict[str, Callable[[Activation, Graph, str], str]] = {
    "relu": _relu,
    "tanh": lambda op, g, x: g("Tanh", x),
    "sigmoid": lambda op, g, x: g("Sigmoid", x),
    "elu": lambda op, g, x: _elu(g, x, op.alpha),
    "selu": lambda op, g, x: g("Mul", _elu(g, x, _SELU_ALPHA), f32(_SELU_SCALE)),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "silu": lambda op, g, x: g("Mul", x, g("Sigmoid", x)),
    "softplus": lambda op, g, x: g("Softplus", x),
    "celu": _celu,
    "exponential": lambda op, g, x: g("Exp", x),
    "hard_shrink": lambda op, g, x: g(
        "Where", g("LessOrEqual", g("Abs", x), f32(op.threshold)), f32(0), x
    ),
    "hard_sigmoid": lambda op, g, x: _hard_sigmoid(g, x),
    "hard_silu": lambda op, g, x: g("Mul", x, _hard_sigmoid(g, x)),
    "hard_tanh": lambda op, g, x: g.clipped(x, f32(-1), f32(1)),
    "log_sigmoid": lambda op, g, x: g("Neg", g("Softplus", g("Neg", x))),
    "mish": lambda op, g, x: g("Mul", x, g("Tanh", g("Softplus", x))),
    "soft_shrink": _soft_shrink,
    "softsign": lambda op, g, x: g("Div", x, g("Add", g("Abs", x), f32(1))),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda op, g, x: g(
        "Mul", g.clipped(g("Add", x, f32(1)), f32(0), f32(2)), f32(0.5)
    ),
    "squareplus": _squareplus,
    "tanh_shrink": lambda op, g, x: g("Sub", x, g("Tanh", x)),
    "threshold": lambda op, g, x: g(
        "Where", g("LessOrEqual", x, f32(op.threshold)), f32(op.default_value), x
    ),
}
