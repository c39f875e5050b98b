"""The numbers that may change without compiling again; see :mod:`trimtab.program.structure`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.core import _native
from trimtab.core.types import Floats
from trimtab.engines.base import DropoutRates
from trimtab.engines.jax.context import Knobs
from trimtab.engines.jax.optimizers import Rate
from trimtab.program import Op, Program
from trimtab.program.ops import Dropping, OptimizerOp
from trimtab.program.ops.dropout import NOTHING


def knobs(
    program: Program, seed: int, dropout_rates: DropoutRates | None = None
) -> tuple[Knobs | None, ...]:
    """The knobs of each op, as NumPy numbers.

    Args:
        program: whose ops.
        seed: of the dropout masks.
        dropout_rates: for a single batch, in place of the ops' own rates.
    """
    return tuple(_knobs(op, seed, (dropout_rates or {}).get(op.output)) for op in program.ops)


def _knobs(op: Op, seed: int, given: Floats | None) -> Knobs | None:
    stream = getattr(op, "stream", None)
    if stream is None:
        return None
    own = getattr(op, "seed", None)
    key = _native.mix((seed if own is None else own) % 2**64, stream)
    drops = NOTHING
    if isinstance(op, Dropping):
        drops = op.limits_and_scales(op.rate if given is None else given[0])
    return Knobs(np.uint32(key), *drops)  # type: ignore[arg-type]


def rates(op: OptimizerOp, learning_rates: Floats, first_step: int) -> Rate:
    """Rates of each step, in float32 like the native engine's."""
    rate = np.asarray(learning_rates, np.float32)
    one = np.float32(1)
    time = (np.arange(len(rate), dtype=np.float32) + np.float32(first_step)) + one
    power_1, power_2 = (np.float32(beta) ** time for beta in (op.beta_1, op.beta_2))
    adam: NDArray[np.float32] = rate
    if op.rule == "adam":
        adam = rate * np.sqrt(one - power_2) / (one - power_1)
    return Rate(rate, adam, rate * np.float32(op.weight_decay))  # type: ignore[arg-type]
