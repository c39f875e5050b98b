"""The tables that ship with trimtab, by the names that commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SHIPPED", "Shipped"]


class Shipped(NamedTuple):
    """A table that ships with trimtab, its usual target, and a sentence about it."""

    load: Callable[[], pd.DataFrame]
    target: str
    sentence: str


def _red_wine() -> pd.DataFrame:
    from trimtab.tables.datasets import load_red_wine

    return load_red_wine()


def _concrete() -> pd.DataFrame:
    from trimtab.tables.datasets import load_concrete

    return load_concrete()


#: Name -> the table.
SHIPPED = {
    "red-wine": Shipped(
        _red_wine, "quality", "1,599 red wines: 11 measurements and their quality (3 to 8)."
    ),
    "concrete": Shipped(
        _concrete,
        "CompressiveStrength",
        "1,030 mixes of concrete: ingredients, age and strength (MPa).",
    ),
}
