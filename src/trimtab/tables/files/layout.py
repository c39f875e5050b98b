"""The layout of a text file, from its beginning: dialect, column names, first rows."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from shlex import quote as typed

from trimtab.errors import InvalidData
from trimtab.tables.files.dialect import (
    Dialect,
    decimal_example,
    delimiter_name,
    detect_decimal,
    detect_delimiter,
    detect_quote,
    doubtful_column,
)
from trimtab.tables.files.table import Guess

__all__ = ["Layout", "lay_out"]

#: Rows from which the layout is detected.
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Layout:
    """The layout of a text file.

    Args:
        dialect: How its fields are written.
        guesses: Settings that were detected or given.
        notes: What was changed without being asked, a sentence each.
        names: The column names, as in the file.
        skip: Lines before the first row of values.
        rows: The fields of the first rows.
    """

    dialect: Dialect
    guesses: list[Guess]
    notes: list[str]
    names: list[str]
    skip: int
    rows: list[list[str]]


def lay_out(
    text: str,
    name: str,
    *,
    whole: bool,
    delimiter: str | None = None,
    decimal: str | None = None,
    quote: str | None = None,
) -> Layout:
    """Detects the layout of a text file.

    Args:
        text: The beginning of the file, with lines ending in a line feed.
        name: What messages call the file.
        whole: Whether that is the whole file.
        delimiter: The delimiter, if given.
        decimal: The decimal mark, if given.
        quote: The quote, if given.

    Raises:
        InvalidData: The file has no line of names, or a given setting does not fit.
    """
    lines = text.splitlines(keepends=True) if "\n" not in text else _lines(text)
    if not whole and len(lines) > 1 and not lines[-1].endswith("\n"):
        lines = lines[:-1]  # incomplete
    blank = next((at for at, line in enumerate(lines) if line.strip()), None)
    if blank is None:
        raise InvalidData(f"{name} has only blank lines. Pass a file with a table.")
    lines, skip = lines[blank:], blank
    notes: list[str] = []
    if (stated := re.fullmatch(r"sep=(.)\s*", lines[0])) is not None:
        delimiter = delimiter or stated[1]
        lines, skip = lines[1:], skip + 1
        notes.append(f"The first line, which states the delimiter {stated[1]!r}, is left out.")
        if not any(line.strip() for line in lines):
            raise InvalidData(
                f"{name} states its delimiter and has no other lines. Pass a file with a table."
            )
    some = lines[: _LOOKED_AT + 1]
    marker, quoted = detect_quote(quote, some)
    dialect = detect_delimiter(delimiter, some, marker)
    rows, used = _records(dialect, lines)
    names, rows = rows[0], rows[1:]
    mark = detect_decimal(decimal, dialect, rows)
    dialect = Dialect(dialect.delimiter, marker, mark, dialect.blank_after, dialect.aligned)
    guesses = [
        Guess("delimiter", delimiter_name(dialect), delimiter is not None),
        Guess("decimal mark", decimal_example(dialect, rows), decimal is not None),
    ]
    if quoted or quote is not None:
        guesses.append(Guess("quote", repr(marker) if marker else "none", quote is not None))
    doubtful = doubtful_column(dialect, rows) if decimal is None else None
    if doubtful is not None and dialect.delimiter != ",":
        at, cell = doubtful
        other = "," if mark == "." else "."
        notes.append(
            f"Column {names[at].strip()!r}: {cell!r} is read as {float(cell.replace(',', '.')):g}. "
            f"If the {'point' if mark == '.' else 'comma'} separates thousands, use --decimal "
            f"{typed(other)}."
        )
    if dialect.blank_after:
        notes.append("A blank follows every delimiter and is not part of the fields.")
    return Layout(dialect, guesses, notes, names, skip + used, rows)


def _lines(text: str) -> list[str]:
    """Lines that end in a line feed; ``splitlines`` would also split at rarer characters."""
    return [*io.StringIO(text, newline="\n")]


def _records(dialect: Dialect, lines: list[str]) -> tuple[list[list[str]], int]:
    """The first rows, without blank lines, and the number of lines up to the end of the first."""
    reader = dialect.reader(iter(lines))
    rows: list[list[str]] = []
    used = 0
    try:
        for row in reader:
            if not any(field.strip() for field in row) and len(row) < 2:
                continue
            rows.append(dialect.trimmed(row))
            used = used or reader.line_num
            if len(rows) > _LOOKED_AT:
                break
    except csv.Error:  # a field of more than 128 KiB: reading the rows says where
        pass
    return rows, used
