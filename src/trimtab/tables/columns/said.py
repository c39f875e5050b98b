"""Types that the data names: a column of type category is one, whatever its cells look like."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from trimtab.tables.columns import storage
from trimtab.tables.columns.kinds import Judged, judge_text

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Table

__all__ = ["as_said", "held_numbers", "says_category"]

#: What a kind is read as, where the data says category.
_INSTEAD = {
    "numeric": "numbers",
    "integer": "numbers",
    "datetime": "dates",
    "boolean": "yes and no",
}


def says_category(table: Table, name: str) -> bool:
    """Whether the type of a column in the data is category: pandas, polars and Arrow have it."""
    return table.said.get(name) == "category"


def as_said(name: str, cells: pd.Series, judged: Judged, notes: list[str]) -> Judged:
    """The kind of a column that the data says is a category.

    Args:
        name: The column.
        cells: Its cells.
        judged: What they look like.
        notes: Gets a sentence if they look like something else.

    Returns:
        A category, unless nothing can be learned from it: one value only, or one per row.
    """
    if judged.reason.startswith(("constant", "every cell")):
        return judged
    texts = _texts(cells)
    as_text = judge_text(texts.dropna(), only_names=True)
    if as_text.reason.startswith(("identifies", "free text")):
        return as_text
    other = _INSTEAD.get(judged.kind)
    if other is not None:
        kind = "numeric" if judged.kind == "integer" else judged.kind
        notes.append(
            f"{name} is a category, as its type in the data says. To learn from it as {other}, use "
            f"--type {quote(f'{name}={kind}')}."
        )
    return Judged("category")


def held_numbers(table: Table, name: str) -> bool | None:
    """Whether a column of categories holds numbers; None where a file of text does not say."""
    if storage.of(table.frame[name]) == "number":
        return True
    said = table.said.get(name)
    return False if said == "text" else None


def _texts(cells: pd.Series) -> pd.Series:
    import pandas as pd

    return cells if storage.of(cells) == "text" else pd.Series(storage.texts(cells), dtype=object)
