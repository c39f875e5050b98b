"""The endings of files, and the formats they promise; the content decides."""

from __future__ import annotations

from pathlib import PurePath

__all__ = ["CALLED", "ENDINGS", "ending_of"]

#: Names of the formats in messages.
CALLED = {
    "csv": "text with delimiters",
    "parquet": "Parquet",
    "feather": "Feather (Arrow)",
    "excel": "Excel",
    "jsonl": "JSON lines",
}

#: Ending -> format.
ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".xlsx": "excel",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}

#: Endings that are common as well, of which reading is silent.
_MORE = {".dat": "csv", ".data": "csv", ".tab": "csv", ".pq": "parquet", ".xlsm": "excel"}

_PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst")


def ending_of(name: str) -> str | None:
    """What the ending of a file says its format is, in words; None if it says nothing.

    Example:
        >>> ending_of("sales.csv.gz"), ending_of("part-0.snappy.parquet"), ending_of("notes.md")
        ('text with delimiters', 'Parquet', None)
    """
    path = PurePath(name.lower())
    if path.suffix in _PACKED:
        path = path.with_suffix("")
    form = {**ENDINGS, **_MORE}.get(path.suffix)
    return None if form is None else CALLED[form]
