"""What a file is, by its content: its compression, its format, and how its text is laid out."""

from __future__ import annotations

import codecs
import csv
import io
import re
import string
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from trimtab.errors import InvalidData
from trimtab.tables.files.cells import MISSING
from trimtab.tables.files.table import Guess

__all__ = ["Dialect", "Head", "compression_of", "encoding_of", "format_of", "lay_out"]

#: First bytes of compressed files.
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}

#: First bytes of formats that trimtab reads.
_READABLE = {b"PAR1": "parquet", b"ARROW1": "feather", b"\xff\xff\xff\xff": "feather"}

#: First bytes of what is no table -> what it is and what to do.
_FOREIGN = {
    b"%PDF": ("a PDF document", "Export the table in it as CSV."),
    b"\x89PNG": ("a PNG picture", "A table of numbers is needed."),
    b"\xff\xd8\xff": ("a JPEG picture", "A table of numbers is needed."),
    b"GIF8": ("a GIF picture", "A table of numbers is needed."),
    b"\xd0\xcf\x11\xe0": (
        "an Excel file of the old kind (.xls), or one with a password",
        "Save it as .xlsx without a password, or as CSV.",
    ),
    b"FEA1": ("a Feather file of version 1", "Write it again as Feather version 2 or Parquet."),
    b"SQLite format 3": ("an SQLite database", "Export the table in it as CSV."),
    b"\x89HDF": ("an HDF5 file", "Export the table in it as CSV or Parquet."),
    b"\x93NUMPY": ("a NumPy array", "Columns need names: write it as CSV with a line of names."),
    b"\x80\x04": ("a Python pickle", "Pickles run code and are not read: write it as Parquet."),
    b"\x80\x05": ("a Python pickle", "Pickles run code and are not read: write it as Parquet."),
    b"Obj\x01": ("an Avro file", "Write it as Parquet."),
    b"ORC": ("an ORC file", "Write it as Parquet."),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "Unpack it first."),
    b"\x7fELF": ("a program", "A table is needed."),
    b"$FL2": ("an SPSS file", "Export it as CSV."),
}

#: Byte order marks, the longer ones first: that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: Delimiters that are looked for, and what people call them.
_CALLED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blanks"}
_CANDIDATES = (",", ";", "\t", "|")
_SPELLED = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}

#: The delimiter of a file with one column, in whose text commas are only commas.
_NOWHERE = "\x1f"

#: Rows that are looked at before the way a file is written is decided.
_LOOKED_AT = 1000

_NUMBER = r"\s*[+-]?(?:(?:\d+{mark}?\d*|{mark}\d+)(?:e[+-]?\d+)?|inf|infinity)\s*"
_NUMBERS = {
    mark: re.compile(_NUMBER.replace("{mark}", re.escape(mark)), re.ASCII | re.IGNORECASE)
    for mark in ".,"
}


def compression_of(head: bytes) -> str:
    """``"gzip"``, ``"bz2"``, ``"xz"``, ``"zstd"``, ``"zip"`` or ``"none"``."""
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    return next((name for mark, name in _COMPRESSED.items() if head.startswith(mark)), "none")


def format_of(head: bytes, name: str) -> str:
    """The format, one of ``reading.FORMATS``; refuses what is no table."""
    for mark, known in _READABLE.items():
        if head.startswith(mark):
            return known
    for mark, (what, step) in _FOREIGN.items():
        if head.startswith(mark):
            raise InvalidData(f"{name} is {what}, not a table. {step}")
    if head.startswith(b"PK\x03\x04"):
        return _office(head, name)
    if head.startswith(b"PK\x05\x06"):
        raise InvalidData(f"{name} is an empty zip archive. Put one table into it.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise InvalidData(
            f"{name} is a web page (HTML), not a table. Where it was downloaded, ask for the file "
            f"itself: the link may have led to a page about it."
        )
    if start.startswith(b"<?xml"):
        raise InvalidData(f"{name} is an XML document, not a table. Export its rows as CSV.")
    if start.startswith((b"{", b"[")):
        return _json(head, name)
    return "csv"


def _office(head: bytes, name: str) -> str:
    if b"mimetypeapplication/vnd.oasis.opendocument" in head[:200]:
        raise InvalidData(f"{name} is an OpenDocument file (.ods). Save it as .xlsx or as CSV.")
    if b"word/" in head or b"ppt/" in head:
        raise InvalidData(f"{name} is a text document or slides, not a table.")
    return "excel"


