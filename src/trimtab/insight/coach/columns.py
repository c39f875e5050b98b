"""A table as the user passed it: its float32 values, and column statistics in float64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.hashing import salted
from trimtab.core.types import Doubles, Floats
from trimtab.nn import data

__all__ = ["Columns", "GivenTable"]

#: Any number; rows of zeros would have the hash 0 without it.
_SALT = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Columns:
    """Statistics of the columns of a table over their finite values, one number per column.

    Attributes:
        mean, deviation: Mean and standard deviation (divisor: the number of rows).
        low, high: Minimum and maximum.
        missing, infinite: Number of NaNs and of infinities.
        others: Number of finite values that differ from the median; small in a nearly constant
            column.
        binary: Whether all values are 0 or 1.
    """

    mean: Doubles
    deviation: Doubles
    low: Doubles
    high: Doubles
    missing: NDArray[np.int64]
    infinite: NDArray[np.int64]
    others: NDArray[np.int64]
    binary: NDArray[np.bool_]

    @property
    def size(self) -> Doubles:
        """Root mean square."""
        return np.hypot(self.mean, self.deviation)


class GivenTable:
    """A table of rows and columns.

    Attributes:
        name: The name of the argument: ``x``, ``y``, ...
        values: ``(rows, columns)`` in float32, as engines see it.
        is_frame: Whether it came as a DataFrame.
    """

    def __init__(
        self, given: Any, name: str, width: int | None = None, rows: slice = slice(None)
    ) -> None:
        vector = _dimensions(given) == 1
        self.name = name
        self.values: Floats = data.as_features(given, 1 if vector else width, name)[rows]
        self.is_frame = hasattr(given, "columns")
        self._given = given
        self._rows = rows

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    def column(self, number: int) -> str:
        """The name of a column in a sentence."""
        return str(self._given.columns[number]) if self.is_frame else f"column {number}"

    def label(self, number: int) -> Any:
        """A column in code: its label in the DataFrame, or its number."""
        label = self._given.columns[number] if self.is_frame else number
        return label.item() if isinstance(label, np.generic) else label

    @cached_property
    def columns(self) -> Columns:
        """Statistics of the columns."""
        measured = [_measured(self._exact(number)) for number in range(self.width)]
        return Columns(*(np.array(values) for values in zip(*measured, strict=True)))

    @cached_property
    def finite(self) -> bool:
        """Whether all values are finite."""
        return not (self.columns.missing.any() or self.columns.infinite.any())

    def keys(self, *others: GivenTable) -> NDArray[np.uint64]:
        """64 bits of each row, together with the same row of other tables; equal for equal rows."""
        tables = [table.values + np.float32(0) for table in (self, *others)]  # -0 and 0 are equal
        return salted(tables, _SALT)

    def _exact(self, number: int) -> Doubles:
        """A column in float64, with the digits that float32 would drop."""
        values: Any = None
        if self.is_frame:
            values = self._given.iloc[:, number].to_numpy()
        elif type(self._given) is np.ndarray:
            values = self._given if self._given.ndim == 1 else self._given[:, number]
        if values is None or values.dtype.kind not in "fiub":
            return self.values[:, number].astype(np.float64)
        exact: Doubles = values[self._rows].astype(np.float64)
        return exact


def _dimensions(given: Any) -> int:
    try:
        return given.ndim if hasattr(given, "ndim") else np.ndim(given)
    except ValueError:  # rows of different lengths: refused later, in words
        return 2


def _measured(values: Doubles) -> tuple[Any, ...]:
    """The fields of :class:`Columns` for one column."""
    missing = int(np.isnan(values).sum())
    infinite = int(np.isinf(values).sum())
    finite = values[np.isfinite(values)] if missing or infinite else values
    if finite.size == 0:
        return (np.nan, np.nan, np.nan, np.nan, missing, infinite, 0, False)
    low, high = finite.min(), finite.max()
    with np.errstate(over="ignore", invalid="ignore"):
        middle = np.partition(finite, finite.size // 2)[finite.size // 2]
        # From the middle: the sum of large numbers that are nearly equal keeps its digits.
        away = finite - middle
        mean = middle + away.mean()
        deviation = 0.0 if low == high else away.std()
    others = int((finite != middle).sum())
    binary = bool(((finite == 0) | (finite == 1)).all())
    return (mean, deviation, low, high, missing, infinite, others, binary)
