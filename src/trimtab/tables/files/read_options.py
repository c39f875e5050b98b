"""What users can say about how a file is read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.tables.files import sources

FORMATS = ("csv", "parquet", "feather", "excel", "jsonl")


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file. Everything that is None is detected.

    Args:
        format: ``"csv"`` (text with any delimiter), ``"parquet"``, ``"feather"``, ``"excel"`` or
            ``"jsonl"``.
        delimiter: Separator of the fields of a line: a character, ``"tab"`` or ``"space"`` (any
            number of blanks).
        decimal: Decimal mark: ``"."`` or ``","``.
        encoding: Text encoding, by Python's name: ``"utf-8"``, ``"cp1252"``.
        compression: ``"none"``, ``"gzip"``, ``"bz2"``, ``"xz"``, ``"zip"`` or ``"zstd"``.
        quote: Character around fields that contain delimiters, or ``"none"``.
        sheet: Sheet of an Excel file.
        missing: Spellings of a missing value in every column, in addition to the usual ones.

    Raises:
        InvalidArgument: The format, compression or encoding is unknown.

    Example:
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
                f"missing must be a list of spellings, received {self.missing!r}. "
                f"Use missing=({self.missing!r},)."
            )
        object.__setattr__(self, "missing", tuple(str(spelling) for spelling in self.missing))
