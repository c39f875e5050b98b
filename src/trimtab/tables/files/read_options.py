"""How a table is to be read, where the user says it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.tables.files import sources

if TYPE_CHECKING:
    pass


FORMATS = ("csv", "parquet", "feather", "excel", "jsonl")


@dataclass(frozen=True)
class ReadOptions:
    """What reading is told instead of finding it out.

    Args:
        format: ``"csv"`` (text with any delimiter), ``"parquet"``, ``"feather"``, ``"excel"`` or
            ``"jsonl"``.
        delimiter: What separates the fields of a line: a character, ``"tab"`` or ``"space"``
            (runs of blanks).
        decimal: The decimal mark: ``"."`` or ``","``.
        encoding: How the text is encoded, by Python's name: ``"utf-8"``, ``"cp1252"``.
        compression: ``"none"``, ``"gzip"``, ``"bz2"``, ``"xz"``, ``"zip"`` or ``"zstd"``.
        quote: The character around fields that hold delimiters, or ``"none"``.
        sheet: The sheet of an Excel file.
        missing: Spellings that stand for a missing value in every column, besides the usual ones.

    **Errors**: ``InvalidArgument`` for a format, compression or encoding that is not known.

    **Example**:

    >>> from trimtab.tables import ReadOptions
    >>> ReadOptions(delimiter=";", decimal=",").delimiter
    ';'
    """

    format: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    compression: str | None = None
    quote: str | None = None
    sheet: str | None = None
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.format is not None:
            checks.choice("format", self.format, FORMATS)
        if self.compression is not None:
            checks.choice("compression", self.compression, sources.COMPRESSIONS)
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except (LookupError, TypeError):
                raise InvalidArgument(
                    f"encoding must be one that Python knows, received {self.encoding!r}. "
                    f"Use encoding='utf-8' or encoding='cp1252'."
                ) from None
        if isinstance(self.missing, str):
            raise InvalidArgument(
                f"missing must be several spellings, received the text {self.missing!r}. "
                f"Use missing=({self.missing!r},)."
            )
        object.__setattr__(self, "missing", tuple(str(spelling) for spelling in self.missing))
