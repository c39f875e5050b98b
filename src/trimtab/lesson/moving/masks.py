"""The mask that a dropout draws in a step, computed as engines do: it depends on nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.core import _native
from trimtab.program.ops import Dropping

__all__ = ["kept"]


def kept(op: Dropping, seed: int, step: int, row: int, width: int) -> NDArray[np.bool_]:
    """Which columns of a row of the batch are kept; see :class:`trimtab.program.ops.Dropping`.

    Args:
        op: of the program.
        seed: of the run.
        step: number of the step, from 0.
        row: of the batch, from 0.
        width: number of columns.

    Example:
        >>> from trimtab.program.ops import Dropout
        >>> op = Dropout(inputs=(0,), output=1, rate=0.5, stream=0)
        >>> [kept(op, seed=1, step=step, row=0, width=4).tolist() for step in (0, 1)]
        [[True, True, True, False], [True, False, False, False]]
    """
    key = _native.mix(seed if op.seed is None else op.seed, op.stream)
    lanes = np.empty(width, np.uint32)
    for column in range(width):
        words = _native.threefry2x32(key, step, row, column // 4)
        lane = column % 4
        lanes[column] = (words[lane // 2] >> 16 * (lane % 2)) & 0xFFFF
    limit, _ = op.limits_and_scales(op.rate)
    return lanes >= limit
