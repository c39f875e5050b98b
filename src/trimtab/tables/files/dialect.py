"""Delimiter, quote and decimal mark of a text file, given or detected."""

from __future__ import annotations

import csv
import re
import string
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidData
from trimtab.tables.files.cells import MISSING

__all__ = [
    "Dialect",
    "count_numbers",
    "decimal_example",
    "delimiter_name",
    "detect_decimal",
    "detect_delimiter",
    "detect_quote",
    "doubtful_column",
    "looks_like_number",
]

#: Delimiters and their names; the candidates for detection; other spellings users may give.
_CALLED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blanks"}
_CANDIDATES = (",", ";", "\t", "|")
_SPELLED = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}

#: The delimiter of a file with one column, in whose text commas are only commas.
_NOWHERE = "\x1f"

_NUMBER = r"\s*[+-]?(?:(?:\d+{mark}?\d*|{mark}\d+)(?:e[+-]?\d+)?|inf|infinity)\s*"
_NUMBERS = {
    mark: re.compile(_NUMBER.replace("{mark}", re.escape(mark)), re.ASCII | re.IGNORECASE)
    for mark in ".,"
}


@dataclass(frozen=True)
class Dialect:
    """How the fields of a text file are written.

    Args:
        delimiter: The separator of fields.
        quote: The character around fields that contain delimiters, or None.
        decimal: The decimal mark.
        blank_after: Whether a blank follows every delimiter.
        aligned: Whether any number of blanks separates fields.
    """

    delimiter: str
    quote: str | None = '"'
    decimal: str = "."
    blank_after: bool = False
    aligned: bool = False

    def rows(self, lines: Iterable[str]) -> list[list[str]]:
        """The fields of lines, by Python's csv module."""
        return list(self.reader(lines))

    def trimmed(self, row: list[str]) -> list[str]:
        """A row without the empty field that blanks at the end of a line produce."""
        return row[:-1] if self.aligned and row and not row[-1] else row

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Any:
        """A reader of Python's csv module over lines."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.blank_after or self.aligned,
            strict=strict,
        )


def detect_quote(told: str | None, lines: list[str]) -> tuple[str | None, bool]:
    """The quote, given or detected, and whether it is worth mentioning."""
    if told is not None:
        if told == "none":
            return None, True
        if len(told) != 1 or not told.isascii() or told.isalnum() or told.isspace():
            raise InvalidData(
                f"quote must be one ASCII punctuation mark or 'none', received {brief(told)}. "
                "Use quote='\"'."
            )
        return told, True
    text = "".join(lines[1:])
    if '"' not in "".join(lines) and re.search(r"(?m)(^|[,;\t|])'", text):
        # 'abc','d e': every field that opens with a quote closes with one.
        opened = len(re.findall(r"(?m)(?:^|[,;\t|])'", text))
        closed = len(re.findall(r"(?m)'(?:$|[,;\t|])", text))
        if opened == closed and opened >= len(lines) - 1:
            return "'", True
    return '"', False


def detect_delimiter(told: str | None, lines: list[str], quote: str | None) -> Dialect:
    """The dialect, with the delimiter given or detected by how evenly it divides the lines."""
    if told is not None:
        sign = _SPELLED.get(told, told)
        if len(sign) != 1 or not sign.isascii() or sign.isalnum() or sign in '\n\r"':
            raise InvalidData(
                f"delimiter must be one ASCII character, 'tab' or 'space', received {brief(told)}. "
                f"Use delimiter=';'."
            )
        return _spaced(Dialect(sign, quote, aligned=sign == " "), lines)
    scored = [(_consistency(Dialect(sign, quote), lines), sign) for sign in _CANDIDATES]
    (share, fields), best = max(scored, key=lambda item: item[0])
    aligned = Dialect(" ", quote, aligned=True)
    if (fields < 2 or share < 0.5) and _clear(aligned, lines):
        return aligned
    if fields < 2:
        return Dialect("," if not any("," in line for line in lines) else _NOWHERE, quote)
    return _spaced(Dialect(best, quote), lines)


def _consistency(dialect: Dialect, lines: list[str]) -> tuple[float, int]:
    """The share of rows with the most common number of fields, and that number."""
    try:
        rows = [row for row in dialect.rows(lines) if row]
    except csv.Error:
        return 0.0, 0
    if not rows or (len(rows[0]) < 2 and len(rows) < 4):
        return 0.0, 0
    counts = Counter(len(row) for row in rows[1:]) or Counter([len(rows[0])])
    fields, times = counts.most_common(1)[0]
    if fields < 2 and len(rows[0]) < 2:
        return 0.0, 0
    share = times / counts.total()
    if len(rows[0]) < 2:
        # One name above rows of many fields: a title, or sentences with commas.
        return (0.0, 0) if fields < 3 or share < 0.9 else (0.25, fields)
    # All rows may still differ from the line of names.
    return share if fields > 1 else 0.0, fields


def _clear(dialect: Dialect, lines: list[str]) -> bool:
    """Whether blanks clearly separate columns: equally many in every row, one of them numbers."""
    rows = [dialect.trimmed(row) for row in dialect.rows([line.strip() + "\n" for line in lines])]
    rows = [row for row in rows if row]
    if len(rows) < 3 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return False
    return any(
        all(
            _NUMBERS["."].fullmatch(row[at]) or _NUMBERS[","].fullmatch(row[at]) for row in rows[1:]
        )
        for at in range(len(rows[0]))
    )


def _spaced(dialect: Dialect, lines: list[str]) -> Dialect:
    """The dialect, with ``blank_after`` if every field but a line's first starts with a blank."""
    if dialect.aligned or dialect.delimiter == "\t":
        return dialect
    rows = Dialect(dialect.delimiter, None).rows(lines[:20])
    fields = [field for row in rows for field in row[1:]]
    spaced = bool(fields) and all(field.startswith(" ") for field in fields)
    return Dialect(dialect.delimiter, dialect.quote, dialect.decimal, blank_after=spaced)


