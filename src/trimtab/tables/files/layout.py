"""How the beginning of a text file is laid out: its dialect, names and first rows."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from trimtab.errors import InvalidData
from trimtab.tables.files.dialect import (
    Dialect,
    decimal_example,
    delimiter_name,
    detect_decimal,
    detect_delimiter,
    detect_quote,
)
from trimtab.tables.files.table import Guess

__all__ = ["Layout", "lay_out"]

#: Rows that are looked at before the way a file is written is decided.
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Layout:
    """The beginning of a text file, understood.

    Args:
        dialect: How rows stand in it.
        guesses: What was decided on the way.
        notes: What was done without being asked.
        names: The names in its first line, as they stand there.
        skip: Lines before the first row of values.
        rows: Fields of the first rows.
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
    """How the beginning of a text file is laid out.

    Args:
        text: The beginning, with lines ending in a line feed.
        name: What messages call the file.
        whole: Whether the beginning is all of it.
        delimiter: What was told about the delimiter.
        decimal: What was told about the decimal mark.
        quote: What was told about the quote.
    """
    lines = text.splitlines(keepends=True) if "\n" not in text else _lines(text)
    if not whole and len(lines) > 1 and not lines[-1].endswith("\n"):
        lines = lines[:-1]  # cut off in its middle
    blank = next((at for at, line in enumerate(lines) if line.strip()), None)
    if blank is None:
        raise InvalidData(f"{name} holds nothing but blank lines. Name the file with the table.")
    lines, skip = lines[blank:], blank
    notes: list[str] = []
    if (stated := re.fullmatch(r"sep=(.)\s*", lines[0])) is not None:
        delimiter = delimiter or stated[1]
        lines, skip = lines[1:], skip + 1
        notes.append(f"The first line states the delimiter, {stated[1]!r}: left out.")
        if not any(line.strip() for line in lines):
            raise InvalidData(f"{name} states its delimiter and holds nothing else.")
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
    if dialect.blank_after:
        notes.append("A blank follows each delimiter: not taken as part of the fields.")
    return Layout(dialect, guesses, notes, names, skip + used, rows)


def _lines(text: str) -> list[str]:
    """Lines by line feeds alone: ``splitlines`` would also end them at rarer signs."""
    return [*io.StringIO(text, newline="\n")]


def _records(dialect: Dialect, lines: list[str]) -> tuple[list[list[str]], int]:
    """The first rows, blank lines left out, and how many lines the first of them took."""
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
    except csv.Error:  # a field of more than 128 KiB: whoever reads the rows says where
        pass
    return rows, used
