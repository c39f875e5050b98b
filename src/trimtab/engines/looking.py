"""Looking while training, for engines without a way of their own: batch by batch, with probes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.engines.base import (
    Engine,
    EngineState,
    Look,
    Looked,
    LookedValue,
    Rows,
    TrainCall,
    TrainResult,
)
from trimtab.program import Program
from trimtab.program.ops import Dropping

__all__ = ["train_looking"]


def train_looking(engine: Engine, call: TrainCall) -> TrainResult:
    """Trains as ``engine.train`` would without the look, and says what a look sees.

    Args:
        engine: its ``train`` gets calls without a look.
        call: with one.
    """
    look = call.look
    assert look is not None
    sizes = [call.size(batch) for batch in range(call.steps)]
    edges = np.cumsum([0, *sizes])
    cuts = sorted({0, *range(look.first, look.stop + 1), call.steps})
    parts = _Parts(call, edges)
    first_step = engine.dump().step
    looked: Looked | None = None
    for begin, end in pairwise(cuts):
        part = parts.part(begin, end)
        if not look.first <= begin < look.stop:
            stopped = parts.train(engine, part)
        else:
            step = first_step + begin
            seen, gradients = _seen(engine, part, look, step)
            if end < look.stop:
                stopped = parts.train(engine, part)
            else:
                before = engine.dump()
                seen = _unmasked(engine, part, look, step, seen)
                stopped = parts.train(engine, part)
                seen = _moved(engine.program, seen, before, engine.dump(), gradients)
            looked = seen if looked is None else looked.then(seen)
        if stopped:
            break
    result = parts.result()
    return replace(result, looked=looked if result.steps >= look.stop else None)


@dataclass
class _Parts:
    """A call, trained in parts.

    Attributes:
        call: the whole.
        edges: batch i is the rows from ``edges[i]`` to ``edges[i + 1]`` of the order.
        done: batches done.
        total: of their losses, times rows.
    """

    call: TrainCall
    edges: NDArray[np.int64]
    done: int = 0
    total: float = 0.0
    stopped: bool = False

    def __post_init__(self) -> None:
        self._predictions: list[Floats] = []

    def part(self, begin: int, end: int) -> TrainCall:
        """Some of the batches."""
        call, edges = self.call, self.edges
        order = np.arange(call.count, dtype=np.int64) if call.order is None else call.order
        rates = call.dropout_rates
        return replace(
            call,
            order=order[edges[begin] : edges[end]],
            learning_rates=call.learning_rates[begin:end],
            sizes=np.diff(edges[begin : end + 1]).astype(np.int32),
            dropout_rates=None if rates is None else {at: r[begin:end] for at, r in rates.items()},
            watch=None if call.watch is None else self._watch,
            look=None,
        )

    def train(self, engine: Engine, part: TrainCall) -> bool:
        """Trains the next part; whether to stop then."""
        try:
            self._take(engine.train(part))
        except KeyboardInterrupt as stop:
            partial = getattr(stop, "partial", None)
            if isinstance(partial, TrainResult):
                self._take(partial)
            stop.partial = self.result()  # type: ignore[attr-defined]
            raise
        return self.stopped

    def result(self) -> TrainResult:
        """Of all that was done."""
        rows = int(self.edges[self.done])
        found = None
        if self.call.predictions:
            width = self._predictions[0].shape[1] if self._predictions else 0
            found = np.concatenate([np.zeros((0, width), np.float32), *self._predictions])
        loss = self.total / max(rows, 1)
        return TrainResult(loss, self.done, found, self.stopped, self.total)

    def _take(self, result: TrainResult) -> None:
        begin = self.edges[self.done]
        self.done += result.steps
        rows = int(self.edges[self.done] - begin)
        self.total += float(result.loss) * rows if result.total is None else result.total
        self.stopped = result.stopped
        if result.predictions is not None:
            self._predictions.append(result.predictions[:rows])

    def _watch(self, steps: int, loss: float) -> bool:
        assert self.call.watch is not None
        before, now = self.edges[self.done], self.edges[self.done + steps]
        total = self.total + loss * (now - before)
        return self.call.watch(self.done + steps, float(total / max(now, 1)))


def _rows(part: TrainCall, most: int | None = None) -> Rows:
    """The first rows of a part's only batch."""
    assert part.order is not None
    order, rows = part.order[:most], part.rows
    assert rows.y is not None
    return Rows(rows.x[order], rows.y[order], None if rows.weight is None else rows.weight[order])


def _seen(engine: Engine, part: TrainCall, look: Look, step: int) -> tuple[Looked, Floats]:
    """What a batch is like in training mode, and its gradient."""
    rows = _rows(part)
    probe = engine.probe(
        rows, training=True, seed=part.seed, step=step, dropout_rates=part.dropout_rates
    )
    assert probe.gradients is not None
    values = np.hstack([_sums(probe.values, each) for each in look.values])
    paired = min(look.paired, len(rows))
    training = _paired(probe.values, look, paired)
    nothing = np.zeros((len(engine.program.parameters), 3))
    empty = np.zeros(0, np.float32)
    seen = Looked(len(rows), values, training, 0 * training, paired, nothing, empty)
    return seen, probe.gradients


def _paired(values: Mapping[int, Floats], look: Look, rows: int) -> Doubles:
    """The moments of the first rows of the paired values."""
    found = [_moments(values[each.value][:rows]) for each in look.values if each.paired]
    return np.hstack([np.zeros((2, 0)), *found])


def _unmasked(engine: Engine, part: TrainCall, look: Look, step: int, seen: Looked) -> Looked:
    """With the paired rows as a batch of their own, nothing dropped."""
    if not seen.training.size or not seen.paired:
        return seen
    none = np.zeros(1, np.float32)
    rates = {op.output: none for op in engine.program.ops if isinstance(op, Dropping)}
    values = engine.probe(
        _rows(part, seen.paired), training=True, seed=part.seed, step=step, dropout_rates=rates
    ).values
    return replace(seen, inference=_paired(values, look, seen.paired))


def _moved(
    program: Program, seen: Looked, before: EngineState, after: EngineState, gradients: Floats
) -> Looked:
    """With the gradient and the update of the batch."""
    norms = np.zeros((len(program.parameters), 3))
    with np.errstate(invalid="ignore", over="ignore"):  # weights that diverged
        for number, slot in enumerate(program.parameters):
            if slot.trainable:
                own = after.parameters[slot.place]
                moved = own - before.parameters[slot.place]
                for k, vector in enumerate((own, gradients[slot.place], moved)):
                    norms[number, k] = np.square(vector, dtype=np.float64).sum()
    return replace(seen, norms=norms, state=after.state)


def _moments(values: Floats) -> Doubles:
    with np.errstate(invalid="ignore", over="ignore"):
        wide = values.astype(np.float64)
        return np.stack([wide.sum(axis=0), np.square(wide).sum(axis=0)])


def _sums(values: Mapping[int, Floats], look: LookedValue) -> Doubles:
    """Five rows: sum, sum of squares, and the counts of what is 0, off, at an end."""
    y, x, bounds = values[look.value], values[look.compared], look.bounds
    with np.errstate(invalid="ignore"):
        off = (x <= np.float32(bounds.off)).sum(axis=0)
        if bounds.by_row:
            rows = int((y.max(axis=1) >= np.float32(bounds.high)).sum())
            ends = np.full(y.shape[1], rows)
        else:
            ends = ((x <= np.float32(bounds.low)) | (x >= np.float32(bounds.high))).sum(axis=0)
    return np.vstack([_moments(y), (y == 0).sum(axis=0), off, ends]).astype(np.float64)
