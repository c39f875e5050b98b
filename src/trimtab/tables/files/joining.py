"""Inputs and answers that come apart, ``X`` and ``y``, as one table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import checks
from trimtab.core.words import brief, count
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files.in_memory import framed
from trimtab.tables.files.table import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TARGET", "Answers", "answers_of", "joined"]

#: What answers without a name are called.
TARGET = "target"


@dataclass(frozen=True, eq=False)
class Answers:
    """What is to be predicted, row by row.

    Attributes:
        values: A Series, in the order of the rows.
        name: Its name; None: it has none.
        indexed: Whether its index says which rows they belong to.
    """

    values: pd.Series
    name: str | None
    indexed: bool


def answers_of(y: Any) -> Answers:
    """Answers from whatever holds one value for each row.

    Args:
        y: A Series, an array, a list, or a table of one column.

    Raises:
        InvalidArgument: It is something else, or has several columns.

    Example:
        >>> answers_of([3, 5]).values.tolist(), answers_of([3, 5]).name
        ([3, 5], None)
    """
    import pandas as pd

    if isinstance(y, pd.Series):
        return Answers(y, _name(y.name), indexed=True)
    if isinstance(y, str | bytes | os.PathLike) or y is None or np.isscalar(y):
        raise InvalidArgument(
            f"y must hold one value for each row, received {brief(y)}. Pass a Series, an array or "
            "a list."
        )
    if isinstance(y, Iterator):
        raise InvalidArgument(
            f"y must hold one value for each row, received {type(y).__name__}. Pass list(y)."
        )
    if isinstance(y, pd.DataFrame):
        _one_column(y.shape[1])
        return answers_of(y.iloc[:, 0])
    if type(y).__module__.partition(".")[0] in ("polars", "pyarrow"):
        return _of_arrow(y)
    if isinstance(y, Mapping):
        _one_column(len(y))
        ((name, values),) = y.items()
        return Answers(answers_of(values).values, _name(name), indexed=False)
    if isinstance(y, list | tuple):
        if any(np.ndim(each) for each in y[:1] if not isinstance(each, str)):
            return answers_of(np.asarray(y))
        cells = np.empty(len(y), dtype=object)
        cells[:] = y
        return Answers(pd.Series(cells).infer_objects(), None, indexed=False)
    if isinstance(y, pd.Index | pd.api.extensions.ExtensionArray):
        return Answers(pd.Series(y), _name(getattr(y, "name", None)), indexed=False)
    if isinstance(y, np.ndarray) and y.ndim == 1:
        return Answers(pd.Series(y), None, indexed=False)
    columns = framed(y)
    if not isinstance(columns, dict):
        raise InvalidArgument(
            f"y must hold one value for each row, received {brief(y)}. Pass a Series, an array or "
            "a list."
        )
    _one_column(len(columns))
    return Answers(pd.Series(next(iter(columns.values()))), None, indexed=False)


def _of_arrow(y: Any) -> Answers:
    """A column, or a table of one column, of polars or Arrow."""
    import pandas as pd

    y = y.collect() if hasattr(y, "collect") else y
    names = getattr(y, "columns", None) if hasattr(y, "get_column") else None
    names = getattr(y, "column_names", names)
    if names is not None:
        _one_column(len(names))
        column = y.get_column(names[0]) if hasattr(y, "get_column") else y.column(0)
        return Answers(_of_arrow(column).values, _name(names[0]), indexed=False)
    if not hasattr(y, "to_list") and not hasattr(y, "to_pylist"):  # an expression, a type, ...
        raise InvalidArgument(
            f"y must hold one value for each row, received {type(y).__name__}. Pass a Series, an "
            "array or a list, or name a column of the table: target='COLUMN'."
        )
    values = y.to_list() if hasattr(y, "to_list") else y.to_pylist()
    return Answers(
        pd.Series(values), _name(getattr(y, "name", None) or getattr(y, "_name", None)), False
    )


def _one_column(number: int) -> None:
    if number != 1:
        raise InvalidArgument(
            f"y must have one column, received {count(number, 'column')}. Choose one: y.iloc[:, 0] "
            "of a data frame, y[:, 0] of an array."
        )


def _name(label: Any) -> str | None:
    return None if label is None or label == "" else str(label)


def joined(
    data: Any, y: Any, target: str | Sequence[str] | None = None
) -> tuple[Any, str | tuple[str, ...]]:
    """A table with the answers as its last column, and the name of that column.

    Args:
        data: The inputs: a data frame, a dict of columns, an array, or rows.
        y: The answers, as for :func:`answers_of`; or several columns of them.
        target: The name of the column; None: that of ``y``, else ``"target"``. If it is given, the
            inputs may hold the same answers already. With several columns their names.

    Raises:
        InvalidArgument: The inputs are in a file, or hold a column of that name.
        InvalidData: Rows and answers differ in number, or in their index.

    Example:
        >>> joined({"x": [1, 2]}, [3, 5])[1]
        'target'
        >>> joined({"x": [1, 2]}, {"a": [3, 5], "b": [1, 0]})[1]
        ('a', 'b')
    """
    several = _several(y, target)
    if several is None:
        if target is not None and not isinstance(target, str):
            raise InvalidArgument(
                f"y must have a column for each of {checks.listing(target)}, received one column."
            )
        return _joined(data, y, target)
    names = tuple(several) if target is None else tuple(target)
    if set(names) != set(several):
        raise InvalidArgument(
            f"y must have the columns {checks.listing(names)}, received {checks.listing(several)}."
        )
    for name in names:
        data, _ = _joined(data, several[name], name)
    return data, names


def _several(y: Any, target: Any) -> dict[str, Any] | None:
    """Several columns of answers by name; None where there is one."""
    import pandas as pd

    found: dict[str, Any]
    if isinstance(y, pd.DataFrame):
        found = {str(name): y.iloc[:, at] for at, name in enumerate(y.columns)}
    elif isinstance(y, Mapping):
        found = {str(name): values for name, values in y.items()}
    elif hasattr(y, "get_columns"):
        found = {column.name: column for column in y.get_columns()}
    elif hasattr(y, "column_names"):
        found = {name: y.column(name) for name in y.column_names}
    elif isinstance(y, np.ndarray | list | tuple) and np.ndim(y[:1]) == 2:
        array = np.asarray(y)
        named = [f"{TARGET}_{number + 1}" for number in range(array.shape[1])]
        if isinstance(target, list | tuple) and len(target) == array.shape[1]:
            named = [str(name) for name in target]
        found = {name: array[:, at] for at, name in enumerate(named)}
    else:
        return None
    return found if len(found) > 1 else None


def _joined(data: Any, y: Any, target: str | None) -> tuple[Any, str]:
    import pandas as pd

    answers = answers_of(y)
    name = target or answers.name or TARGET
    if isinstance(data, str | os.PathLike):
        raise InvalidArgument(
            f"y belongs to rows in memory, and data is {brief(str(data))}. Read it first: "
            f"trimtab.tables.read({brief(str(data))}).frame."
        )
    if isinstance(data, Table):
        data = data.frame
    if hasattr(data, "collect"):
        data = data.collect()
    data = framed(data)
    rows = _rows(data)
    if rows is None:  # reading says what it must be
        return data, name
    if rows != len(answers.values):
        raise InvalidData(
            f"X has {count(rows, 'row')} and y {count(len(answers.values), 'value')}. Pass one "
            "value for each row."
        )
    index = getattr(data, "index", None)
    if answers.indexed and isinstance(index, pd.Index) and not index.equals(answers.values.index):
        raise InvalidData(
            f"the index of X ({brief(index[:3].tolist())}, ...) differs from that of y "
            f"({brief(answers.values.index[:3].tolist())}, ...), so rows may not match. Pass "
            "y.loc[X.index] to match labels, or y.to_numpy() to match rows in order."
        )
    names = [str(each).strip() for each in _names(data)]
    if name in names:
        if target is not None and _same(data, names.index(name), answers.values):
            return data, name
        raise InvalidArgument(
            f"X has a column {brief(name)} already, so y would be among the inputs. "
            + (
                f"Leave y out to use that column, or drop it from X: X.drop(columns={brief(name)})."
                if target is not None
                else f"Leave y out and name the column, or drop it from X: "
                f"X.drop(columns={brief(name)})."
                if answers.name is not None
                else "Give y a name: pandas.Series(y, name='answer')."
            )
        )
    return _with(data, name, answers.values), name


def _rows(data: Any) -> int | None:
    """How many rows; None where it is no table."""
    if isinstance(data, Mapping):
        return len(next(iter(data.values()))) if data else 0
    shape = getattr(data, "shape", None)
    if shape is not None and len(shape) == 2:
        return int(shape[0])
    return getattr(data, "num_rows", None)


def _names(data: Any) -> list[Any]:
    if isinstance(data, Mapping):
        return list(data)
    return list(data.schema.names if hasattr(data, "num_rows") else data.columns)


def _same(data: Any, at: int, values: pd.Series) -> bool:
    """Whether a column holds these answers."""
    own = answers_of(
        list(data.values())[at]
        if isinstance(data, Mapping)
        else data.iloc[:, at]
        if hasattr(data, "iloc")
        else data.column(at)
        if hasattr(data, "num_rows")
        else data.to_series(at)
    ).values
    one, other = own.to_numpy(object), values.to_numpy(object)
    gone = own.isna().to_numpy() & values.isna().to_numpy()
    return bool((gone | (one == other)).all())


def _with(data: Any, name: str, values: pd.Series) -> Any:
    """The table with one column more; the source is not changed."""
    if isinstance(data, Mapping):
        return {**data, name: values}
    if hasattr(data, "iloc"):
        made = data.copy(deep=False)
        made[name] = values.array
        return made
    if hasattr(data, "num_rows"):
        import pyarrow as pa

        table = pa.Table.from_batches([data]) if isinstance(data, pa.RecordBatch) else data
        return table.append_column(name, pa.array(values))
    import polars as pl

    return data.with_columns(pl.Series(name, values.tolist()))
