"""Rows as users have them, as a table with the columns that a model was trained with."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief, count
from trimtab.errors import InvalidData
from trimtab.tables.columns.schema import Schema
from trimtab.tables.files.in_memory import framed, numbered_names
from trimtab.tables.files.several.several import are_paths

__all__ = ["like_trained"]


def like_trained(schema: Schema, data: Any) -> tuple[Any, list[str]]:
    """Rows with the names of a schema, and what is worth knowing about that.

    A Series is one row if its index holds names of columns. Columns of an array are those of the
    table to train on, in its order: all but the target, only the features, or all.

    Args:
        schema: Of the table that the model was trained on.
        data: Whatever a user has; paths and tables are returned as they are.

    Raises:
        InvalidData: An array has another number of columns, or a Series has no names of columns.

    Example:
        >>> from trimtab.tables import Column
        >>> schema = Schema((Column("x", "numeric", "feature"), Column("z", "numeric", "feature")))
        >>> like_trained(schema, [[1, 2], [3, 4]])[0]
        {'x': [1, 3], 'z': [2, 4]}
    """
    import pandas as pd

    if are_paths(data):
        return data, []
    if isinstance(data, pd.Series):
        return _of_series(schema, data), []
    if isinstance(data, pd.DataFrame):
        _refuse_numbered(schema, data)
        return data, []
    if not numbered_names(data):
        return framed(data), []
    columns = framed(data)
    names, note = _names_for(schema, len(columns))
    return dict(zip(names, columns.values(), strict=True)), [note] if note else []


def _names_for(schema: Schema, width: int) -> tuple[list[str], str]:
    """The names of an array's columns, and a remark where these are not all there were."""
    features = [column.name for column in schema.features]
    inputs = [column.name for column in schema.columns if column.role != "target"]
    every = [column.name for column in schema.columns]
    known = {len(every): every, len(inputs): inputs, len(features): features}
    if width not in known:
        raise InvalidData(
            f"the array has {count(width, 'column')}, and the model was trained with "
            f"{len(features)}: {checks.listing(features)}. Pass these, in this order."
        )
    names = known[width]
    if names == inputs:
        return names, ""
    which = "the columns that the model uses" if names == features else "all columns of training"
    return names, f"The {width:,} columns of the array are taken as {which}, in their order."


def _of_series(schema: Schema, row: Any) -> Any:
    """A Series as one row, or as the only column."""
    features = [column.name for column in schema.features]
    labels = [str(label) for label in row.index]
    if not set(labels).isdisjoint(features):
        return {label: [value] for label, value in zip(labels, row.tolist(), strict=True)}
    if str(row.name) in features:
        return row.to_frame()
    raise InvalidData(
        "a Series is one row, so its index must hold the names of columns, "
        f"{checks.listing(features)}; received {brief(labels[:5])}. Use "
        "series.to_numpy().reshape(1, -1) if its values are in this order."
    )


def _refuse_numbered(schema: Schema, frame: Any) -> None:
    """Refuses a frame made of an array without names, or with names after training without."""
    features = [column.name for column in schema.features]
    labels = [str(label) for label in frame.columns]
    if not set(features).isdisjoint(labels):
        return
    numbers = [str(number) for number in range(len(labels))]
    if labels == numbers or all(name.isdigit() for name in features):
        raise InvalidData(
            f"the data frame lacks all columns that the model was trained with: its columns are "
            f"{checks.listing(labels)}, those of training {checks.listing(features)}. Use "
            "data.to_numpy() to match them by their order, or name the columns."
        )
