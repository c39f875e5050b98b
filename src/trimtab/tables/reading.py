"""Reading tables: files of any usual format, data frames, the tables that come with the package."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from trimtab.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SHIPPED", "ReadOptions", "Shipped", "read", "read_chunks"]


@dataclass(frozen=True)
class ReadOptions:
    """What reading is told instead of finding it out.

    Args:
        format: ``"csv"``, ``"parquet"``, ``"feather"``, ``"excel"`` or ``"jsonl"``.
        delimiter: What separates the fields of a line: a character, ``"tab"`` or ``"space"``.
        decimal: The decimal mark: ``"."`` or ``","``.
        encoding: How the text is encoded, by Python's name: ``"utf-8"``, ``"cp1252"``.
        compression: ``"none"``, ``"gzip"``, ``"bz2"``, ``"xz"``, ``"zip"`` or ``"zstd"``.
        quote: The character around fields that hold delimiters, or ``"none"``.
        sheet: The sheet of an Excel file.
        missing: Spellings that stand for a missing value in every column, besides the usual ones.
    """

    format: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    compression: str | None = None
    quote: str | None = None
    sheet: str | None = None
    missing: tuple[str, ...] = ()


class Shipped(NamedTuple):
    """A table that comes with the package."""

    load: Callable[[], pd.DataFrame]
    target: str
    sentence: str


def _red_wine() -> pd.DataFrame:
    from trimtab.datasets import load_red_wine

    return load_red_wine()


def _concrete() -> pd.DataFrame:
    from trimtab.datasets import load_concrete

    return load_concrete()


#: Name -> the table, its usual target, and a sentence about it.
SHIPPED = {
    "red-wine": Shipped(
        _red_wine, "quality", "1,599 red wines, 11 measurements, and how they tasted (3 to 8)."
    ),
    "concrete": Shipped(
        _concrete,
        "CompressiveStrength",
        "1,030 mixes of concrete, their age, and how strong they became (MPa).",
    ),
}


def read(
    source: Any,
    options: ReadOptions | None = None,
    *,
    text: Collection[str] = (),
    columns: Collection[str] | None = None,
) -> Table:
    """The table that ``source`` is or names."""
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return Table(source.reset_index(drop=True), "the data frame")
    if isinstance(source, dict):
        return Table(pd.DataFrame(source), "the columns")
    if source in SHIPPED:
        return Table(SHIPPED[source].load(), source, from_lines=True)
    frame = pd.read_csv(source, dtype=dict.fromkeys(text, str))
    return Table(frame, str(source), from_lines=True)


def read_chunks(
    source: Any,
    options: ReadOptions | None = None,
    *,
    text: Collection[str] = (),
    columns: Collection[str] | None = None,
    rows: int = 100_000,
) -> Iterator[Table]:
    """The rows of ``source`` as a sequence of tables of at most ``rows`` rows."""
    yield read(source, options, text=text, columns=columns)
