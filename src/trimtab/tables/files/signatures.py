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

#: First bytes of files that are no tables -> what they are and what to do.
_FOREIGN = {
    b"%PDF": ("a PDF document", "Export its table as CSV."),
    b"\x89PNG": ("a PNG picture", "Pass a file with a table."),
    b"\xff\xd8\xff": ("a JPEG picture", "Pass a file with a table."),
    b"GIF8": ("a GIF picture", "Pass a file with a table."),
    b"\xd0\xcf\x11\xe0": (
        "an old Excel file (.xls) or one with a password",
        "Save it as .xlsx without a password, or as CSV.",
    ),
    b"FEA1": ("a Feather file of version 1", "Save it as Feather version 2 or Parquet."),
    b"SQLite format 3": ("an SQLite database", "Export its table as CSV."),
    b"\x89HDF": ("an HDF5 file", "Export its table as CSV or Parquet."),
    b"\x93NUMPY": ("a NumPy array", "Columns need names: save it as CSV with a line of names."),
    b"\x80\x04": (
        "a Python pickle",
        "Pickles can run code, so they are not read: save it as Parquet.",
    ),
    b"\x80\x05": (
        "a Python pickle",
        "Pickles can run code, so they are not read: save it as Parquet.",
    ),
    b"Obj\x01": ("an Avro file", "Save it as Parquet."),
    b"ORC": ("an ORC file", "Save it as Parquet."),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "Extract the table first."),
    b"\x7fELF": ("a program", "Pass a file with a table."),
    b"$FL2": ("an SPSS file", "Export it as CSV."),
}


def compression_of(head: bytes) -> str:
    """The compression: ``"gzip"``, ``"bz2"``, ``"xz"``, ``"zstd"``, ``"zip"`` or ``"none"``."""
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    return next((name for mark, name in _COMPRESSED.items() if head.startswith(mark)), "none")


def format_of(head: bytes, name: str) -> str:
    """The format of a file, one of ``read_options.FORMATS``.

    Args:
        head: Its first bytes, decompressed.
        name: What messages call it.

    Raises:
        InvalidData: It is no table, or of a format that is not supported.
    """
    for mark, known in _READABLE.items():
        if head.startswith(mark):
            return known
    for mark, (what, step) in _FOREIGN.items():
        if head.startswith(mark):
            raise InvalidData(f"{name} is {what}, not a table. {step}")
    if head.startswith(b"PK\x03\x04"):
        return _office(head, name)
    if head.startswith(b"PK\x05\x06"):
        raise InvalidData(f"{name} is an empty zip archive. Add a table to it.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise InvalidData(
            f"{name} is a web page (HTML), not a table. If you downloaded it, use the link to the "
            f"file itself, not to a page about it."
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
        raise InvalidData(
            f"{name} is a text document or slides, not a table. Export its table as CSV."
        )
    return "excel"


def _json(head: bytes, name: str) -> str:
    """JSON lines start with an object that ends on its line; CSV may start with ``{`` too."""
    import json

    lines = head.lstrip(b"\xef\xbb\xbf \t\r\n").decode("utf-8", "replace").splitlines()
    first = lines[0].strip()
    try:
        found = json.loads(first)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return "jsonl"
    # The first line may be longer than the head.
    if re.match(r'\{\s*"[^"]*"\s*:', first) and (len(lines) == 1 and len(head) > 1000):
        return "jsonl"
    opened = re.match(r'[\[{]\s*($|["\[{\]}]|-?\d)', first)
    if opened and (isinstance(found, list) or len(first) < 3 or '":' in first.replace(" ", "")):
        raise InvalidData(
            f"{name} is one JSON document. Save it as JSON lines, one object per line."
        )
    return "csv"
