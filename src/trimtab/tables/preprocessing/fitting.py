"""The step that suits a column, fitted on training rows, and why a column has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.tables.columns.column import Column
from trimtab.tables.preprocessing.auto_scaling import unit_of
from trimtab.tables.preprocessing.categories import fit_category
from trimtab.tables.preprocessing.dates import fit_moment
from trimtab.tables.preprocessing.numeric import fit_boolean, fit_numeric
from trimtab.tables.preprocessing.step import Step

__all__ = ["checked_weights", "fit_step", "why_useless"]


def fit_step(
    column: Column, values: NDArray[Any], numbers: str, dates: str, weights: Doubles | None
) -> Step | None:
    """The step for a feature; ``numbers`` and ``dates`` are the scalings of either."""
    name = column.name
    fits: dict[str, Callable[[], Step | None]] = {
        "numeric": lambda: fit_numeric(name, values, numbers, weights),
        "integer": lambda: fit_numeric(name, values, numbers, weights),
        "boolean": lambda: fit_boolean(name, values),
        "category": lambda: fit_category(name, values),
        "datetime": lambda: fit_moment(name, values, "auto" if dates == "none" else dates, weights),
    }
    return fits[column.kind]() if column.kind in fits else None


def checked_weights(weights: ArrayLike, rows: int) -> Doubles:
    array = np.asarray(weights, np.float64)
    if array.shape != (rows,) or not (np.isfinite(array) & (array >= 0)).all() or not array.any():
        raise InvalidData(
            f"weights must hold a finite number of 0 or more for each of the {rows:,} rows, not "
            f"all of them 0, received shape {array.shape}. Correct the column of weights."
        )
    return array / unit_of(array)  # sums of large ones must not overflow


def why_useless(column: Column, values: NDArray[Any]) -> str:
    import pandas as pd

    if column.kind == "text":
        reason = "text is not learned from"
    elif pd.isna(values).all():
        reason = "no training row has a value"
    else:
        reason = "all training rows have the same value"
    return f"Column {column.name!r} is left out: {reason}."
