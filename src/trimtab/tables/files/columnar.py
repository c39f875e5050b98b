"""Parquet and Feather files, one column at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files.arrow import settle_arrow, settle_parts, zone_notes
from trimtab.tables.files.assembly import Names, assemble
from trimtab.tables.files.passing.passing import NOTHING, Passing, of_arrow
from trimtab.tables.files.table import Guess, NoRows, Table

if TYPE_CHECKING:
    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.sources import Source

__all__ = ["Reader"]


class Reader:
    """Reads Parquet and Feather (Arrow) files."""

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
            raise InvalidData(f"{name} has no columns. A table needs at least one.")
        self._names = Names([*self._file.schema.names], name)
        self._names.nameless = [
            at for at in self._names.nameless if self._file.schema.names[at].strip() == ""
        ]
        # The index that pandas writes beside the columns.
        self._hidden = {
            at for at, one in enumerate(self._names.names) if one.startswith("__index_level_")
        }

    def _wanted(self, columns: Collection[str] | None, passing: Passing) -> list[int]:
        return [
            at
            for at, name in enumerate(self._names.names)
            if ((columns is None and at not in self._hidden) or (columns and name in columns))
            and passing.reads(name)
        ]

    def whole(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        passing: Passing = NOTHING,
    ) -> Table:
        """All rows."""
        import pyarrow as pa

        notes = [*self._notes]
        if self._hidden and columns is None:
            notes.append("The index that pandas wrote into the file is left out.")
        rows = self._file.rows
        if not rows:
            raise NoRows(f"{self._source.name} has columns but no rows. Add rows.")
        settled = {}
        categoricals = _categoricals(self._file.schema)
        passed = {}
        for at in passing.places(self._names.names, self._hidden):
            try:
                parts = [*self._file.column(at)]
            except (pa.ArrowException, OSError) as problem:
                raise _damaged(self._source.name, problem) from None
            passed[at] = of_arrow(parts, self._file.schema.field(at).type)
        for at in self._wanted(columns, passing):
            kind = self._file.schema.field(at).type
            called = self._names.names[at]
            try:
                settled[at] = settle_parts(
                    self._file.column(at), kind, rows, called, self._source.name, self._missing
                )
            except (pa.ArrowException, OSError) as problem:
                raise _damaged(self._source.name, problem) from None
            if self._file.schema.names[at] in categoricals:
                settled[at].said = "category"
            notes += zone_notes(kind, called)
            pa.default_memory_pool().release_unused()
        return assemble(
            self._source.name,
            self._names,
            settled,
            rows,
            kept=frozenset([*text, *(columns or ())]),
            guesses=self._guesses,
            notes=notes,
            passed=passed,
        )

    def parts(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        rows: int,
        passing: Passing = NOTHING,
    ) -> Iterator[Table]:
        """The rows in chunks."""
        import pyarrow as pa

        wanted = self._wanted(columns, passing)
        handed = passing.places(self._names.names, self._hidden)
        kept = frozenset([*text, *(columns or ())])
        count = 0
        needed = sorted({*wanted, *handed})
        batches = self._file.batches(needed, rows)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as problem:
                raise _damaged(self._source.name, problem) from None
            if batch is None:
                break
            raw = {at: batch.column(needed.index(at)) for at in handed}
            settled = {
                at: settle_arrow(
                    batch.column(needed.index(at)),
                    self._names.names[at],
                    self._source.name,
                    self._missing,
                )
                for at in wanted
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
                passed={at: of_arrow([column], column.type) for at, column in raw.items()},
            )
            count += batch.num_rows
        if not count:
            raise NoRows(f"{self._source.name} has columns but no rows. Add rows.")


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
        # Each batch knows how many rows it has: reading one column is enough.
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


def _categoricals(schema: Any) -> set[str]:
    """Columns that pandas says were of type category; Parquet has it for text alone."""
    try:
        columns = (schema.pandas_metadata or {}).get("columns", [])
        return {one["name"] for one in columns if one["pandas_type"] == "categorical"}
    except (ValueError, KeyError, TypeError, AttributeError):  # written by something else
        return set()


def _damaged(name: str, problem: Exception) -> InvalidData:
    said = str(problem).splitlines()[0].rstrip(".")
    return InvalidData(f"{name} is damaged or truncated: {said}. Write or download it again.")
