"""Steps to do on the devices in calls of about half a second, and their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.engines.base import TrainResult

#: Seconds that one call should take; ``watch`` and Ctrl-C are checked between calls.
SECONDS = 0.5

#: Steps of a call until the time of a step is known.
FIRST_STEPS = 8

#: Maximum number of steps of a call.
MOST_STEPS = 1 << 14


@dataclass(frozen=True)
class Plan:
    """The steps of some epochs.

    Attributes:
        index: row numbers ``(steps, batch)``; a short batch is padded with its first row.
        count: rows of each batch, ``(steps,)``.
        epochs: the first step of each epoch, and the number of steps.
    """

    index: NDArray[np.int32]
    count: NDArray[np.int32]
    epochs: tuple[int, ...]

    @property
    def steps(self) -> int:
        return len(self.count)

    @classmethod
    def of(
        cls,
        orders: Sequence[NDArray[np.int64] | None],
        rows: int,
        batch_size: int,
        sizes: NDArray[np.int32] | None = None,
    ) -> Plan:
        """The plan of these epochs; ``sizes`` are the rows of each batch of an epoch."""
        indices, counts, ends = [], [], [0]
        places: dict[int, NDArray[np.intp]] = {}  # in the order, by its length
        for order in orders:
            chosen = np.arange(rows) if order is None else order
            count = _sizes(len(chosen), batch_size) if sizes is None else sizes
            if len(chosen) not in places:
                start, inside = np.cumsum(count) - count, np.arange(batch_size)
                within = np.where(inside < count[:, None], inside, 0)
                places[len(chosen)] = start[:, None] + within
            indices.append(chosen[places[len(chosen)]])
            counts.append(count)
            ends.append(ends[-1] + len(count))
        index = np.concatenate(indices).astype(np.int32)
        return cls(index, np.concatenate(counts), tuple(ends))


def _sizes(rows: int, batch_size: int) -> NDArray[np.int32]:
    """Full batches, and a last one with the rest."""
    steps = -(-rows // batch_size)
    count = np.full(steps, batch_size, np.int32)
    count[-1:] = rows - (steps - 1) * batch_size
    return count


class Ledger:
    """The results of the steps done so far."""

    def __init__(self, plan: Plan, width: int | None) -> None:
        self.plan = plan
        self.done = 0
        self._losses = np.zeros(plan.steps, np.float64)
        rows = int(plan.count.sum())
        self._outputs = None if width is None else np.empty((rows, width), np.float32)
        self._starts = np.concatenate([[0], np.cumsum(plan.count)])

    def take(self, losses: NDArray[np.float32], outputs: NDArray[np.float32] | None) -> None:
        part = slice(self.done, self.done + len(losses))
        self._losses[part] = losses
        if outputs is not None and self._outputs is not None:
            real = np.arange(outputs.shape[1]) < self.plan.count[part, None]
            self._outputs[self._starts[part.start] : self._starts[part.stop]] = outputs[real]
        self.done += len(losses)

    def mean(self) -> float:
        """Mean loss over the rows of the current epoch."""
        start = max(first for first in self.plan.epochs[:-1] if first < self.done)
        return self._total(start, self.done) / int(self._starts[self.done] - self._starts[start])

    def results(self, *, stopped: bool = False) -> list[TrainResult]:
        """One for each epoch that was started."""
        made = []
        for start, end in zip(self.plan.epochs, self.plan.epochs[1:], strict=False):
            last = min(end, self.done)
            if last > start:
                seen = slice(int(self._starts[start]), int(self._starts[last]))
                total = self._total(start, last)
                made.append(
                    TrainResult(
                        loss=total / (seen.stop - seen.start),
                        steps=last - start,
                        predictions=None if self._outputs is None else self._outputs[seen],
                        stopped=stopped and last == self.done,
                        total=total,
                    )
                )
        return made

    def _total(self, start: int, end: int) -> float:
        # Added in order, so that an epoch in several calls adds up to the very same number.
        weighted = self._losses[start:end] * self.plan.count[start:end]
        return float(np.add.accumulate(weighted)[-1]) if len(weighted) else 0.0


class Pace:
    """Measures the time of a step, and chooses the number of steps of a call."""

    def __init__(self) -> None:
        self._seconds: float | None = None

    @property
    def steps(self) -> int:
        """Number of steps for the next call."""
        if self._seconds is None:
            return FIRST_STEPS
        return max(1, min(int(SECONDS / max(self._seconds, 1e-9)), MOST_STEPS))

    def took(self, seconds: float, steps: int) -> None:
        """Adds the time of a call."""
        # The first call also compiles: it says little about the time of a step.
        self._seconds = seconds / steps if self._seconds is not None else seconds
