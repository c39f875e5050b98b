"""Dead and saturated units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.program import Op
from trimtab.program.bounds import FLAT, bounds_of, off_input

__all__ = ["MOSTLY", "dead_units", "saturated_units"]

#: Share of the rows in which a saturated unit is at an end of its range.
MOSTLY = 0.95


def dead_units(op: Op, x: Floats) -> int | None:
    """Number of units that are off in every row.

    A relu is off at or below its threshold, unless it has a slope there. Smooth ones, from elu to
    softplus, are off where they let through at most 1 %.

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
    limit = off_input(op)
    return None if limit is None else int((x <= limit).all(axis=0).sum())


def saturated_units(op: Op, x: Floats, y: Floats) -> int | None:
    """Number of units that are at an end of their range in at least :data:`MOSTLY` of the rows.

    - tanh, sigmoid and softsign: the slope is at most a tenth of the steepest, ``1 - tanh(x)**2 <=
      0.1`` or ``4 s (1 - s) <= 0.1`` with ``s = sigmoid(x)``; both mean within 2.6 % of an end.
    - their hard relatives: at an end.
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
    bounds = bounds_of(op)
    if not bounds.saturates:
        return None
    at_end: NDArray[np.bool_]
    if bounds.by_row:
        likeliest = y.max(axis=1, keepdims=True)
        at_end = np.broadcast_to(4 * likeliest * (1 - likeliest) <= FLAT, y.shape)
        at_end = at_end & (likeliest > 0.5)
    else:
        compared = x if bounds.of_input else y
        at_end = (compared <= bounds.low) | (compared >= bounds.high)
    return int((at_end.mean(axis=0) >= MOSTLY).sum())
