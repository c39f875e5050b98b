"""The place inside an epoch: what a run that was stopped resumes from, to the same bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core.hashing import checksum
from trimtab.core.types import Floats
from trimtab.engines.base import Looked, Rows
from trimtab.training.batches import Batches, cut

__all__ = ["Position", "fingerprint"]


@dataclass
class Position:
    """Where training stands inside an epoch; saved with the model, so that it can resume there.

    Attributes:
        epoch: number of the epoch, from 0.
        first_step: engine step at which the epoch began; seeds its order.
        batches: batches done.
        batch_size: rows a batch.
        shuffle: whether the rows are shuffled.
        rows: rows there are.
        total: sum over the batches done of loss times rows.
        predictions: made so far for the metrics, in training order; None without metrics.
        fingerprint: of the data; 0 until asked for.
        data: what the fingerprint is taken of; not saved.
        last_batch: what becomes of rows that do not fill a batch.
        looked: what the batches done were looked at for, summed up so far; None without a look.
    """

    epoch: int
    first_step: int
    batches: int
    batch_size: int
    shuffle: bool
    rows: int
    total: float
    predictions: Floats | None = None
    fingerprint: int = 0
    data: Rows | None = None
    last_batch: str = "keep"
    looked: Looked | None = None

    @property
    def seen(self) -> int:
        """Rows in the batches done."""
        return int(self.cut.edges[self.batches])

    @property
    def cut(self) -> Batches:
        """The batches of the epoch."""
        return cut(self.rows, self.batch_size, self.last_batch)

    def sealed(self) -> Position:
        """A copy that stands alone: with its fingerprint and without the data."""
        predictions = None if self.predictions is None else self.predictions.copy()
        kept = dict(self.__dict__, predictions=predictions, data=None)
        if self.data is not None:
            kept["fingerprint"] = fingerprint(self.data)
        return Position(**kept)

    def resumes(
        self, epoch: int, rows: Rows, batches: Batches, shuffle: bool, metrics: bool
    ) -> bool:
        """Whether this epoch of a new ``fit`` is the one that was left, on the same data."""
        here = (epoch, batches, shuffle, metrics)
        there = (self.epoch, self.cut, self.shuffle, self.predictions is not None)
        return here == there and self.sealed().fingerprint == fingerprint(rows)

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.sealed().__dict__)


def fingerprint(rows: Rows) -> int:
    """A checksum of the data; never 0."""
    return checksum([rows.x, rows.y, rows.weight]) + 1
