"""Whole numbers of few values: a number, and a category besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.tables.preparation_options import FEWEST_VALUES, MOST_VALUES
from trimtab.tables.preprocessing.categories import fewest_rows
from trimtab.tables.preprocessing.numeric import Numeric
from trimtab.tables.preprocessing.scaling import Scaling
from trimtab.tables.preprocessing.step import OutputColumn, Unseen

__all__ = ["AlsoCategories", "also_categories"]


@dataclass(frozen=True, eq=False)
class AlsoCategories:
    """A column of whole numbers as :class:`Numeric`, followed by a one-hot column a value.

    The hour of the day, say: what happens at 8 need not lie between what happens at 7 and at 9. As
    a number it still says that 7 is near 8. Values that the training rows have rarely or never are
    numbers alone.

    Args:
        numeric: The column as numbers.
        values: The values with a column, in ascending order.

    Shape:
        ``(n,)`` float64, NaN if missing, to ``(n, k)``.

    Example:
        >>> from trimtab.tables.preprocessing.numeric import fit_numeric
        >>> hours = np.array([7.0, 8.0, 9.0] * 5)
        >>> step = also_categories(fit_numeric("hour", hours), hours, most=24)
        >>> [column.name for column in step.columns]
        ['hour', 'hour = 7', 'hour = 8', 'hour = 9']
    """

    kind: ClassVar[str] = "numeric and one-hot"
    numeric: Numeric
    values: Doubles

    def __post_init__(self) -> None:
        if self.values.dtype != np.float64 or self.values.ndim != 1:
            raise TypeError("values must be a vector of float64.")
        if not FEWEST_VALUES <= len(self.values) <= MOST_VALUES:
            raise ValueError(
                f"values must be {FEWEST_VALUES} to {MOST_VALUES}, received {len(self.values)}."
            )
        if not np.isfinite(self.values).all() or not (np.diff(self.values) > 0).all():
            raise ValueError("values must be finite and ascend.")
        values = np.array(self.values)
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    @classmethod
    def from_record(cls, document: Any, arrays: Mapping[str, Any]) -> AlsoCategories:
        rest = dict(arrays)
        values = rest.pop("values")
        return cls(Numeric.from_record(document, rest), values)

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        document, arrays = self.numeric.record()
        return document, {**arrays, "values": self.values}

    @property
    def source(self) -> str:
        return self.numeric.source

    @property
    def scaling(self) -> Scaling | None:
        """Of the numbers."""
        return self.numeric.scaling

    @property
    def flagged(self) -> bool:
        """Whether there is an input that is 1 for missing cells."""
        return self.numeric.flagged

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        own = (
            OutputColumn(f"{self.source} = {value:.0f}", self.source, "one-hot")
            for value in self.values
        )
        return (*self.numeric.columns, *own)

    def transform(self, values: NDArray[Any], out: Floats, unseen: Unseen) -> None:
        first = len(self.numeric.columns)
        self.numeric.transform(values, out[:, :first], unseen)
        out[:, first:] = values[:, None] == self.values  # of a missing cell: zeros


def also_categories(
    numeric: Numeric | None, values: Doubles, most: int | None
) -> Numeric | AlsoCategories | None:
    """The step of a column of numbers, with categories besides where it has few whole values.

    Args:
        numeric: The column as numbers.
        values: Of the training rows, NaN if missing.
        most: Different values; a column of more stays numbers alone. None: every column does.
    """
    if most is None or numeric is None or numeric.scaling is None:
        return numeric
    present = values[~np.isnan(values)]
    if not np.array_equal(present, np.trunc(present)):
        return numeric
    found, rows = np.unique(present, return_counts=True)
    if len(found) > most:
        return numeric
    usual = found[rows >= fewest_rows(len(values))]
    if len(usual) < FEWEST_VALUES:
        return numeric
    return AlsoCategories(numeric, usual)
