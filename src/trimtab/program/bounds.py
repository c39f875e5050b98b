"""Where the elements of an activation are off, and where they are at an end of its range."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trimtab.program.ops import Activation, Op, Softmax

__all__ = ["FLAT", "OFF", "Bounds", "bounds_of"]

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
}

#: At and above it ``4 p (1 - p)`` is at most :data:`FLAT`.
_NEAR_ONE = (1 + math.sqrt(1 - FLAT)) / 2

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
    """The bounds of an op; nothing is bounded in one that is no activation.

    What can be told from the output is, so that the input may be written over.

    Example:
        >>> from trimtab.program.ops import Activation
        >>> bounds = bounds_of(Activation(inputs=(0,), output=1, function="relu"))
        >>> bounds.off, bounds.of_input, bounds.dies, bounds.saturates
        (0.0, False, True, False)
    """
    if isinstance(op, Softmax):
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
    if op.function in OFF:
        return Bounds(of_input=True, off=OFF[op.function], dies=True)
    if op.function == "tanh":
        end = math.sqrt(1 - FLAT)
        return Bounds(low=-end, high=end, saturates=True)
    if op.function == "sigmoid":
        return Bounds(low=1 - _NEAR_ONE, high=_NEAR_ONE, saturates=True)
    return Bounds()