def _json(head: bytes, name: str) -> str:
    """JSON lines begin with an object that ends on its line; ``{`` may also begin a CSV file."""
    import json

    lines = head.lstrip(b"\xef\xbb\xbf \t\r\n").decode("utf-8", "replace").splitlines()
    first = lines[0].strip()
    try:
        found = json.loads(first)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return "jsonl"
    # A head that is cut off within a long first line is one of JSON lines all the same.
    if re.match(r'\{\s*"[^"]*"\s*:', first) and (len(lines) == 1 and len(head) > 1000):
        return "jsonl"
    opened = re.match(r'[\[{]\s*($|["\[{\]}]|-?\d)', first)
    if opened and (isinstance(found, list) or len(first) < 3 or '":' in first.replace(" ", "")):
        raise InvalidData(
            f"{name} is one JSON document. Rows are read from JSON lines: one object on each line."
        )
    return "csv"


def encoding_of(head: bytes, whole: bool) -> tuple[str, str]:
    """How text is encoded, and why that is thought; ``whole`` if the head is all of the file."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, "by its byte order mark"
    even, odd = head[:4000:2], head[1:4000:2]
    if len(odd) > 4 and odd.count(0) > 0.7 * len(odd) and not even.count(0):
        return "utf-16-le", "every other byte is zero"
    if len(odd) > 4 and even.count(0) > 0.7 * len(even) and not odd.count(0):
        return "utf-16-be", "every other byte is zero"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
        return "utf-8", ""
    except UnicodeDecodeError:
        return single_byte(head)


def single_byte(data: bytes) -> tuple[str, str]:
    """The encoding of text that is not UTF-8: Windows', or Latin-1 where that has a gap."""
    try:
        data.decode("cp1252")
        return "cp1252", "the bytes are not UTF-8"
    except UnicodeDecodeError:
        return "latin-1", "the bytes are neither UTF-8 nor of Windows"


def check_text(head: str, name: str) -> None:
    """Refuses what no text holds: a file of bytes that nothing above has recognized."""
    controls = sum(1 for sign in head[:10_000] if sign < " " and sign not in "\t\n\r\f\x1a\x00")
    zeros = head[:10_000].count("\x00")
    if controls > 0.01 * min(len(head), 10_000) or zeros > 0.1 * min(len(head), 10_000):
        raise InvalidData(
            f"{name} is a binary file of a kind that trimtab does not know. "
            f"Write the table as CSV or Parquet."
        )


