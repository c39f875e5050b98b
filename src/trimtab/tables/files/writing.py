"""Writing tables chunk by chunk: CSV, TSV, JSON lines, Parquet and Feather, by extension.

A file gets its name once it is complete: if writing fails, no incomplete file is left, and an
earlier file of that name stays as it was.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from trimtab.core import checks
from trimtab.core.replacing import replacing
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files.passing.column_text import as_json, as_text, typed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["checked_output", "delimited", "writer"]

#: Writes the next rows.
Write = Callable[["pd.DataFrame"], None]
#: Makes a writer of Arrow tables from pyarrow, the file and the schema.
Start = Callable[[Any, BinaryIO, Any], Any]

_PACKED = ".gz"


def checked_output(path: str | os.PathLike[str]) -> Path:
    """The path of a table to write.

    Raises:
        InvalidArgument: The extension is of no known format, the path is a folder or in a folder
            that does not exist, or the format needs a package that is not installed.

    Example:
        >>> checked_output("predictions.docx")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: 'predictions.docx': tables are written as '.csv', '.tsv', \
'.jsonl', '.parquet', '.feather' (text also as '.csv.gz'). Use one of these extensions.
    """
    path = Path(path)
    kind, packed = _kind(path)
    if kind not in _FORMATS or (packed and kind in _BINARY):
        raise InvalidArgument(
            f"{str(path)!r}: tables are written as {checks.listing(_FORMATS)} (text also as "
            "'.csv.gz'). Use one of these extensions."
        )
    if kind in _BINARY:
        _pyarrow(path.name)
    if path.is_dir():
        raise InvalidArgument(f"{str(path)!r} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise InvalidArgument(
            f"there is no folder {str(path.parent)!r} to write {path.name!r} into. Make it first."
        )
    return path


@contextmanager
def writer(path: Path) -> Iterator[Write]:
    """Yields a function that writes the next rows of a table.

    Args:
        path: A path from :func:`checked_output`.

    Raises:
        InvalidData: Later rows do not fit the type of a column in this file.
    """
    kind, packed = _kind(path)
    with replacing(path) as file:
        stream: AbstractContextManager[Any] = (
            gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0)
            if packed
            else nullcontext(file)
        )
        with stream as target, _FORMATS[kind](target, path.name) as write:
            yield write


def delimited(frame: pd.DataFrame, *, header: bool, delimiter: str = ",") -> str:
    """Rows as text; every cell with enough digits to restore it exactly.

    Raises:
        InvalidData: Cells are bytes that are no text.
    """
    import pandas as pd

    def written() -> str:
        text: str = plain.to_csv(index=False, header=header, sep=delimiter, lineterminator="\n")
        return text

    plain = pd.DataFrame({name: as_text(frame[name]) for name in frame.columns})
    text = written()
    if "\r" not in text:
        return text
    # Python writes a lone carriage return without quotes, and readers end a row there. With a line
    # feed before it, the cell has quotes.
    mark = next(sign for sign in map(chr, range(0xE000, 0xF900)) if sign not in text)
    for name in plain.columns:
        if plain[name].dtype.kind != "O":
            continue
        cells = plain[name].astype(object)
        plain[name] = [
            cell.replace("\r", f"\n{mark}") if isinstance(cell, str) else cell for cell in cells
        ]
    return written().replace(f"\n{mark}", "\r")


def _kind(path: Path) -> tuple[str, bool]:
    """The extension of the format, and whether the file is compressed."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [_PACKED]
    kind = (suffixes[:-1] if packed else suffixes)[-1:] or [""]
    return {".ndjson": ".jsonl", ".arrow": ".feather"}.get(kind[0], kind[0]), packed


def _pyarrow(name: str) -> Any:
    try:
        import pyarrow
    except ImportError:
        raise InvalidArgument(
            f"{name}: writing this format needs pyarrow: pip install 'trimtab[files]'."
        ) from None
    return pyarrow


@contextmanager
def _delimited(file: BinaryIO, delimiter: str) -> Iterator[Write]:
    header = True

    def write(frame: pd.DataFrame) -> None:
        nonlocal header
        file.write(delimited(frame, header=header, delimiter=delimiter).encode())
        header = False

    yield write


@contextmanager
def _lines(file: BinaryIO, name: str) -> Iterator[Write]:
    def write(frame: pd.DataFrame) -> None:
        names = [json.dumps(str(name), ensure_ascii=False) for name in frame.columns]
        columns = [as_json(frame[column]) for column in frame.columns]
        for row in zip(*columns, strict=True):
            pairs = ", ".join(map(": ".join, zip(names, row, strict=True)))
            file.write(f"{{{pairs}}}\n".encode())

    yield write


@contextmanager
def _arrow(
    file: BinaryIO, name: str, start: Callable[[Any, BinaryIO, Any], Any]
) -> Iterator[Write]:
    """Columns keep the types of the first rows."""
    pyarrow = _pyarrow(name)
    schema: Any = None
    target: Any = None

    def write(frame: pd.DataFrame) -> None:
        nonlocal schema, target
        untyped = [name for name in frame.columns if frame[name].dtype == object]
        frame = frame.assign(**{name: typed(frame[name]) for name in untyped})
        try:
            table = pyarrow.Table.from_pandas(frame, schema=schema, preserve_index=False)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as problem:
            raise InvalidData(
                f"{name}: the type of a column changes between rows "
                f"({'; '.join(map(str, problem.args))}). Write CSV, which has no types."
            ) from None
        if target is None:
            schema = pyarrow.schema(
                [_text(pyarrow, each) if each.name in untyped else each for each in table.schema]
            )
            try:
                target = start(pyarrow, file, schema)
            except pyarrow.ArrowNotImplementedError as problem:
                raise InvalidData(
                    f"{name}: this format has no such type ({'; '.join(map(str, problem.args))}). "
                    "Write Feather, which has all types of Arrow: --out predictions.feather."
                ) from None
        target.write_table(table.cast(schema))

    try:
        yield write
    finally:
        if target is not None:
            target.close()


def _text(pyarrow: Any, column: Any) -> Any:
    """A column with only missing cells so far becomes text."""
    empty = pyarrow.types.is_null(column.type)
    return pyarrow.field(column.name, pyarrow.string() if empty else column.type)


def _parquet(pyarrow: Any, file: BinaryIO, schema: Any) -> Any:
    from pyarrow import parquet

    return parquet.ParquetWriter(file, schema)


def _feather(pyarrow: Any, file: BinaryIO, schema: Any) -> Any:
    return pyarrow.ipc.new_file(file, schema)


_FORMATS: dict[str, Callable[[BinaryIO, str], AbstractContextManager[Write]]] = {
    ".csv": lambda file, name: _delimited(file, ","),
    ".tsv": lambda file, name: _delimited(file, "\t"),
    ".jsonl": _lines,
    ".parquet": lambda file, name: _arrow(file, name, _parquet),
    ".feather": lambda file, name: _arrow(file, name, _feather),
}
_BINARY = (".parquet", ".feather")
