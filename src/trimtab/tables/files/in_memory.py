"""Arrays, rows and records in memory as columns by name; what is no table is refused in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import checks
from trimtab.core.words import brief, count
from trimtab.errors import InvalidArgument, InvalidData

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["framed", "is_row", "no_table", "numbered_names"]

#: Cells of a sparse matrix that are written out, at most: 8 GB as numbers.
MOST_CELLS = 1_000_000_000


def framed(source: Any) -> Any:
    """Arrays, records and single rows as a dict of columns; anything else as it is.

    Columns of an array are called ``"0"``, ``"1"``, ... Lists of dicts have the columns of all
    dicts, with gaps where a dict lacks one. A dict of single values is one row, a Series a column.

    Args:
        source: Whatever a user has.

    Raises:
        InvalidArgument: It has one dimension or more than two, or its rows are of different kinds.
        InvalidData: It is empty.

    Example:
        >>> framed([{"x": 1, "z": "a"}, {"x": 2}])
        {'x': [1, 2], 'z': ['a', None]}
        >>> framed({"x": 1, "z": "a"})
        {'x': [1], 'z': ['a']}
        >>> list(framed(np.zeros((5, 2))))
        ['0', '1']
    """
    import pandas as pd

    if isinstance(source, pd.Series):
        return source.to_frame()
    if isinstance(source, pd.DataFrame | str | bytes):
        return source
    if isinstance(source, Mapping) and not _is_sparse(source):
        return {name: [value] for name, value in source.items()} if is_row(source) else source
    if isinstance(source, list | tuple):
        return _of_rows(source)
    array = _array(source)
    if array is not None:
        return _of_array(array, type(source).__name__)
    return _of_others(source)


def is_row(source: Mapping[Any, Any]) -> bool:
    """Whether a dict holds single values, and not columns."""
    return bool(source) and all(map(_single, source.values()))


def _single(value: Any) -> bool:
    """Whether a value is one cell."""
    if isinstance(value, str | bytes) or getattr(value, "ndim", None) == 0:
        return True
    return not hasattr(value, "__len__") and not isinstance(value, Iterator)


def numbered_names(source: Any) -> bool:
    """Whether a source has columns without names, which :func:`framed` numbers."""
    import pandas as pd

    if isinstance(source, pd.DataFrame | pd.Series | str | bytes):
        return False
    if isinstance(source, Mapping) and not _is_sparse(source):
        return False
    if isinstance(source, list | tuple):
        return bool(source) and not any(_named(row) for row in source)
    array = _array(source)
    return array is not None and array.dtype.names is None


# -- rows -----------------------------------------------------------------------------------------


def _of_rows(rows: Sequence[Any]) -> Any:
    """A list of rows: dicts, Series, named tuples, or sequences of cells."""
    import pandas as pd

    if not rows:
        raise InvalidData("the list is empty. A table needs at least one row.")
    if all(_named(row) for row in rows):
        records = [_record(row) for row in rows]
        names = dict.fromkeys(name for record in records for name in record)
        return {name: [record.get(name) for record in records] for name in names}
    kinds = sorted({type(row).__name__ for row in rows})
    if all(isinstance(row, list | tuple | np.ndarray) and np.ndim(row) >= 1 for row in rows):
        lengths = sorted({len(row) for row in rows})
        if len(lengths) > 1:
            raise InvalidData(
                f"rows must have the same number of cells, received rows of {lengths[0]} to "
                f"{lengths[-1]} cells. Pass a list of dicts where some are missing."
            )
        if any(np.ndim(cell) for cell in rows[0] if not isinstance(cell, str)):
            raise InvalidArgument(_dimensions("list", 3))
        return {str(at): [row[at] for row in rows] for at in range(lengths[0])}
    if all(isinstance(row, pd.DataFrame) for row in rows):
        raise InvalidArgument(
            f"data is a list of {count(len(rows), 'data frame')}. Join them: pandas.concat(data)."
        )
    if len(kinds) == 1 and np.ndim(rows[0]) == 0 and not isinstance(rows[0], str):
        raise InvalidArgument(_dimensions("list", 1))
    if all(np.ndim(cell) == 0 and not isinstance(cell, dict) for cell in rows):
        raise InvalidArgument(
            f"a list must hold rows, received cells: {checks.listing(kinds)}. Pass [data] if they "
            "are one row."
        )
    raise InvalidArgument(
        f"a list of rows must hold dicts, or sequences of cells, received {checks.listing(kinds)}. "
        "Pass pandas.DataFrame(rows)."
    )


def _named(row: Any) -> bool:
    import pandas as pd

    return isinstance(row, Mapping | pd.Series) or (
        isinstance(row, tuple) and hasattr(row, "_fields")
    )


def _record(row: Any) -> Mapping[Any, Any]:
    """A row as a dict."""
    if isinstance(row, Mapping):
        return row
    return dict(row.items()) if hasattr(row, "items") else row._asdict()


# -- arrays ---------------------------------------------------------------------------------------


def _array(source: Any) -> NDArray[Any] | None:
    """An array, matrix or tensor as an array of NumPy; None if it is none of these."""
    if isinstance(source, np.ma.MaskedArray):
        kind = source.dtype.kind
        gaps: Any = source.astype(object if kind in "OUSM" else np.float64)
        return np.asarray(gaps.filled(None if gaps.dtype == object else np.nan))
    if isinstance(source, np.ndarray):
        return np.asarray(source)
    if _is_sparse(source):
        cells = int(source.shape[0]) * int(source.shape[1])
        if cells > MOST_CELLS:
            raise InvalidData(
                f"the sparse matrix has {cells:,} cells, too many to write out. Choose columns "
                "first: matrix[:, :100]."
            )
        return np.asarray(source.toarray())
    if _framework(source) in ("pandas", "polars", "pyarrow") or isinstance(source, type):
        return None
    if hasattr(source, "detach") and hasattr(source, "cpu"):  # a tensor of PyTorch, on any device
        return np.asarray(source.detach().cpu().numpy())
    if hasattr(source, "__array__") and hasattr(source, "shape"):
        return np.asarray(source)
    return None


def _is_sparse(source: Any) -> bool:
    """Whether this is a sparse matrix of SciPy; one of its kinds is a Mapping as well."""
    return hasattr(source, "nnz") and hasattr(source, "toarray")


def _of_array(array: NDArray[Any], kind: str) -> dict[str, NDArray[Any]]:
    fields = array.dtype.names
    if fields is not None and array.ndim <= 1:
        array = np.atleast_1d(array)
        return {name: np.ascontiguousarray(array[name]) for name in fields}
    if array.ndim != 2:
        raise InvalidArgument(_dimensions(kind, array.ndim))
    if not array.size:
        raise InvalidData(
            f"the array has {array.shape[0]} rows and {array.shape[1]} columns. A table needs at "
            "least one of each."
        )
    return {str(at): np.ascontiguousarray(array[:, at]) for at in range(array.shape[1])}


def _dimensions(kind: str, number: int) -> str:
    what = f"data must have two dimensions, rows and columns, received {kind!r} with {number}."
    if number == 1:
        return (
            f"{what} Use numpy.reshape(data, (1, -1)) for one row, numpy.reshape(data, (-1, 1)) "
            "for one column."
        )
    if number == 0:
        return f"{what} Pass a data frame, or a dict of values for one row: {{'x': 1, 'z': 2}}."
    return f"{what} Use numpy.reshape(data, (len(data), -1)) for one row each."


# -- others ---------------------------------------------------------------------------------------


def _of_others(source: Any) -> Any:
    """Data frames of other packages through Arrow or pandas; the rest as it is."""
    if _framework(source) in ("pandas", "polars", "pyarrow") or isinstance(source, type):
        return source
    if hasattr(source, "to_pandas"):
        return source.to_pandas()
    if hasattr(source, "__arrow_c_stream__"):
        import pyarrow as pa

        return pa.table(source)
    return source


def _framework(source: Any) -> str:
    return type(source).__module__.partition(".")[0]


def no_table(source: Any) -> InvalidArgument:
    """The refusal of what is no table, with what to pass instead."""
    kind = type(source).__name__
    if isinstance(source, bytes | bytearray | memoryview):
        advice = "Pass pandas.read_csv(io.BytesIO(data)), or the path of a file as text."
    elif hasattr(source, "read"):
        path = getattr(source, "name", None)
        named = isinstance(path, str) and not path.startswith("<")
        advice = f"Pass its path: {brief(path)}." if named else "Pass pandas.read_csv(data)."
    elif isinstance(source, Iterator):
        advice = "Pass list(data) if it yields rows, pandas.concat(data) if it yields data frames."
    elif source is None or checks.is_number(source):
        advice = "Pass a data frame or a path."
    elif callable(source):
        advice = "Call it first, and pass what it returns."
    else:
        advice = "Pass pandas.DataFrame(data)."
    return InvalidArgument(
        "data must be a path, '-', a data frame of pandas, polars or Arrow, a dict of columns, a "
        f"list of rows or an array, received {'None' if source is None else kind}. {advice}"
    )
