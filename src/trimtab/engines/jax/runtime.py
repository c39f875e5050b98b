"""What a run may change without compiling again: the numbers that a structure leaves open.

See :mod:`trimtab.program.structure`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.engines.base import Floats
from trimtab.engines.jax.context import Knobs
from trimtab.engines.jax.optimizers import Rate
from trimtab.engines.native import _native
from trimtab.program import Op, Program
from trimtab.program.ops import Dropout, OptimizerOp


def knobs(program: Program, seed: int) -> tuple[Knobs | None, ...]:
    """Each op's knobs, as NumPy numbers, for a run with this seed."""
    return tuple(_knobs(op, seed) for op in program.ops)


def _knobs(op: Op, seed: int) -> Knobs | None:
    stream = getattr(op, "stream", None)
    if stream is None:
        return None
    own = getattr(op, "seed", None)
    key = _native.mix((seed if own is None else own) % 2**64, stream)
    rate = op.rate if isinstance(op, Dropout) else 0.0
    scale = 1 / (1 - rate) if rate < 1 else 0.0
    return Knobs(np.uint32(key), np.uint32(round(rate * 65536)), np.float32(scale))  # type: ignore[arg-type]


def rates(op: OptimizerOp, learning_rates: Floats, first_step: int) -> Rate:
    """One number a step in each part, in float32 as the native engine computes them."""
    rate = np.asarray(learning_rates, np.float32)
    one = np.float32(1)
    time = (np.arange(len(rate), dtype=np.float32) + np.float32(first_step)) + one
    power_1, power_2 = (np.float32(beta) ** time for beta in (op.beta_1, op.beta_2))
    adam: NDArray[np.float32] = rate
    if op.rule == "adam":
        adam = rate * np.sqrt(one - power_2) / (one - power_1)
    return Rate(rate, adam, rate * np.float32(op.weight_decay))  # type: ignore[arg-type]
