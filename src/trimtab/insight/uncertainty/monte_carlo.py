"""Monte Carlo dropout: repeated predictions with dropout on.

Batch normalization stays in inference mode, so a row's samples do not depend on the other rows.

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

#: Rows per batch. Changing it changes the samples of a seed: a mask depends on the row's place in
#: its batch.
ROWS = 4096

#: Most numbers in a block of samples; bounds the memory.
_NUMBERS = 1 << 22

_engines: WeakKeyDictionary[Network, tuple[Program, dict[str, Any], Engine]] = WeakKeyDictionary()


def draws(program: Program) -> bool:
    """Whether a program is random in training."""
    # Custom layers have no rate that is known here.
    return any(hasattr(op, "stream") and getattr(op, "rate", 1) > 0 for op in program.ops)


def predict_samples(model: Network, x: Floats, samples: int, seed: int) -> Floats:
    """``(samples, rows, outputs)``; see :meth:`trimtab.Sequential.predict_samples`."""
    result = np.empty((samples, len(x), model.output_width()), np.float32)
    for which, rows, block in blocks(model, x, samples, seed):
        result[which, rows] = block
    return result


def blocks(
    model: Network, x: Floats, samples: int, seed: int
) -> Iterator[tuple[slice, slice, Floats]]:
    """Yields the samples in blocks: which samples, which rows, ``(samples, rows, outputs)``."""
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
    """An engine for the model with dropout on, with its present weights."""
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
    """The model's program; scheduled rates are those of the next batch."""
    program = model.inference_engine().program
    return freeze_rates(program, model.runner.step, model.epoch_steps)


def _with_dropout(program: Program, name: str) -> Program:
    if not draws(program):
        raise InvalidArgument(
            f"{name} has no dropout with a rate above 0, so all samples would be the same. Add "
            "layers.Dropout(0.2) and train it, or use predict_interval, which needs no dropout."
        )
    # With the layers' own seeds, the masks would not depend on the seed asked for.
    ops = tuple(_unseeded(op) for op in program.ops)
    return freeze_statistics(replace(program, ops=ops, loss=None, optimizer=None))


def _unseeded(op: Any) -> Any:
    return op if getattr(op, "seed", None) is None else replace(op, seed=None)


def checked_samples(samples: Any) -> int:
    """``samples`` if it is a valid number of samples; step numbers have 32 bits."""
    return checks.integer("samples", samples, minimum=1, maximum=2**32 - 1, hint="Use samples=200.")
