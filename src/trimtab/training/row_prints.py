"""Which rows a model was fitted on, as numbers that say nothing else about them.

Calibrating on rows that were trained on is the mistake that makes intervals too narrow, and nothing
in the result shows it. So ``fit`` keeps 64 bits of each row (of some, where there are many).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.engines.base import Floats, Rows

__all__ = ["RowPrints"]

#: Most rows of a table that are kept: some milliseconds at most, and 32 KiB.
MOST_ROWS = 1 << 12

#: Odd, with its bits well mixed (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
#: generators", the multiplier of MurmurHash3's finalizer).
_FACTOR = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(33)


@dataclass(frozen=True)
class RowPrints:
    """Salted hashes of rows with their targets.

    Attributes:
        salt: drawn anew for every table; without it hashes cannot be compared.
        prints: sorted.
        share: of the rows that they are of.
    """

    salt: int
    prints: NDArray[np.uint64]
    share: float

    @classmethod
    def of(cls, *tables: Rows | None) -> RowPrints:
        """Those of these tables, together; at most ``MOST_ROWS`` each, evenly spaced."""
        salt = secrets.randbits(64)
        prints, rows = [], 0
        for table in tables:
            if table is None:
                continue
            assert table.y is not None
            rows += len(table)
            x, y = table.x, table.y
            if len(table) > MOST_ROWS:
                chosen = np.linspace(0, len(table) - 1, MOST_ROWS).astype(np.int64)
                x, y = x[chosen], y[chosen]
            prints.append(_hashed(x, y, salt))
        together = np.unique(np.concatenate(prints))
        return cls(salt, together, sum(map(len, prints)) / rows)

    def found(self, x: Floats, y: Floats) -> int:
        """How many of these rows are among them."""
        return int(np.isin(_hashed(x, y, self.salt), self.prints).sum())

    def suspects(self, x: Floats, y: Floats) -> int:
        """:meth:`found`, or 0 where tables that repeat rows now and then explain it.

        Half of the rows, or half of the share that is kept, is more than that.
        """
        found = self.found(x, y)
        return found if found >= max(1, 0.5 * self.share * len(x)) else 0


def _hashed(x: Floats, y: Floats, salt: int) -> NDArray[np.uint64]:
    state = np.full(len(x), salt, np.uint64)
    for table in (x, y):
        bits = np.ascontiguousarray(table.T).view(np.uint32)
        for column in bits:
            state ^= column
            state *= _FACTOR  # wraps around
            state ^= state >> _SHIFT
    return state
