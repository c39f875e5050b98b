"""Where the elements of an activation are off, and where they are at an end of its range."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trimtab.program.ops import Activation, Op, Softmax

__all__ = ["FLAT", "OFF", "Bounds", "bounds_of", "off_input"]

#: Slope, as a share of the steepest, at which a unit counts as at an end of its range: for sigmoid
#: and tanh, within 2.6 % of it.
FLAT = 0.1

#: Activation -> the input at or below which a unit is off: it lets through at most 1 %, as a share
#: of the input (gelu, silu) or as the slope (the others).
OFF = {
    "elu": math.log(0.01),
    "selu": math.log(0.01),
    "gelu": -2.3263478740408408,  # Phi(x) = 0.01
    "gelu_tanh": -2.3263478740408408,
    "silu": math.log(0.01 / 0.99),  # sigmoid(x) = 0.01
    "softplus": math.log(0.01 / 0.99),
    "hard_silu": -2.94,  # x / 6 + 1/2 = 0.01
    "mish": math.log(math.expm1(0.01)),  # softplus(x) = 0.01, and so is its tanh
    "sparse_plus": -1.0 + 2 * 0.01,
}

#: At and above it ``4 p (1 - p)`` is at most :data:`FLAT`.
_NEAR_ONE = (1 + math.sqrt(1 - FLAT)) / 2

#: Activation -> the outputs at or beyond which the slope is at most :data:`FLAT` of the steepest.
_ENDS = {
    "tanh": (-math.sqrt(1 - FLAT), math.sqrt(1 - FLAT)),
    "sigmoid": (1 - _NEAR_ONE, _NEAR_ONE),
    "hard_sigmoid": (0.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (math.sqrt(FLAT) - 1, 1 - math.sqrt(FLAT)),
    "sparse_sigmoid": (0.0, 1.0),
}

#: What a selu at its lower end is, for each share of that.
_SELU_END = 1.0507009873554805 * 1.6732632423543772


@dataclass(frozen=True)
class Bounds:
    """Bounds of an activation's elements; nan bounds nothing.

    Attributes:
        of_input: whether the input is held against the bounds, or the output.
        off: elements at or below are off.
        low, high: elements at or below the one, or at or above the other, are at an end.
        by_row: the largest element of a row is held against ``high``, for all of its columns.
        dies: whether there is such a thing as off: its units can be dead.
        saturates: whether its range has an end.
    """

    of_input: bool = False
    off: float = math.nan
    low: float = math.nan
    high: float = math.nan
    by_row: bool = False
    dies: bool = False
    saturates: bool = False


def bounds_of(op: Op | None) -> Bounds:
    """The bounds of an op; nothing is bounded in one that is no activation, or has no end.

    What can be told from the output is, so that the input may be written over.

    Example:
        >>> from trimtab.program.ops import Activation
        >>> bounds = bounds_of(Activation(inputs=(0,), output=1, function="relu"))
        >>> bounds.off, bounds.of_input, bounds.dies, bounds.saturates
        (0.0, False, True, False)
    """
    if isinstance(op, Softmax) and op.function == "softmax":
        return Bounds(high=_NEAR_ONE, by_row=True, saturates=True)
    if not isinstance(op, Activation):
        return Bounds()
    if op.function == "relu":
        limited = op.max_value < math.inf
        return Bounds(
            of_input=limited or op.threshold != 0,
            off=math.nan if op.negative_slope else op.threshold,
            high=op.max_value if limited else math.nan,
            dies=True,
            saturates=limited,
        )
    if op.function in ("elu", "selu") and op.alpha > 0:
        end = _SELU_END if op.function == "selu" else op.alpha
        return Bounds(off=end * math.expm1(OFF[op.function]), dies=True)
    if op.function in ("celu", "squareplus", "threshold", *OFF):
        return Bounds(of_input=True, off=_off(op), dies=True)
    if op.function in _ENDS:
        low, high = _ENDS[op.function]
        return Bounds(low=low, high=high, saturates=True)
    return Bounds()


def _off(op: Activation) -> float:
    """The input at or below which a unit is off."""
    if op.function == "celu":
        return op.alpha * math.log(0.01)
    if op.function == "squareplus":  # (1 + x / sqrt(x^2 + b)) / 2 = 0.01
        return -0.98 * math.sqrt(op.b / (1 - 0.98**2))
    return op.threshold if op.function == "threshold" else OFF[op.function]


def off_input(op: Op | None) -> float | None:
    """The input at or below which a unit of an op is off; None for an op that is never off.

    Example:
        >>> from trimtab.program.ops import Activation
        >>> off_input(Activation(inputs=(0,), output=1, function="relu", threshold=0.5))
        0.5
    """
    if not isinstance(op, Activation) or not bounds_of(op).dies:
        return None
    if op.function == "relu":
        return math.nan if op.negative_slope else op.threshold
    return _off(op)
