"""How an epoch is cut into batches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import InvalidArgument

__all__ = ["LAST_BATCH", "Batches", "cut"]

#: What to do with rows that do not fill a batch.
LAST_BATCH = ("keep", "even", "drop")


@dataclass(frozen=True)
class Batches:
    """The batches of an epoch, one after the other in the order of its rows.

    Attributes:
        rows: there are.
        batch_size: asked for.
        last_batch: ``keep``: the last batch may be short. ``even``: as many batches, with sizes
            that differ by at most one, larger ones first. ``drop``: full batches only.
        ends: behind the last row of each, where they came as batches; None: they are cut.
    """

    rows: int
    batch_size: int
    last_batch: str = "keep"
    ends: tuple[int, ...] | None = None

    @property
    def steps(self) -> int:
        """How many there are."""
        if self.ends is not None:
            return len(self.ends)
        whole = self.rows // self.batch_size
        return whole if self.last_batch == "drop" else -(-self.rows // self.batch_size)

    @property
    def trained(self) -> int:
        """Rows in all of them."""
        return int(self.edges[-1])

    @cached_property
    def edges(self) -> NDArray[np.int64]:
        """Batch i is the rows from ``edges[i]`` to ``edges[i + 1]`` of the order."""
        if self.ends is not None:
            return np.array([0, *self.ends], np.int64)
        number = np.arange(self.steps + 1, dtype=np.int64)
        if self.last_batch == "even" and self.steps:
            size, larger = divmod(self.rows, self.steps)
            return number * size + np.minimum(number, larger)
        return np.minimum(number * self.batch_size, self.rows)

    @property
    def size(self) -> int:
        """Most rows of a batch: what engines make room for."""
        return self.batch_size if self.sizes is None else int(self.sizes.max())

    @cached_property
    def sizes(self) -> NDArray[np.int32] | None:
        """Rows of each; None where only the last may have fewer than ``batch_size``."""
        if self.ends is None and (self.last_batch != "even" or self.rows % self.batch_size == 0):
            return None
        return np.diff(self.edges).astype(np.int32)

    def part(self, batch: int) -> slice:
        """The rows of a batch, in the order."""
        return slice(int(self.edges[batch]), int(self.edges[batch + 1]))


def cut(rows: int, batch_size: int, last_batch: str = "keep") -> Batches:
    """The batches of an epoch.

    Raises:
        InvalidArgument: nothing would be left.

    Example:
        >>> [cut(33, 16, last_batch).edges.tolist() for last_batch in LAST_BATCH]
        [[0, 16, 32, 33], [0, 11, 22, 33], [0, 16, 32]]
    """
    if last_batch == "drop" and rows < batch_size:
        raise InvalidArgument(
            f"last_batch='drop' would drop everything: there are {rows} rows, and a whole batch "
            f"has batch_size={batch_size}. Use batch_size={rows} or less, or last_batch='even'."
        )
    return Batches(rows, batch_size, last_batch)
