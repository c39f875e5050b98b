"""A column that comes part by part."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.tables.files.cells import Settled
from trimtab.tables.files.numbers import whole

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Growing"]


class Growing:
    """A column that comes part by part; numbers go into one array that grows in place.

    Whole numbers above 2**53 stay exact, whatever part they come in (:mod:`whole`).

    Args:
        rows: How many rows are expected.
    """

    def __init__(self, rows: int = 0) -> None:
        self._numbers: NDArray[Any] = np.empty(rows, np.int64)
        self._gaps: NDArray[np.bool_] | None = None  # of whole numbers too large for NaN
        self._large = False
        self._filled = 0
        self._digits = False  # whole numbers that 64 bits cannot hold together
        self._texts: list[pd.Series] = []
        self._spelled: Counter[str] = Counter()
        self._infinite = 0

    def __len__(self) -> int:
        return self._filled + sum(map(len, self._texts))

    def add(self, part: Settled) -> None:
        """Adds the next part; all parts are numbers, or all are text (perhaps of digits)."""
        if not part.numeric:
            if self._filled:
                self._become_digits()
            self._texts.append(part.values)
            return
        self._spelled.update(part.spelled)
        self._infinite += part.infinite
        if self._digits:
            self._texts.append(_digits_of(part.values))
            return
        values, gaps = whole.taken_apart(part.values)
        if not self._fits(values):
            self._become_digits()
            self._texts.append(_digits_of(part.values))
            return
        if values.dtype.kind == "f" and self._large and _held(values):
            gaps = np.isnan(values)
            values = np.where(gaps, 0, values).astype(np.int64)
        if values.dtype.kind != "f" and whole.is_large(values):
            self._become_whole(values.dtype)
        if values.dtype.kind == "f" and self._numbers.dtype.kind != "f":
            self._become_float()
        needed = self._filled + len(values)
        if needed > len(self._numbers):
            # Nobody else holds the array: large ones are moved by their page tables alone.
            self._numbers.resize(needed + needed // 4, refcheck=False)
        self._numbers[self._filled : needed] = values
        if gaps is not None and self._numbers.dtype.kind == "f":
            self._numbers[self._filled : needed][gaps] = math.nan
        elif gaps is not None or self._gaps is not None:
            self._note_gaps(gaps, needed)
        self._filled = needed

    def _fits(self, values: NDArray[Any]) -> bool:
        """Whether 64 bits hold these whole numbers and those so far."""
        signs = {values.dtype, self._numbers.dtype}
        if np.dtype(np.uint64) not in signs or len(signs) == 1:
            return True
        signed = values if values.dtype != np.uint64 else self._numbers[: self._filled]
        return signed.dtype.kind == "f" or not len(signed) or int(signed.min()) >= 0

    def _become_whole(self, kind: np.dtype[Any]) -> None:
        """Makes room for large whole numbers, unless there are fractions already."""
        so_far = self._numbers[: self._filled]
        if self._numbers.dtype.kind == "f":
            if not _held(so_far):
                return
            self._gaps = np.isnan(so_far)
            self._numbers = np.where(self._gaps, 0, so_far).astype(np.int64)
        if kind == np.uint64:
            self._numbers = self._numbers.astype(np.uint64)
        self._large = True

    def _become_digits(self) -> None:
        self._texts, self._digits = [_digits_of(self._whole())], True
        self._numbers, self._filled = np.empty(0, np.int64), 0

    def _become_float(self) -> None:
        self._numbers = self._numbers.astype(np.float64)
        if self._gaps is not None:
            self._numbers[: self._filled][self._gaps[: self._filled]] = math.nan
        self._gaps, self._large = None, False

    def _note_gaps(self, gaps: NDArray[np.bool_] | None, needed: int) -> None:
        held = np.zeros(max(len(self._numbers), needed), np.bool_)
        if self._gaps is not None and len(self._gaps) >= needed:
            held = self._gaps
        elif self._gaps is not None:
            held[: self._filled] = self._gaps[: self._filled]
        held[self._filled : needed] = False if gaps is None else gaps
        self._gaps = held

    def _whole(self) -> Any:
        """The numbers so far."""
        self._numbers.resize(self._filled, refcheck=False)
        if self._gaps is None:
            return self._numbers
        return whole.with_gaps(self._numbers, self._gaps[: self._filled])

    def settled(self, check: Callable[[pd.Series], Settled] | None = None) -> Settled:
        """The whole column; ``check`` finds the bad cells of text that is mostly numbers."""
        import pandas as pd

        if not self._texts:
            return Settled(self._whole(), self._spelled, self._infinite)
        texts, self._texts = self._texts, []
        text = texts[0] if len(texts) == 1 else pd.concat(texts, ignore_index=True)
        return check(text) if check is not None and not self._digits else Settled(text)


def _held(values: NDArray[Any]) -> bool:
    """Whether all numbers that are not missing are whole, and exact as ``float64``."""
    with np.errstate(invalid="ignore"):
        kept = (values == np.floor(values)) & (np.abs(values) <= whole.EXACT)
    return bool((kept | np.isnan(values)).all())


def _digits_of(values: Any) -> pd.Series:
    """Whole numbers as text."""
    import pandas as pd

    numbers, gaps = whole.taken_apart(values)
    if numbers.dtype.kind == "f":
        gaps = np.isnan(numbers)
    text = pd.Series(
        [str(int(one)) if one == one else None for one in numbers.tolist()], dtype=object
    )
    return text if gaps is None else text.mask(gaps)
