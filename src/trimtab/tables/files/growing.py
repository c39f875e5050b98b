"""A column that comes part by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.tables.files.cells import Settled

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Growing"]


class Growing:
    """A column that comes part by part; numbers go into one array that grows in place."""

    def __init__(self) -> None:
        self._numbers: NDArray[Any] = np.empty(0, np.int64)
        self._filled = 0
        self._texts: list[pd.Series] = []
        self._spelled: Counter[str] = Counter()
        self._infinite = 0

    def __len__(self) -> int:
        return self._filled + sum(map(len, self._texts))

    def add(self, part: Settled) -> None:
        """Adds the next part; all parts are numbers, or all are text."""
        if not part.numeric:
            self._texts.append(part.values)
            return
        self._spelled.update(part.spelled)
        self._infinite += part.infinite
        if part.values.dtype.kind == "f" and self._numbers.dtype.kind == "i":
            self._numbers = self._numbers.astype(np.float64)
        needed = self._filled + len(part.values)
        if needed > len(self._numbers):
            # Nobody else holds the array: large ones are moved by their page tables alone.
            self._numbers.resize(needed + needed // 4, refcheck=False)
        self._numbers[self._filled : needed] = part.values
        self._filled = needed

    def settled(self, check: Callable[[pd.Series], Settled] | None = None) -> Settled:
        """The whole column; ``check`` finds the bad cells of text that is mostly numbers."""
        import pandas as pd

        if not self._texts:
            self._numbers.resize(self._filled, refcheck=False)
            return Settled(self._numbers, self._spelled, self._infinite)
        texts, self._texts = self._texts, []
        text = texts[0] if len(texts) == 1 else pd.concat(texts, ignore_index=True)
        return check(text) if check is not None else Settled(text)
