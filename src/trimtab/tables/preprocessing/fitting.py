"""Fitting the step of a column, or saying why it has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.tables.columns.column import Column
from trimtab.tables.preprocessing.also_categories import also_categories
from trimtab.tables.preprocessing.auto_scaling import unit_of
from trimtab.tables.preprocessing.categories import fit_category
from trimtab.tables.preprocessing.dates import CLOCK, fit_moment
from trimtab.tables.preprocessing.numeric import fit_boolean, fit_numeric
from trimtab.tables.preprocessing.step import Step

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["checked_weights", "fit_step", "why_useless"]


def fit_step(
    column: Column,
    values: NDArray[Any],
    numbers: str,
    dates: str,
    weights: Doubles | None,
    also: int | None = None,
) -> Step | None:
    """Fits the step for a feature.

    Args:
        column: The column.
        values: Its training values, from ``Schema.values``.
        numbers: Scaling of numbers.
        dates: Scaling of the parts of dates.
        weights: Weights of the rows.
        also: Whole numbers of at most so many values are categories besides; None: never.

    Returns:
        The step, or None if there is nothing to learn from.
    """
    name = column.name
    dates = "auto" if dates == "none" else dates

    def number() -> Step | None:
        return also_categories(fit_numeric(name, values, numbers, weights), values, also)

    fits: dict[str, Callable[[], Step | None]] = {
        "numeric": number,
        "integer": number,
        "boolean": lambda: fit_boolean(name, values),
        "category": lambda: fit_category(name, values, column.numbers),
        "datetime": lambda: fit_moment(name, values, dates, weights),
        "time": lambda: fit_moment(name, values, dates, weights, CLOCK),
    }
    return fits[column.kind]() if column.kind in fits else None


def checked_weights(weights: ArrayLike, rows: int) -> Doubles:
    """Weights of rows, scaled so that sums do not overflow."""
    array = np.asarray(weights, np.float64)
    if array.shape != (rows,) or not (np.isfinite(array) & (array >= 0)).all() or not array.any():
        raise InvalidData(
            f"weights must be finite numbers of 0 or more, not all 0, one for each of {rows:,} "
            f"rows, received shape {array.shape}. Correct the column of weights."
        )
    return array / unit_of(array)


def why_useless(column: Column, values: NDArray[Any], cells: pd.Series) -> str:
    """A note on a column without a step.

    Args:
        column: The column.
        values: Its training values, from ``Schema.values``.
        cells: The same as they are stored.
    """
    import pandas as pd

    if column.kind == "text":
        reason = "networks do not read text"
    elif pd.isna(values).all():
        reason = "it is missing in all training rows"
    elif cells.dtype.kind in "iu" and cells.nunique() > 1:
        reason = (
            f"its numbers, {cells.min()} to {cells.max()}, differ only in digits that a network "
            "does not see. Subtract a common number from them if they matter"
        )
    else:
        reason = "all training rows have the same value"
    return f"Column {column.name!r} is left out: {reason}."
