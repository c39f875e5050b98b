"""Which rows a model was fitted on, as numbers that say nothing else about them.

Calibrating on rows that were trained on is the mistake that makes intervals too narrow, and nothing
in the result shows it. So ``fit`` keeps 64 bits of each row (of some, where there are many). A
model file keeps them too: they find the rows of a part again in the table they came from.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.hashing import salted
from trimtab.core.types import Floats
from trimtab.engines.base import Rows

__all__ = ["RowPrints"]

#: Most rows of a table that are kept: some milliseconds at most, and 32 KiB.
MOST_ROWS = 1 << 12


@dataclass(frozen=True)
class RowPrints:
    """Salted hashes of rows with their targets.

    Attributes:
        salt: drawn anew for every table; without it hashes cannot be compared.
        prints: sorted; a row that is there twice has two.
        share: of the rows that they are of.
    """

    salt: int
    prints: NDArray[np.uint64]
    share: float

    @classmethod
    def of(cls, *tables: Rows | None, most: int | None = None) -> RowPrints:
        """Those of these tables, together; at most ``most`` each, evenly spaced.

        Args:
            most: ``MOST_ROWS`` unless told.
        """
        most = MOST_ROWS if most is None else most
        salt = secrets.randbits(64)
        prints, rows = [], 0
        for table in tables:
            if table is None:
                continue
            assert table.y is not None
            rows += len(table)
            x, y = table.x, table.y
            if len(table) > most:
                chosen = np.linspace(0, len(table) - 1, most).astype(np.int64)
                x, y = x[chosen], y[chosen]
            prints.append(salted([x, y], salt))
        together = np.sort(np.concatenate(prints))
        return cls(salt, together, len(together) / rows)

    def where(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """Which of these rows are among them.

        Of rows that are alike as many as there are prints, the first ones: the rows found in the
        table that the prints are of are the same rows, or rows that no number tells from them.
        """
        asked, back = np.unique(salted([x, y], self.salt), return_inverse=True)
        kept = np.searchsorted(self.prints, asked, "right") - np.searchsorted(self.prints, asked)
        # How many rows like this one come before it: its place among all in order, less that of
        # the first one like it.
        order = np.argsort(back, kind="stable")
        starts = np.searchsorted(back[order], np.arange(len(asked)))
        before = np.empty(len(back), np.int64)
        before[order] = np.arange(len(back)) - starts[back[order]]
        return np.asarray(before < kept[back])

    def found(self, x: Floats, y: Floats) -> int:
        """How many of these rows are among them."""
        return int(np.isin(salted([x, y], self.salt), self.prints).sum())

    def suspects(self, x: Floats, y: Floats) -> int:
        """:meth:`found`, or 0 where tables that repeat rows now and then explain it.

        Half of the rows, or half of the share that is kept, is more than that.
        """
        found = self.found(x, y)
        return found if found >= max(1, 0.5 * self.share * len(x)) else 0

    def record(self) -> tuple[dict[str, Any], dict[str, NDArray[np.uint64]]]:
        """As plain data and arrays, for files.

        Example:
            >>> document, arrays = RowPrints(7, np.array([3, 5], "uint64"), 0.5).record()
            >>> document
            {'salt': 7, 'share': 0.5}
            >>> RowPrints.from_record(document, arrays).prints
            array([3, 5], dtype=uint64)
        """
        return {"salt": self.salt, "share": self.share}, {"prints": self.prints}

    @classmethod
    def from_record(cls, document: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> RowPrints:
        """The inverse of :meth:`record`.

        Raises:
            KeyError, TypeError, ValueError: not what :meth:`record` returns.
        """
        salt, share, prints = document["salt"], document["share"], arrays["prints"]
        if type(salt) is not int or type(share) not in (int, float):
            raise TypeError("salt must be an integer and share a number")
        if not 0 <= salt < 2**64 or not 0 < share <= 1:
            raise ValueError("salt must have 64 bits and share must be above 0 and at most 1")
        if prints.dtype != np.uint64 or prints.ndim != 1 or len(prints) == 0:
            raise ValueError("prints must be a list of 64-bit numbers")
        if (prints[1:] < prints[:-1]).any():
            raise ValueError("prints must be sorted")
        return cls(salt, prints, float(share))
