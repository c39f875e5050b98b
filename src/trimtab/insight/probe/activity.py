"""Dead and saturated units."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.program import Op
from trimtab.program.bounds import FLAT, OFF
from trimtab.program.ops import Activation, Softmax

__all__ = ["MOSTLY", "dead_units", "saturated_units"]

#: Share of the rows in which a saturated unit is at an end of its range.
MOSTLY = 0.95


def dead_units(op: Op, x: Floats) -> int | None:
    """Number of units that are off in every row.

    A relu is off at or below its threshold, unless it has a slope there. elu, selu, gelu, silu and
    softplus are off where they let through at most 1 %.

    Args:
        op: An activation.
        x: Its input, ``(rows, units)``.

    Returns:
        The number of units; None for an op that is never off.

    Example:
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
    elif op.function in OFF:
        limit = OFF[op.function]
    else:
        return None
    return int((x <= limit).all(axis=0).sum())


def saturated_units(op: Op, x: Floats, y: Floats) -> int | None:
    """Number of units that are at an end of their range in at least :data:`MOSTLY` of the rows.

    - tanh and sigmoid: the slope is at most a tenth of the steepest, ``1 - tanh(x)**2 <= 0.1`` or
      ``4 s (1 - s) <= 0.1`` with ``s = sigmoid(x)``; both mean within 2.6 % of an end.
    - softmax: the same for the probability of the most likely class; such a row counts for all
      units.
    - relu with a maximum: at the maximum.

    Args:
        op: An activation or a softmax.
        x: Its input, ``(rows, units)``.
        y: Its output.

    Returns:
        The number of units; None for an op whose range has no ends.
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
