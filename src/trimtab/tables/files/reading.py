"""Reading tables: files of the usual formats, data frames, the tables that ship with trimtab."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from trimtab.core import checks
from trimtab.core.named_arguments import named_arguments
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files import signatures, sources
from trimtab.tables.files.named import SHIPPED, Shipped
from trimtab.tables.files.numbers.number_forms import NumberForm
from trimtab.tables.files.passing.passing import NOTHING, Passing
from trimtab.tables.files.read_options import ReadOptions, reading
from trimtab.tables.files.several import combining
from trimtab.tables.files.several.endings import CALLED, ENDINGS
from trimtab.tables.files.several.several import files_of
from trimtab.tables.files.table import Guess, Table
from trimtab.tables.files.written_numbers import settle_written

if TYPE_CHECKING:
    from trimtab.tables.files.sources import Source

__all__ = ["SHIPPED", "Shipped", "read", "read_chunks"]

T = TypeVar("T")

#: Format -> the module that reads it.
_READERS = {
    "csv": "trimtab.tables.files.textfile",
    "parquet": "trimtab.tables.files.columnar",
    "feather": "trimtab.tables.files.columnar",
    "excel": "trimtab.tables.files.excel",
    "jsonl": "trimtab.tables.files.jsonl",
}

#: Option -> the formats that have it.
_ONLY_FOR = {
    "delimiter": ("csv",),
    "decimal": ("csv",),
    "quote": ("csv",),
    "encoding": ("csv", "jsonl"),
    "sheet": ("excel",),
}

#: Formats that are read from beginning to end; the others need a file to jump about in.
_STREAMED = ("csv", "jsonl")


@named_arguments
def read(
    source: Any,
    options: ReadOptions | None = None,
    *,
    text: Collection[str] = (),
    columns: Collection[str] | None = None,
    passing: Passing = NOTHING,
    numbers: Mapping[str, str] | None = None,
) -> Table:
    """Reads a whole table. Format, delimiter, encoding and the like are detected.

    Args:
        source: A path, ``"-"`` for standard input, the name of a table that ships with trimtab
            (unless there is a file of that name), a data frame of pandas, polars or Arrow, a dict
            of columns, a list of rows (dicts, or cells in the order of the columns), or an array. A
            folder, a pattern (``"sales/*.csv"``) or a list of paths is one table in several files
            with the same columns; folders named ``year=2024`` add columns.
        options: How to read a file, instead of detecting it.
        text: Columns to keep as text, exactly as in the file. Data in memory keeps its types.
        columns: Columns to read; names that the source lacks are ignored. None: all.
        passing: Columns to hand over as they are, in ``passed``.
        numbers: Column -> how its numbers are written, by an example: ``{"price": "1.234,5 €"}``.
            Detected for other columns.

    Returns:
        The table, with what was detected in its ``guesses`` and ``notes``.

    Raises:
        InvalidData: The file cannot be read without changing it. The message names file, line and
            value.

    Example:
        >>> import trimtab
        >>> wine = trimtab.tables.read("red-wine", columns=["alcohol", "quality"])
        >>> len(wine), wine.frame.dtypes.astype(str).to_dict()
        (1599, {'alcohol': 'float64', 'quality': 'int64'})
    """
    options = reading(options)
    columns = _names(columns, None)
    text = _names(text, ())
    forms = {name: NumberForm.of(example) for name, example in (numbers or {}).items()}
    kept = {*text, *forms} if forms else text
    one = functools.partial(_read_file, options)
    if (files := files_of(source)) is not None:
        table = combining.whole(files, one, kept, columns, options.missing, passing)
    elif not isinstance(source, str | os.PathLike):
        table = _frame(source, options, columns, passing)
    elif _shipped(source):
        shipped = SHIPPED[str(source)].load()
        table = _frame(shipped, options, columns, passing, name=str(source), from_lines=True)
    else:
        table = one(source, kept, columns, passing)
    categories = {name for name, kind in table.said.items() if kind == "category"}
    settle_written(table, [name for name in table.frame if name in {*text, *categories}], forms)
    return table


@named_arguments
def read_chunks(
    source: Any,
    options: ReadOptions | None = None,
    *,
    text: Collection[str] = (),
    columns: Collection[str] | None = None,
    rows: int = 100_000,
    passing: Passing = NOTHING,
) -> Iterator[Table]:
    """Reads a table in chunks, in memory that does not grow with the file.

    Settings are detected from the beginning of the file. The type of a column is decided chunk by
    chunk: a single cell of text makes its column text in that chunk only.

    Args:
        source: As for :func:`read`.
        options: How to read a file, instead of detecting it.
        text: Columns to keep as text.
        columns: Columns to read. None: all.
        rows: The most rows of a chunk.
        passing: Columns to hand over as they are.

    Yields:
        The chunks, in order.

    Raises:
        InvalidData: As for :func:`read`; a bad row is refused when its chunk is read.

    Example:
        >>> import trimtab
        >>> [len(chunk) for chunk in trimtab.tables.read_chunks("red-wine", rows=1000)]
        [1000, 599]
    """
    options = reading(options)
    columns = _names(columns, None)
    text = _names(text, ())
    checks.positive_integer("rows", rows)
    parts = functools.partial(_file_parts, options, text, columns, rows, passing)
    if (files := files_of(source)) is not None:
        for table in combining.chunks(files, parts, columns, passing):
            _settle_part(table, text)
            yield table
        return
    if isinstance(source, str | os.PathLike) and not _shipped(source):
        for table in parts(source):
            _settle_part(table, text)
            yield table
        return
    table = read(source, options, text=text, columns=columns, passing=passing)
    for first in range(0, len(table), rows):
        yield table.part(first, min(first + rows, len(table)))


def _read_file(
    options: ReadOptions,
    source: str | os.PathLike[str],
    text: Collection[str],
    columns: Collection[str] | None,
    passing: Passing = NOTHING,
) -> Table:
    with sources.located(source, options.compression) as file, _opened(file, options) as reader:
        table: Table = reader.whole(text, columns, passing)
    return table


def _file_parts(
    options: ReadOptions,
    text: Collection[str],
    columns: Collection[str] | None,
    rows: int,
    passing: Passing,
    source: str | os.PathLike[str],
) -> Iterator[Table]:
    with sources.located(source, options.compression) as file, _opened(file, options) as reader:
        yield from reader.parts(text, columns, rows, passing)


def _settle_part(table: Table, text: Collection[str]) -> None:
    kept = [name for name in map(str, table.frame) if name in text]
    settle_written(table, kept, sure=True)


def _names(names: Any, otherwise: T) -> Collection[str] | T:
    """Names of columns; one of them needs no list, and columns may be numbered.

    Collections that are none of Python's stay: one may hold every name.
    """
    if names is None:
        return otherwise
    if isinstance(names, str) or checks.is_number(names):
        return (str(names),)
    if hasattr(names, "tolist") and getattr(names, "ndim", 0) == 1:
        names = names.tolist()
    if isinstance(names, list | tuple | set | frozenset | dict):
        return [str(name) for name in names]
    if isinstance(names, bytes) or hasattr(names, "shape") or not (isinstance(names, Collection)):
        raise InvalidArgument(
            f"columns must be a list of names, received {brief(names)}. Use ['a', 'b']."
        )
    every: Collection[str] = names
    return every


def _shipped(source: str | os.PathLike[str]) -> bool:
    return isinstance(source, str) and source in SHIPPED and not Path(source).exists()


@contextmanager
def _opened(source: Source, options: ReadOptions) -> Iterator[Any]:
    """The reader for a file's format."""
    head = source.head()
    if not head:
        raise InvalidData(f"{source.name} is empty after decompression. Compress the table again.")
    form = options.format or signatures.format_of(head, source.name)
    packing = source.compression
    with tempfile.TemporaryDirectory(prefix="trimtab-") as folder:
        if packing != "none" and form not in _STREAMED:
            path = sources.unpacked_copy(source, folder)
            source = dataclasses.replace(source, path=path, compression="none")
        guesses = [Guess("format", CALLED[form], options.format is not None)]
        if packing != "none" or options.compression is not None:
            guesses.append(Guess("compression", packing, options.compression is not None))
        notes = []
        ending = ENDINGS.get(Path(source.name).suffix.lower())
        if ending is not None and ending != form and options.format is None:
            notes.append(
                f"{source.name} holds {CALLED[form]}, although its extension says otherwise."
            )
        told = [name for name in _ONLY_FOR if getattr(options, name) is not None]
        notes += [
            f"{name} has no effect on {CALLED[form]}."
            for name in told
            if form not in _ONLY_FOR[name]
        ]
        module = importlib.import_module(_READERS[form])
        yield module.Reader(source, options, guesses, notes)


def _frame(
    source: Any,
    options: ReadOptions,
    columns: Collection[str] | None,
    passing: Passing,
    name: str | None = None,
    from_lines: bool = False,
) -> Table:
    from trimtab.tables.files import frames

    return frames.table_of(
        source,
        columns,
        missing=options.missing,
        name=name,
        from_lines=from_lines,
        passing=passing,
    )
