"""What users can say about how a file is read."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.options import one_of, option, optional, text, texts
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.tables.files import sources

FORMATS = ("csv", "parquet", "feather", "excel", "jsonl")

_DETECTED = "detected"


def _character(name: str, value: Any) -> str:
    if isinstance(value, str):
        character = {"tab": "\t", "space": " ", r"\t": "\t"}.get(value, value)
        if len(character) == 1 and character not in "\r\n\0":
            return character
    raise InvalidArgument(
        f"{name} must be one character, 'tab' or 'space', received {brief(value)}. Use {name}=';' "
        "for "
        "fields separated by semicolons."
    )


def _quote(name: str, value: Any) -> str:
    if isinstance(value, str) and (len(value) == 1 or value == "none"):
        return str(value)
    raise InvalidArgument(
        f"{name} must be one character or 'none', received {brief(value)}. Use {name}='none' to "
        "read "
        "quotes as text."
    )


def reading(options: Any) -> ReadOptions:
    """The options of a call; None: everything is detected.

    Raises:
        InvalidArgument: They are something else.
    """
    if options is None:
        return ReadOptions()
    if isinstance(options, ReadOptions):
        return options
    raise InvalidArgument(
        f"options must be trimtab.tables.ReadOptions(...), received {brief(options)}. Use "
        "ReadOptions(delimiter=';') for fields separated by semicolons."
    )


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

    format: str | None = option(
        "Reading",
        "File format: csv (any delimiter), parquet, feather, excel or jsonl.",
        optional(text),
        unset=_DETECTED,
        metavar="FORMAT",
    )
    delimiter: str | None = option(
        "Reading",
        "Field delimiter: a character, tab or space.",
        optional(_character),
        unset=_DETECTED,
        metavar="CHAR",
    )
    decimal: str | None = option(
        "Reading",
        "Decimal mark: a point or a comma.",
        optional(one_of((".", ","))),
        unset=_DETECTED,
        metavar="CHAR",
    )
    encoding: str | None = option(
        "Reading",
        "Text encoding, such as utf-8 or cp1252.",
        optional(text),
        unset=_DETECTED,
        metavar="NAME",
    )
    compression: str | None = option(
        "Reading",
        "Compression: gzip, bz2, xz, zip, zstd or none.",
        optional(text),
        unset=_DETECTED,
        metavar="NAME",
    )
    quote: str | None = option(
        "Reading",
        "Quote character, or none.",
        optional(_quote),
        unset=_DETECTED,
        metavar="CHAR",
    )
    sheet: str | None = option(
        "Reading",
        "Sheet of an Excel file.",
        optional(text),
        unset="the first one with a table",
        metavar="NAME",
    )
    missing: tuple[str, ...] = option(
        "Reading",
        "Additional spelling of a missing value. Repeatable.",
        texts,
        default=(),
        metavar="TEXT",
        many=True,
    )

    def __post_init__(self) -> None:
        for name in ("delimiter", "decimal", "quote", "sheet"):
            if getattr(self, name) is not None:
                text(name, getattr(self, name))
        if self.format is not None:
            checks.choice("format", self.format, FORMATS)
        if self.compression is not None:
            checks.choice("compression", self.compression, sources.COMPRESSIONS)
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except (LookupError, TypeError):
                raise InvalidArgument(
                    f"encoding must be one that Python knows, received {brief(self.encoding)}. "
                    f"Use encoding='utf-8' or encoding='cp1252'."
                ) from None
        given: Any = self.missing
        if isinstance(given, str | bytes) or not isinstance(given, Collection):
            raise InvalidArgument(
                f"missing must be a list of spellings, received {brief(given)}. "
                f"Use missing=({brief(str(given) if checks.is_number(given) else given)},)."
            )
        object.__setattr__(self, "missing", tuple(str(spelling) for spelling in given))