def detect_decimal(told: str | None, dialect: Dialect, rows: list[list[str]]) -> str:
    """The decimal mark, given or the one with which more columns hold numbers."""
    if told is not None:
        if told not in (".", ","):
            raise InvalidData(
                f"decimal must be '.' or ',', received {brief(told)}. Use decimal=','."
            )
        if told == dialect.delimiter:
            raise InvalidData(
                f"decimal and delimiter must differ, received {brief(told)} for both. Use "
                "delimiter=';'."
            )
        return told
    if dialect.delimiter == ",":
        return "."  # the comma in a quoted "1,234" may as well separate thousands
    comma, point = (_numeric(rows, mark) for mark in ",.")
    return "," if comma > point else "."


def _numeric(rows: list[list[str]], mark: str) -> int:
    """How many columns hold only numbers with this decimal mark."""
    return sum(
        all(cell in MISSING or _NUMBERS[mark].fullmatch(cell) for cell in column)
        for column in zip(*_even(rows), strict=True)
    )


def _even(rows: list[list[str]]) -> list[list[str]]:
    usual = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    return [row for row in rows if len(row) == usual]


def delimiter_name(dialect: Dialect) -> str:
    """The delimiter for people: ``"';' (semicolon)"``."""
    if dialect.aligned:
        return "runs of blanks"
    if dialect.delimiter == _NOWHERE:
        return "none, one column"
    return f"{dialect.delimiter!r} ({_CALLED.get(dialect.delimiter, 'given')})"


def decimal_example(dialect: Dialect, rows: list[list[str]]) -> str:
    """The decimal mark for people; for a comma with a number from the file."""
    if dialect.decimal == ".":
        return "'.'"
    written = next((cell for row in rows for cell in row if re.fullmatch(r"-?\d+,\d+", cell)), None)
    if written is None:
        return "','"
    return f"',' ({written!r} is read as {float(written.replace(',', '.')):g})"


def doubtful_column(dialect: Dialect, rows: list[list[str]]) -> tuple[int, str] | None:
    """A column in which the decimal mark may as well separate thousands, and a cell of it.

    None if another column shows what the mark means, or there is no such column.
    """
    mark = re.escape(dialect.decimal)
    doubtful = re.compile(rf"[+-]?[1-9]\d{{0,2}}{mark}\d{{3}}")
    clear = re.compile(rf"[+-]?(?:0{mark}\d+|\d+{mark}(?:\d{{1,2}}|\d{{4,}})|\d{{4,}}{mark}\d+)")
    found = None
    for at, column in enumerate(zip(*_even(rows), strict=True)):
        filled = [cell.strip() for cell in column if cell not in MISSING]
        if any(clear.fullmatch(cell) for cell in filled):
            return None
        if found is None and filled and all(doubtful.fullmatch(cell) for cell in filled):
            found = at, filled[0]
    return found


def count_numbers(cells: Iterable[str], mark: str) -> int:
    """How many cells are numbers with this decimal mark."""
    return sum(_NUMBERS[mark].fullmatch(cell) is not None for cell in cells)


def looks_like_number(text: str) -> bool:
    """Whether text is a number, with either decimal mark."""
    return bool(text.strip(string.whitespace)) and any(
        pattern.fullmatch(text) for pattern in _NUMBERS.values()
    )
