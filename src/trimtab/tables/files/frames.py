"""Tables in memory: data frames of pandas, polars and Arrow, and dicts of columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files import cells
from trimtab.tables.files.arrow import settle_arrow, zone_notes
from trimtab.tables.files.assembly import Names, assemble
from trimtab.tables.files.far_dates import period_texts, settle_dates
from trimtab.tables.files.in_memory import framed, no_table, numbered_names
from trimtab.tables.files.numbers import whole
from trimtab.tables.files.objects import settle_booleans, settle_objects
from trimtab.tables.files.passing.passing import NOTHING, Passing, of_arrow
from trimtab.tables.files.table import Table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["table_of"]

#: Tables that hold their columns as Arrow does.
_OF_ARROW = {
    ("polars", "DataFrame"),
    ("polars", "LazyFrame"),
    ("pyarrow", "RecordBatch"),
    ("pyarrow", "Table"),
}


def table_of(
    source: Any,
    columns: Collection[str] | None = None,
    *,
    missing: Collection[str] = (),
    name: str | None = None,
    from_lines: bool = False,
    passing: Passing = NOTHING,
) -> Table:
    """A table in memory as a :class:`Table`; the source is not changed.

    Args:
        source: A data frame of pandas, polars or Arrow, or a dict of columns.
        columns: Columns to take. None: all.
        missing: Spellings of a missing value in addition to the usual ones.
        name: What messages call the table.
        from_lines: Whether the rows are those of a file with a line of names.
        passing: Columns to hand over as they are.

    Raises:
        InvalidArgument: The source is something else.
        InvalidData: It is no table: without rows or columns, or with columns of unequal length.
    """
    import pandas as pd

    notes: list[str] = []
    index: pd.Index | None = None
    indexed = 0
    if isinstance(source, Table):
        raise InvalidArgument("data is a Table already. Pass its frame.")
    if numbered_names(source):
        name = name or "the array"
        notes.append("Columns of an array are named by their place: the first one is '0'.")
    source = framed(source)
    package = type(source).__module__.partition(".")[0]
    if isinstance(source, pd.DataFrame):
        # The index of rows to predict comes out with them: there is nothing to say.
        frame = _indexed(source, notes if passing is NOTHING else [])
        index = source.index
        indexed = frame.shape[1] - source.shape[1]
        raw, series = [*frame.columns], [frame.iloc[:, at] for at in range(frame.shape[1])]
    elif isinstance(source, Mapping):
        raw, series = [*source], _columns(source)
        index = _shared_index(source)
        name = name or "the columns"
    elif (package, type(source).__name__) in _OF_ARROW:
        return _of_arrow(source, columns, missing, passing)
    else:
        raise no_table(source)
    name = name or "the data frame"
    if isinstance(raw[0] if raw else None, tuple):
        raise InvalidData(f"{name} has several levels of column names. Join them into one level.")
    names = Names([str(one) for one in raw], name)
    names.nameless = []  # the index is not among the columns
    if not raw:
        raise InvalidData(f"{name} has no columns. A table needs at least one.")
    rows = len(series[0])
    if not rows:
        raise InvalidData(f"{name} has columns but no rows. Add rows.")
    wanted = _wanted(names, columns, passing)
    settled = {at: settle_series(series[at], names.names[at], name, missing) for at in wanted}
    for at in wanted:
        zone = getattr(series[at].dtype, "tz", None)
        if zone is not None and str(zone) != "UTC":
            notes.append(f"Times of {names.names[at]!r} are converted from {zone} to UTC.")
    return assemble(
        name,
        names,
        settled,
        rows,
        kept=frozenset(names.names),
        notes=notes,
        from_lines=from_lines,
        passed={at: series[at] for at in passing.places(names.names, hidden=range(indexed))},
        index=index,
    )


def _wanted(names: Names, columns: Collection[str] | None, passing: Passing) -> list[int]:
    """The places of the columns to read."""
    return [
        at
        for at, one in enumerate(names.names)
        if (columns is None or one in columns) and passing.reads(one)
    ]


def _shared_index(source: Mapping[Any, Any]) -> pd.Index | None:
    """The index that all columns of a dict have, if they have one."""
    import pandas as pd

    series = [one for one in source.values() if isinstance(one, pd.Series)]
    if not series or len(series) < len(source):
        return None
    first = series[0].index
    return first if all(one.index.equals(first) for one in series[1:]) else None


def _of_arrow(
    source: Any, columns: Collection[str] | None, missing: Collection[str], passing: Passing
) -> Table:
    """A data frame of polars or Arrow."""
    name = "the data frame"
    if type(source).__module__.partition(".")[0] == "polars":
        source = _of_polars(source)
        if isinstance(source, dict):
            return table_of(source, columns, missing=missing, name=name, passing=passing)
    raw = [*source.schema.names]
    names = Names(raw, name)
    names.nameless = []
    if not raw or not source.num_rows:
        raise InvalidData(
            f"{name} has no {'rows' if raw else 'columns'}. A table needs at least one of each."
        )
    settled, notes = {}, []
    for at in _wanted(names, columns, passing):
        settled[at] = settle_arrow(source.column(at), names.names[at], name, missing)
        notes += zone_notes(source.schema.field(at).type, names.names[at])
    passed = {}
    for at in passing.places(names.names):
        column = source.column(at)
        passed[at] = of_arrow(getattr(column, "chunks", [column]), column.type)
    return assemble(
        name,
        names,
        settled,
        source.num_rows,
        kept=frozenset(names.names),
        notes=notes,
        passed=passed,
    )


def _of_polars(source: Any) -> Any:
    """A table of Arrow; without pyarrow, a dict of NumPy arrays."""
    if hasattr(source, "collect"):
        source = source.collect()
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return {name: _cells_of(source.get_column(name)) for name in source.columns}
    return _narrowed(source).to_arrow()


def _narrowed(source: Any) -> Any:
    """Integers of 128 bits, which Arrow lacks, as decimals; as digits where that is too narrow."""
    wide = [name for name, kind in source.schema.items() if str(kind) in ("Int128", "UInt128")]
    for name in wide:
        import polars

        column = source.get_column(name)
        digits = column.abs().cast(polars.String).str.len_chars().max() or 0
        kind = polars.Decimal(38, 0) if digits <= 38 else polars.String
        source = source.with_columns(column.cast(kind))
    return source


def _cells_of(column: Any) -> Any:
    """A column of polars without Arrow; gaps must not make other numbers of whole ones."""
    if str(column.dtype).startswith(("Categorical", "Enum")):
        import pandas as pd

        return pd.Categorical(column.to_list())
    wide = column.null_count() or str(column.dtype).endswith("128")
    exact = column.dtype.is_integer() and wide
    return column.to_list() if exact or column.dtype.is_decimal() else column.to_numpy()


def _indexed(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """The frame without its index; an index with a name becomes a column."""
    labels = [one for one in frame.index.names if one is not None]
    if not labels or frame.index.nlevels != len(labels):
        return frame
    if any(label in frame.columns for label in labels):
        return frame
    listed = ", ".join(repr(str(label)) for label in labels)
    notes.append(f"The index {listed} of the data frame became a column.")
    return frame.reset_index()


def _columns(source: Mapping[Any, Any]) -> list[pd.Series]:
    import pandas as pd

    series = []
    for name, values in source.items():
        if isinstance(values, str) or not hasattr(values, "__len__"):
            raise InvalidArgument(
                f"column {name!r} must be a sequence of cells, received {brief(values)}. For one "
                "row, make each column a single value."
            )
        if getattr(values, "ndim", 1) != 1:
            raise InvalidArgument(
                f"column {name!r} must be one-dimensional, received shape {values.shape}. Give "
                "each of its columns a name, or pass it alone: train(X, y)."
            )
        series.append(values if isinstance(values, pd.Series) else _series(values))
    lengths = {str(name): len(values) for name, values in source.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidData(
            f"the columns must have the same length, received {brief(lengths)}. Pass one cell for "
            "each row."
        )
    return series


def _series(values: Any) -> pd.Series:
    import pandas as pd

    if (column := _of_other_frames(values)) is not None:
        return column
    if isinstance(values, list | tuple):
        cells_of = np.empty(len(values), dtype=object)
        cells_of[:] = values
        return pd.Series(cells_of)
    return pd.Series(values)


def _of_other_frames(values: Any) -> pd.Series | None:
    """A column of Arrow or polars; pandas would make numbers of whole numbers with gaps."""
    package = type(values).__module__.partition(".")[0]
    if package == "polars" and hasattr(values, "to_arrow"):
        try:
            values = values.to_arrow()
        except ImportError:
            return None
        package = "pyarrow"
    if package != "pyarrow" or not hasattr(values, "type"):
        return None
    return of_arrow(getattr(values, "chunks", [values]), values.type)


def settle_series(
    series: pd.Series, column: str, table: str, missing: Collection[str]
) -> cells.Settled:
    """A column of a data frame as numbers, booleans, dates or text."""
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        found = settle_series(series.astype(object), column, table, missing)
        found.said = "category"
        return found
    if isinstance(series.dtype, pd.SparseDtype):
        series = pd.Series(np.asarray(series))
    if isinstance(series.dtype, pd.PeriodDtype):
        try:
            series = series.dt.to_timestamp()
        except (ValueError, OverflowError):
            return cells.Settled(period_texts(series))
    if isinstance(series.dtype, pd.ArrowDtype):
        import pyarrow as pa

        return settle_arrow(pa.array(series), column, table, missing)
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    elif isinstance(series.dtype, pd.IntervalDtype):
        series = series.astype(str)
    if pd.api.types.is_bool_dtype(series.dtype):
        return settle_booleans(series.to_numpy(object), series.isna().to_numpy())
    kind: str = getattr(series.dtype, "kind", "O")
    if kind in "iuf":
        return _numbers(series)
    if kind == "M":
        return settle_dates(series.to_numpy())
    if kind == "m":
        return cells.Settled(series.dt.total_seconds().to_numpy(), note=cells.IN_SECONDS)
    if pd.api.types.is_string_dtype(series.dtype) and series.dtype != object:
        text = cells.missing_text(series.reset_index(drop=True), missing)
        return cells.Settled(text, said="text")
    if kind == "c":
        parts = "use one column for the real and one for the imaginary part"
        return cells.unread(len(series), "complex numbers", parts)
    return settle_objects(series.tolist(), column, table, told=missing)


def _numbers(series: pd.Series) -> cells.Settled:
    """Whole numbers, ``float32`` or ``float64``; not copied if it is one of these already."""
    if series.dtype.kind in "iu" and not isinstance(series.dtype, np.dtype):
        return cells.Settled(whole.with_gaps(*whole.taken_apart(series.array)))
    if series.hasnans or not isinstance(series.dtype, np.dtype):
        kind = np.float32 if str(series.dtype).lower() in ("float32", "float16") else np.float64
        values = series.to_numpy(kind, na_value=np.nan) if series.hasnans else series.to_numpy(kind)
    else:
        values = series.to_numpy()
        if values.dtype.kind in "iu":
            values = whole.with_gaps(values.astype(_exactly(values), copy=False), None)
        elif values.dtype == np.float16:
            values = values.astype(np.float32)
        elif values.dtype.itemsize > 8:
            values = values.astype(np.float64)
    if values.dtype.kind == "f" and np.isinf(values).any():
        values = values.copy()
    return cells.Settled(values, infinite=cells.drop_infinite(values))


def _exactly(values: NDArray[Any]) -> type[np.integer[Any]]:
    return np.uint64 if values.dtype == np.uint64 else np.int64
