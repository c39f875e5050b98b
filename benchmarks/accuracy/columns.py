"""What peers without a way with dates, text and gaps are given: numbers and categories."""

from __future__ import annotations

import numpy as np
import pandas as pd

MISSING = "missing"


def spread(frame: pd.DataFrame) -> pd.DataFrame:
    """Dates as day, year, month, weekday (and hour); truth values as numbers; the rest as it is.

    Columns are named c0, c1, ...: some peers refuse characters in names.
    """
    made: list[pd.Series] = []
    for name in frame:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            made += _parts(column)
        elif pd.api.types.is_bool_dtype(column):
            made.append(column.astype("int64"))
        else:
            made.append(column)
    return pd.concat(made, axis=1, keys=[f"c{number}" for number in range(len(made))])


def categories_of(frame: pd.DataFrame) -> list[str]:
    """The columns that hold text."""
    return [str(name) for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, a gap as a category of its own."""
    text = {
        name: frame[name].astype(object).where(frame[name].notna(), MISSING).astype(str)
        for name in categories_of(frame)
    }
    return frame.assign(**text)


class Categorical:
    """pandas' own categories, those of the training rows; others, and gaps, are missing.

    With `most`, only so many of a column's categories, the most frequent, have a name of their own.
    """

    def __init__(self, frame: pd.DataFrame, most: int | None = None) -> None:
        self.kinds = {
            name: pd.CategoricalDtype(sorted(frame[name].value_counts().index[:most]))
            for name in categories_of(frame)
        }

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        known = {
            name: frame[name].where(frame[name].isin(kind.categories)).astype(object).astype(kind)
            for name, kind in self.kinds.items()
        }
        return frame.assign(**known)


class Medians:
    """Gaps in numbers filled with the training rows' median."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.values = frame.select_dtypes("number").median().fillna(0.0)

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.fillna(self.values)


def _parts(column: pd.Series) -> list[pd.Series]:
    days = (column - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    parts = [np.floor(days), column.dt.year, column.dt.month, column.dt.day_of_week]
    if (column.dt.hour.fillna(0) != 0).any():
        parts.append(column.dt.hour)
    return [part.astype("float64") for part in parts]
