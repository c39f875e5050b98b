"""Units that do nothing: dead and saturated ones."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.program import Op
from trimtab.program.ops import Activation, Softmax

__all__ = ["MOSTLY", "dead_units", "saturated_units"]

#: Share of the rows in which a saturated unit is at an end.
MOSTLY = 0.95

#: Slope, as a share of the steepest, below which a unit is at an end: sigmoid and tanh within
#: 2.6 % of their range.
FLAT = 0.1

#: Activation -> inputs at or below this are off. What is let through there, as a share of the
#: input (gelu, silu) or as the slope (the others), is at most 1 %.
_OFF = {
    "elu": math.log(0.01),
    "selu": math.log(0.01),
    "gelu": -2.3263478740408408,  # Phi(x) = 0.01
    "gelu_tanh": -2.3263478740408408,
    "silu": math.log(0.01 / 0.99),  # sigmoid(x) = 0.01
    "softplus": math.log(0.01 / 0.99),
}


def dead_units(op: Op, x: Floats) -> int | None:
    """Units that are off in every row; None for an op that is never off.

    Off is a relu at or below its threshold (with a slope there it never is), and elu, selu, gelu,
    silu and softplus where they let through at most 1 %.

    Args:
        op: an activation.
        x: what comes into it, ``(rows, units)``.

    >>> from trimtab.program.ops import Activation
    >>> relu = Activation(inputs=(0,), output=1, function="relu")
    >>> dead_units(relu, np.float32([[-1, 2, 0], [0, -1, -3]]))
    2
    """
    if not isinstance(op, Activation):
        return None
    if op.function == "relu":
        if op.negative_slope:
            return 0
        limit = op.threshold
    elif op.function in _OFF:
        limit = _OFF[op.function]
    else:
        return None
    return int((x <= limit).all(axis=0).sum())


def saturated_units(op: Op, x: Floats, y: Floats) -> int | None:
    """Units at an end of their range in at least :data:`MOSTLY` of the rows; None without ends.

    - tanh and sigmoid: where the slope is at most a tenth of the steepest, which is
      ``1 - tanh(x)**2 <= 0.1`` and ``4 s (1 - s) <= 0.1`` for ``s = sigmoid(x)``: the same thing
      at either end, within 2.6 % of the range
    - softmax: where that holds of the probability of the likeliest class, so of all of them; such
      a row counts for all units
    - relu with a ceiling: at the ceiling

    Args:
        op: an activation or a softmax.
        x: what comes into it, ``(rows, units)``.
        y: what it makes of that.
    """
    at_end: NDArray[np.bool_]
    if isinstance(op, Softmax):
        likeliest = y.max(axis=1, keepdims=True)
        at_end = np.broadcast_to(4 * likeliest * (1 - likeliest) <= FLAT, y.shape)
        at_end = at_end & (likeliest > 0.5)
    elif not isinstance(op, Activation):
        return None
    elif op.function == "tanh":
        at_end = 1 - y**2 <= FLAT
    elif op.function == "sigmoid":
        at_end = 4 * y * (1 - y) <= FLAT
    elif op.function == "relu" and op.max_value < math.inf:
        at_end = x >= op.max_value
    else:
        return None
    return int((at_end.mean(axis=0) >= MOSTLY).sum())
