"""Monte Carlo dropout: predictions with dropout on, many times.

Batch normalization stays in inference mode: it uses its moving statistics, and so a row's samples
do not depend on the rows beside it.

Source: Gal & Ghahramani 2016, "Dropout as a Bayesian Approximation".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.engines import choosing
from trimtab.engines.base import DrawsSamples, Engine
from trimtab.errors import InvalidArgument
from trimtab.nn.layers.vectors import state_of
from trimtab.program import Program
from trimtab.program.freeze import freeze_rates, freeze_statistics

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["ROWS", "blocks", "draws", "predict_samples"]

#: Rows that go through the network as one batch. Part of what a seed means: a mask is that of a
#: row's place in its batch.
ROWS = 4096

#: Most numbers of one block of samples, so that memory is bounded whatever the table's size.
_NUMBERS = 1 << 22

_engines: WeakKeyDictionary[Network, tuple[Program, dict[str, Any], Engine]] = WeakKeyDictionary()


def draws(program: Program) -> bool:
    """Whether anything in it is random in training."""
    # A layer of one's own has no rate that anybody else knows.
    return any(hasattr(op, "stream") and getattr(op, "rate", 1) > 0 for op in program.ops)


def predict_samples(model: Network, x: Floats, samples: int, seed: int) -> Floats:
    """``(samples, rows, outputs)``; see :meth:`trimtab.Sequential.predict_samples`."""
    result = np.empty((samples, len(x), model.output_shape[1]), np.float32)
    for which, rows, block in blocks(model, x, samples, seed):
        result[which, rows] = block
    return result


def blocks(
    model: Network, x: Floats, samples: int, seed: int
) -> Iterator[tuple[slice, slice, Floats]]:
    """The samples, piece by piece: which of them, for which rows, ``(samples, rows, outputs)``."""
    engine = _engine(model)
    for start in range(0, len(x), ROWS):
        rows = slice(start, min(start + ROWS, len(x)))
        part = x[rows]
        most = max(1, _NUMBERS // (len(part) * engine.program.output_width))
        for first in range(0, samples, most):
            which = slice(first, min(first + most, samples))
            yield which, rows, _forward(engine, part, seed, first, which.stop - first)


def _forward(engine: Engine, x: Floats, seed: int, first: int, number: int) -> Floats:
    if isinstance(engine, DrawsSamples):
        return engine.samples(x, seed=seed, first=first, number=number)
    steps = range(first, first + number)
    return np.stack(
        [engine.forward(x, training=True, seed=seed, step=step, update=False) for step in steps]
    )


def _engine(model: Network) -> Engine:
    """An engine for the model with dropout on, holding its present weights."""
    own = present_program(model)
    choice = dict(model.runner.choice)
    choice["engine"] = choosing.choose(model.inference_engine().program, **choice)
    program = _with_dropout(own, model.name)
    known = _engines.get(model)
    if known is not None and known[:2] == (program, choice):
        engine = known[2]
    else:
        engine = model.runner.make(program, **choice)
        _engines[model] = program, choice, engine
    model.pull()
    engine.load(state_of(engine.program, model.weights, None, 0))
    return engine


def present_program(model: Network) -> Program:
    """The model's program; rates on a schedule are those of the next batch, as layers say them."""
    program = model.inference_engine().program
    return freeze_rates(program, model.runner.step, model.epoch_steps)


def _with_dropout(program: Program, name: str) -> Program:
    if not draws(program):
        raise InvalidArgument(
            f"{name} has no dropout, or its rate is 0: all samples would be the same. Put "
            "layers.Dropout(0.2) between its layers and train it, or use predict_interval, which "
            "needs none."
        )
    # Seeds that layers have for themselves would give the same masks whatever the seed asked for.
    ops = tuple(_unseeded(op) for op in program.ops)
    return freeze_statistics(replace(program, ops=ops, loss=None, optimizer=None))


def _unseeded(op: Any) -> Any:
    return op if getattr(op, "seed", None) is None else replace(op, seed=None)


def checked_samples(samples: Any) -> int:
    """How many samples; steps are 32 bits wide."""
    return checks.integer("samples", samples, minimum=1, maximum=2**32 - 1, hint="Use samples=200.")
