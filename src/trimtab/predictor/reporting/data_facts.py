"""Facts on the table: its columns, what is left out and why, and how rows were divided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trimtab.core.words import figure, one_line
from trimtab.predictor.base import PredictorBase
from trimtab.tables.columns.inspection import column_facts
from trimtab.tables.columns.left_out import kind_of_reason, left_out

if TYPE_CHECKING:
    from trimtab.tables.columns.inspection import ColumnFacts
    from trimtab.tables.files.table import Table

__all__ = ["data_facts"]

#: Frequent values that are named.
_TOP = 3


def data_facts(
    predictor: PredictorBase, table: Table | None, whole: int | None, *, private: bool
) -> dict[str, Any]:
    """What the table is.

    Args:
        predictor: the model.
        table: rows of it, or None.
        whole: how many rows it has in all.
        private: whether values are left out.
    """
    schema, split = predictor.schema, predictor.split
    ways: dict[str, dict[str, None]] = {}
    for each in predictor.preprocessor.columns:
        ways.setdefault(each.source, {})[each.how] = None
    columns = []
    for column in schema.columns:
        own: dict[str, Any] = {
            "name": column.name,
            "kind": column.kind,
            "role": column.role,
            "how": ", ".join(ways.get(column.name, {})),
            "reason": kind_of_reason(column.reason) if private else one_line(column.reason),
        }
        if table is not None and column.name in table.frame.columns:
            own |= _measured(column_facts(table, schema, column), len(table), private)
        columns.append(own)
    dropped = [(each["name"], each["reason"]) for each in columns if each["role"] == "dropped"]
    unused = [each["name"] for each in columns if each["role"] == "feature" and not each["how"]]
    parts = {name: split[name] for name in ("train", "valid", "test") if split.get(name)}
    return {
        "name": predictor.provenance.get("data"),
        "rows": predictor.provenance.get("rows"),
        "columns": predictor.provenance.get("columns"),
        "measured": None if table is None else len(table),
        "of": whole,
        "features": columns,
        "left_out": left_out(dropped),
        "unused": unused,
        "how": _how(predictor, private),
        "parts": parts,
        "folds": len(split.get("folds") or ()),
        "crossed": bool(split.get("crossed")),
    }


def _how(predictor: PredictorBase, private: bool) -> str:
    """How rows were divided; the sentence of a split by time names the moments of rows."""
    time = predictor.schema.role("time")
    if private and time:
        return f"By {time[0]!r}: the latest rows are held out."
    return str(predictor.split.get("how") or "")


def _measured(facts: ColumnFacts, rows: int, private: bool) -> dict[str, Any]:
    """What cells of a column are like."""
    return {
        "missing": facts.missing / rows if rows else 0.0,
        "distinct": facts.distinct,
        "histogram": [] if facts.kind == "text" else list(facts.histogram),
        "values": "" if private else _values(facts, rows),
    }


def _values(facts: ColumnFacts, rows: int) -> str:
    """The range of a column, or its most frequent values."""
    found = facts.numbers
    if found is not None:
        low, middle, high = (_short(v) for v in (found.minimum, found.median, found.maximum))
        unit = f" {facts.unit}" if facts.unit else ""
        return f"{low} to {high}{unit}, median {middle}" if low != high else f"{low}{unit}"
    if facts.first is not None:
        return f"{facts.first} to {facts.last}"
    top: Mapping[str, int] = dict(facts.top[:_TOP])
    said = (f"{_cut(text)} {100 * number / rows:.0f} %" for text, number in top.items())
    return ", ".join(said) if facts.kind == "category" else ", ".join(map(_cut, top))


def _short(value: float) -> str:
    if isinstance(value, float) and value == round(value) and 1000 <= value < 3000:
        return f"{value:.0f}"  # it may be a year
    return figure(float(value))


def _cut(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= 28 else f"{text[:27]}…"