@dataclass(frozen=True)
class Dialect:
    """How rows stand in a text file.

    Args:
        delimiter: What separates fields.
        quote: The character around fields that hold delimiters; None where there is none.
        decimal: The decimal mark.
        blank_after: Whether a blank follows each delimiter.
        aligned: Whether runs of blanks separate fields.
    """

    delimiter: str
    quote: str | None = '"'
    decimal: str = "."
    blank_after: bool = False
    aligned: bool = False

    def rows(self, lines: Iterable[str]) -> list[list[str]]:
        """Fields of lines, as the csv module of Python has them."""
        return list(self.reader(lines))

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Any:
        """A reader of the csv module over lines."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.blank_after or self.aligned,
            strict=strict,
        )


@dataclass(frozen=True)
class Head:
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
) -> Head:
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
    marker, quoted = _quote(quote, some)
    dialect = _delimiter(delimiter, some, marker)
    rows, used = _records(dialect, lines)
    names, rows = rows[0], rows[1:]
    mark = _decimal(decimal, dialect, rows)
    dialect = Dialect(dialect.delimiter, marker, mark, dialect.blank_after, dialect.aligned)
    guesses = [
        Guess("delimiter", _called(dialect), delimiter is not None),
        Guess("decimal mark", _example(dialect, rows), decimal is not None),
    ]
    if quoted or quote is not None:
        guesses.append(Guess("quote", repr(marker) if marker else "none", quote is not None))
    if dialect.blank_after:
        notes.append("A blank follows each delimiter: not taken as part of the fields.")
    return Head(dialect, guesses, notes, names, skip + used, rows)


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
            rows.append(_trimmed(row, dialect))
            used = used or reader.line_num
            if len(rows) > _LOOKED_AT:
                break
    except csv.Error:  # a field of more than 128 KiB: whoever reads the rows says where
        pass
    return rows, used


def _trimmed(row: list[str], dialect: Dialect) -> list[str]:
    return row[:-1] if dialect.aligned and row and not row[-1] else row


def _quote(told: str | None, lines: list[str]) -> tuple[str | None, bool]:
    """The quote, and whether there is a word to say about it."""
    if told is not None:
        if told == "none":
            return None, True
        if len(told) != 1 or not told.isascii() or told.isalnum() or told.isspace():
            raise InvalidData(
                f"quote must be one ASCII sign or 'none', received {told!r}. Use quote='\"'."
            )
        return told, True
    text = "".join(lines[1:])
    if '"' not in "".join(lines) and re.search(r"(?m)(^|[,;\t|])'", text):
        # 'abc','d e': every field that opens with the sign also closes with it.
        opened = len(re.findall(r"(?m)(?:^|[,;\t|])'", text))
        closed = len(re.findall(r"(?m)'(?:$|[,;\t|])", text))
        if opened == closed and opened >= len(lines) - 1:
            return "'", True
    return '"', False


def _delimiter(told: str | None, lines: list[str], quote: str | None) -> Dialect:
    if told is not None:
        sign = _SPELLED.get(told, told)
        if len(sign) != 1 or not sign.isascii() or sign.isalnum() or sign in '\n\r"':
            raise InvalidData(
                f"delimiter must be one ASCII sign, 'tab' or 'space', received {told!r}. "
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
    """The share of rows with the usual number of fields, and that number."""
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
        # Names of one field over rows of many: a title above the table, or sentences with commas.
        return (0.0, 0) if fields < 3 or share < 0.9 else (0.25, fields)
    # Rows that agree with each other may still all differ from the names.
    return share if fields > 1 else 0.0, fields


def _clear(dialect: Dialect, lines: list[str]) -> bool:
    """Whether blanks separate columns beyond doubt: equal counts, and one column of numbers."""
    rows = [_trimmed(row, dialect) for row in dialect.rows([line.strip() + "\n" for line in lines])]
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
    """With ``blank_after`` where every name but the first begins with a blank."""
    if dialect.aligned or dialect.delimiter == "\t":
        return dialect
    rows = Dialect(dialect.delimiter, None).rows(lines[:20])
    fields = [field for row in rows for field in row[1:]]
    spaced = bool(fields) and all(field.startswith(" ") for field in fields)
    return Dialect(dialect.delimiter, dialect.quote, dialect.decimal, blank_after=spaced)


def _decimal(told: str | None, dialect: Dialect, rows: list[list[str]]) -> str:
    if told is not None:
        if told not in (".", ","):
            raise InvalidData(f"decimal must be '.' or ',', received {told!r}. Use decimal=','.")
        if told == dialect.delimiter:
            raise InvalidData(
                f"the decimal mark and the delimiter are both {told!r}. Tell the delimiter: ';'."
            )
        return told
    if dialect.delimiter == ",":
        return "."  # a quoted "1,234" would as likely have a separator of thousands
    comma, point = (_numeric(rows, mark) for mark in ",.")
    return "," if comma > point else "."


def _numeric(rows: list[list[str]], mark: str) -> int:
    """How many columns hold nothing but numbers with this decimal mark."""
    return sum(
        all(cell in MISSING or _NUMBERS[mark].fullmatch(cell) for cell in column)
        for column in zip(*_even(rows), strict=True)
    )


def _even(rows: list[list[str]]) -> list[list[str]]:
    usual = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    return [row for row in rows if len(row) == usual]


def _called(dialect: Dialect) -> str:
    if dialect.aligned:
        return "runs of blanks"
    if dialect.delimiter == _NOWHERE:
        return "none, one column"
    return f"{dialect.delimiter!r} ({_CALLED.get(dialect.delimiter, 'told')})"


def _example(dialect: Dialect, rows: list[list[str]]) -> str:
    """The decimal mark, with a number from the file where a comma could have been misread."""
    if dialect.decimal == ".":
        return "'.'"
    written = next((cell for row in rows for cell in row if re.fullmatch(r"-?\d+,\d+", cell)), None)
    if written is None:
        return "','"
    return f"',' ({written!r} is read as {float(written.replace(',', '.')):g})"


def count_numbers(cells: Iterable[str], mark: str) -> int:
    """How many cells are numbers with this decimal mark."""
    return sum(_NUMBERS[mark].fullmatch(cell) is not None for cell in cells)


def looks_like_number(text: str) -> bool:
    """Whether a name would do as a number."""
    return bool(text.strip(string.whitespace)) and any(
        pattern.fullmatch(text) for pattern in _NUMBERS.values()
    )
