"""The numbers that may change without compiling again; see :mod:`trimtab.program.structure`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import _native
from trimtab.core.types import Doubles, Floats
from trimtab.engines.base import DropoutRates
from trimtab.engines.jax.context import Knobs
from trimtab.program import Op, Program
from trimtab.program.ops import Dropping, OptimizerOp
from trimtab.program.ops.dropout import limits_and_scales


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
    rate = op.rate if isinstance(op, Dropping) else 0.0
    return Knobs(np.uint32(key), *limits_and_scales(rate if given is None else given[0]))  # type: ignore[arg-type]


#: Products of ``1 - 0.96^i / 2`` for i from 1 to t, at t - 1; later ones are as the last.
_SCHEDULE = np.cumprod(1 - 0.5 * 0.96 ** np.arange(1, 1025))


def rates(op: OptimizerOp, learning_rates: Floats, first_step: int) -> dict[str, NDArray[Any]]:
    """Numbers of each step, in float32 like the native engine's.

    ``rate`` is the learning rate and ``decay`` what it makes of weight decay. Of the others there
    are those that the optimizer uses: ``alpha`` (Adam's rate, corrected for its bias),
    ``correction`` (what a mean is divided by for that), ``of_momentum`` and ``of_gradient``
    (Nadam's mixture); ``due`` (whether accumulated gradients are used), ``ema`` (the momentum of
    the average of the weights) and ``overwrite`` (whether it replaces them).
    """
    rate = np.asarray(learning_rates, np.float32)
    made: dict[str, NDArray[Any]] = {"rate": rate, "decay": rate * np.float32(op.weight_decay)}
    one = np.float32(1)
    steps = np.arange(len(rate), dtype=np.int64) + first_step
    done = steps // op.accumulation
    time = done.astype(np.float32) + one
    power_1, power_2 = (np.float32(beta) ** time for beta in (op.beta_1, op.beta_2))
    if op.rule in ("adam", "amsgrad"):
        made["alpha"] = rate * np.sqrt(one - power_2) / (one - power_1)
    elif op.rule == "adamax":
        made["correction"] = one - power_1
    elif op.rule == "nadam":
        now, product = _nadam(op.beta_1, done + 1)
        ahead, product_ahead = _nadam(op.beta_1, done + 2)
        made["of_momentum"] = (ahead / (1 - product_ahead)).astype(np.float32)
        made["of_gradient"] = ((1 - now) / (1 - product)).astype(np.float32)
        made["correction"] = one - power_2
    if op.accumulation > 1:
        made["due"] = (steps + 1) % op.accumulation == 0
    if op.ema_momentum is not None:
        made["ema"] = np.where(done == 0, np.float32(0), np.float32(op.ema_momentum))
        if op.ema_overwrite is not None:
            made["overwrite"] = (done + 1) % op.ema_overwrite == 0
    return made


def _nadam(beta_1: float, time: NDArray[np.int64]) -> tuple[Doubles, Doubles]:
    """Nadam's momentum at an update, and the product of those up to it."""
    beta = float(np.float32(beta_1))
    momentum = beta * (1 - 0.5 * 0.96 ** time.astype(np.float64))
    return momentum, beta ** time.astype(np.float64) * _SCHEDULE[np.minimum(time, 1024) - 1]
