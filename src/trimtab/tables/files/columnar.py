"""Parquet, Feather and other tables of Arrow, one column at a time.

A column is copied once, from the part of the file that holds it into the array that stays: a large
table takes the memory of its columns and little more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files import cells
from trimtab.tables.files.assembly import Names, assemble
from trimtab.tables.files.table import Guess, Table

if TYPE_CHECKING:
    import pyarrow as pa

    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.sources import Source

__all__ = ["Reader", "settle", "table_of"]

#: A column, in parts that come one after the other.
Parts = Callable[[int], "Iterator[pa.Array]"]


class Reader:
    """Reads Parquet and Feather."""

    def __init__(
        self, source: Source, options: ReadOptions, guesses: list[Guess], notes: list[str]
    ) -> None:
        self._source = source
        self._missing = options.missing
        self._guesses = guesses
        self._notes = notes
        name = source.name
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise InvalidArgument(
                f"{name} is {guesses[0].value}, which needs pyarrow: pip install 'trimtab[files]'."
            ) from None
        import pyarrow as pa

        opener = _Parquet if source.head().startswith(b"PAR1") else _Feather
        try:
            self._file: Any = opener(source)
        except (pa.ArrowException, OSError) as problem:
            raise _damaged(name, problem) from None
        if not len(self._file.schema):
            raise InvalidData(f"{name} has no columns. Write the table again.")
        self._names = Names([*self._file.schema.names], name)
        self._names.nameless = [
            at for at in self._names.nameless if self._file.schema.names[at].strip() == ""
        ]
        # The index that pandas writes beside the columns.
        self._hidden = {
            at for at, one in enumerate(self._names.names) if one.startswith("__index_level_")
        }

    def _wanted(self, columns: Collection[str] | None) -> list[int]:
        return [
            at
            for at, name in enumerate(self._names.names)
            if (columns is None and at not in self._hidden) or (columns and name in columns)
        ]

    def whole(self, text: Collection[str], columns: Collection[str] | None) -> Table:
        """All rows."""
        import pyarrow as pa

        notes = [*self._notes]
        if self._hidden and columns is None:
            notes.append("The index that pandas wrote into the file: left out.")
        rows = self._file.rows
        if not rows:
            raise InvalidData(f"{self._source.name} has columns and no rows. Add rows of values.")
        settled = {}
        for at in self._wanted(columns):
            kind = self._file.schema.field(at).type
            called = self._names.names[at]
            try:
                settled[at] = _settle(
                    self._file.column(at), kind, rows, called, self._source.name, self._missing
                )
            except (pa.ArrowException, OSError) as problem:
                raise _damaged(self._source.name, problem) from None
            notes += _zoned(kind, called)
            pa.default_memory_pool().release_unused()
        return assemble(
            self._source.name,
            self._names,
            settled,
            rows,
            kept=frozenset([*text, *(columns or ())]),
            guesses=self._guesses,
            notes=notes,
        )

    def parts(
        self, text: Collection[str], columns: Collection[str] | None, rows: int
    ) -> Iterator[Table]:
        """The rows in parts."""
        import pyarrow as pa

        wanted = self._wanted(columns)
        kept = frozenset([*text, *(columns or ())])
        count = 0
        batches = self._file.batches(wanted, rows)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as problem:
                raise _damaged(self._source.name, problem) from None
            if batch is None:
                break
            settled = {
                at: settle(
                    batch.column(place), self._names.names[at], self._source.name, self._missing
                )
                for place, at in enumerate(wanted)
            }
            yield assemble(
                self._source.name,
                self._names,
                settled,
                batch.num_rows,
                kept=kept,
                guesses=self._guesses,
                notes=() if count else self._notes,
                first_row=count,
                quiet=count > 0,
            )
            count += batch.num_rows
        if not count:
            raise InvalidData(f"{self._source.name} has columns and no rows. Add rows of values.")


class _Parquet:
    def __init__(self, source: Source) -> None:
        from pyarrow import parquet

        self._file = parquet.ParquetFile(source.path, memory_map=False, pre_buffer=False)
        self.schema = self._file.schema_arrow
        self.rows = self._file.metadata.num_rows

    def column(self, at: int) -> Iterator[Any]:
        for group in range(self._file.num_row_groups):
            table = self._file.read_row_group(group, columns=[self.schema.names[at]])
            yield from table.column(0).chunks

    def batches(self, wanted: list[int], rows: int) -> Iterator[Any]:
        names = [self.schema.names[at] for at in wanted]
        for batch in self._file.iter_batches(batch_size=rows, columns=names):
            yield batch.select(names)


class _Feather:
    def __init__(self, source: Source) -> None:
        import pyarrow as pa

        self._path = str(source.path)
        self._stream = not source.head().startswith(b"ARROW1")
        opener = pa.ipc.open_stream if self._stream else pa.ipc.open_file
        with pa.OSFile(self._path) as file, opener(file) as reader:
            self.schema = reader.schema
        # Each batch says how many rows it has: one column of them tells.
        self.rows = sum(batch.num_rows for batch in self._batches([0])) if len(self.schema) else 0

    def _batches(self, wanted: list[int]) -> Iterator[Any]:
        import pyarrow as pa

        options = pa.ipc.IpcReadOptions(included_fields=wanted)
        with pa.OSFile(self._path) as file:
            if self._stream:
                with pa.ipc.open_stream(file, options=options) as reader:
                    yield from reader
            else:
                with pa.ipc.open_file(file, options=options) as reader:
                    for at in range(reader.num_record_batches):
                        yield reader.get_batch(at)

    def column(self, at: int) -> Iterator[Any]:
        for batch in self._batches([at]):
            yield batch.column(0)

    def batches(self, wanted: list[int], rows: int) -> Iterator[Any]:
        names = [self.schema.names[at] for at in wanted]
        for batch in self._batches(wanted):
            ordered = batch.select(names)
            for first in range(0, batch.num_rows, rows):
                yield ordered.slice(first, rows)


def table_of(
    source: Any,
    columns: Collection[str] | None = None,
    *,
    missing: Collection[str] = (),
) -> Table:
    """A table of polars or Arrow that is in memory."""
    name = "the data frame"
    if type(source).__module__.partition(".")[0] == "polars":
        source = _of_polars(source)
        if isinstance(source, dict):
            from trimtab.tables.files import frames

            return frames.table_of(source, columns, missing=missing, name=name)
    raw = [*source.schema.names]
    names = Names(raw, name)
    names.nameless = []
    if not raw or not source.num_rows:
        raise InvalidData(f"{name} has no {'rows' if raw else 'columns'}. Give it some.")
    wanted = [at for at, one in enumerate(names.names) if columns is None or one in columns]
    settled, notes = {}, []
    for at in wanted:
        settled[at] = settle(source.column(at), names.names[at], name, missing)
        notes += _zoned(source.schema.field(at).type, names.names[at])
    return assemble(name, names, settled, source.num_rows, kept=frozenset(names.names), notes=notes)


def _of_polars(source: Any) -> Any:
    """As a table of Arrow; without pyarrow, columns of NumPy."""
    if hasattr(source, "collect"):
        source = source.collect()
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return {name: source.get_column(name).to_numpy() for name in source.columns}
    return source.to_arrow()


def settle(
    column: pa.Array | pa.ChunkedArray, name: str, table: str, missing: Collection[str] = ()
) -> cells.Settled:
    """A column of Arrow, whatever it holds."""
    chunks = getattr(column, "chunks", None)
    parts = iter([column] if chunks is None else chunks)
    return _settle(parts, column.type, len(column), name, table, missing)


def _settle(
    parts: Iterator[Any], kind: Any, rows: int, name: str, table: str, missing: Collection[str]
) -> cells.Settled:
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        plain = kind.value_type
        decoded = (part.dictionary_decode() for part in parts)
        return _settle(decoded, plain, rows, name, table, missing)
    if types.is_floating(kind):
        width = np.float64 if kind == pa.float64() else np.float32
        return _numbers(parts, rows, width)
    if types.is_integer(kind):
        return _whole_numbers(parts, rows)
    if types.is_decimal(kind) or types.is_null(kind):
        return _numbers((part.cast(pa.float64()) for part in parts), rows, np.float64)
    if types.is_boolean(kind):
        return _booleans(parts)
    if types.is_timestamp(kind) or types.is_date(kind):
        return _moments(parts, rows, name, table)
    if types.is_duration(kind) or types.is_time(kind):
        return _numbers(_seconds(parts, kind), rows, np.float64)
    if _is_text(kind):
        return _text(parts, missing)
    raise InvalidData(
        f"{table}: column {name!r} holds {kind} in each cell. A cell must be a number, text, a "
        f"date or a boolean: spread it over columns of its own, or leave the column out."
    )


def _is_text(kind: Any) -> bool:
    return str(kind) in ("string", "large_string", "string_view")


def _numbers(parts: Iterator[Any], rows: int, dtype: Any) -> cells.Settled:
    values = np.empty(rows, dtype)
    at = infinite = 0
    for part in parts:
        values[at : at + len(part)] = part.to_numpy(zero_copy_only=False)
        infinite += cells.drop_infinite(values[at : at + len(part)])
        at += len(part)
    return cells.Settled(values[:at], Counter(), infinite)


def _whole_numbers(parts: Iterator[Any], rows: int) -> cells.Settled:
    """``int64``; ``float64`` from where one is missing or too large."""
    values: Any = np.empty(rows, np.int64)
    at = 0
    for part in parts:
        block = part.to_numpy(zero_copy_only=False)
        large = block.dtype == np.uint64 and len(block) and block.max() >= 2**63
        if values.dtype == np.int64 and (large or block.dtype.kind == "f"):
            values = values.astype(np.float64)
        values[at : at + len(part)] = block
        at += len(part)
    return cells.Settled(values[:at])


def _booleans(parts: Iterator[Any]) -> cells.Settled:
    import pandas as pd

    joined = np.concatenate(
        [part.to_numpy(zero_copy_only=False) for part in parts] or [np.empty(0, bool)]
    )
    if joined.dtype == bool:
        return cells.Settled(pd.Series(joined))
    return cells.settle_booleans(joined, np.asarray(pd.isna(joined)))


def _moments(parts: Iterator[Any], rows: int, name: str, table: str) -> cells.Settled:
    import pyarrow as pa

    values = np.empty(rows, "datetime64[ns]")
    at = 0
    for part in parts:
        try:
            exact = part.cast(pa.timestamp("ns"))
        except pa.ArrowInvalid:
            raise cells.far_off(name, table) from None
        values[at : at + len(part)] = exact.to_numpy(zero_copy_only=False)
        at += len(part)
    return cells.Settled(values[:at])


def _seconds(parts: Iterator[Any], kind: Any) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    units = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
    per_second = units[kind.unit]
    whole = pa.int32() if str(kind).startswith("time32") else pa.int64()
    for part in parts:
        yield pc.divide(part.cast(whole).cast(pa.float64()), per_second)


def _text(parts: Iterator[Any], missing: Collection[str]) -> cells.Settled:
    import pandas as pd

    pieces = [part.to_pandas() for part in parts]
    text = pd.concat(pieces, ignore_index=True) if pieces else pd.Series([], dtype=object)
    return cells.Settled(cells.missing_text(text, missing))


def _zoned(kind: Any, name: str) -> list[str]:
    zone = getattr(kind, "tz", None)
    return (
        [f"Moments of {name!r} are taken in UTC, not {zone}."] if zone not in (None, "UTC") else []
    )


def _damaged(name: str, problem: Exception) -> InvalidData:
    said = str(problem).splitlines()[0].rstrip(".")
    return InvalidData(f"{name} is damaged or cut off: {said}. Write or fetch it again.")
