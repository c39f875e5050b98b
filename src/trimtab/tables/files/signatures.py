"""What a file is, by its first bytes: its compression and its format."""

from __future__ import annotations

import re

from trimtab.errors import InvalidData

__all__ = ["compression_of", "format_of"]

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
