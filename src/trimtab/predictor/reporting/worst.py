"""The rows with the largest errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.core.types import Doubles
from trimtab.core.words import figure
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.deciding import decided
from trimtab.predictor.reporting.plain import number
from trimtab.predictor.reporting.rows import Seen
from trimtab.tables.columns.storage import plain_labels

__all__ = ["worst_rows"]

#: Rows, columns besides the target and letters of a cell that are shown.
ROWS, COLUMNS, LETTERS = 20, 8, 40


def worst_rows(
    predictor: PredictorBase, seen: Seen, losses: Doubles, columns: Sequence[str]
) -> dict[str, Any]:
    """The rows that are predicted worst, the worst one first.

    Args:
        predictor: the model.
        seen: rows held out.
        losses: of each.
        columns: the most important ones first.
    """
    order = np.argsort(-losses, kind="stable")[:ROWS]
    schema = predictor.schema
    names = [*schema.role("id"), *schema.role("group")][:2]
    names += [name for name in columns if name not in names][:COLUMNS]
    names = [name for name in names if name in seen.table.frame.columns]
    rows = []
    for place in order:
        cells = {name: _cell(seen.table.frame[name].iloc[int(seen.rows[place])]) for name in names}
        rows.append(
            {
                "place": seen.place(int(place)),
                "loss": number(losses[place], 4),
                "cells": [cells[name] for name in names],
                **_outcome(predictor, seen, int(place)),
            }
        )
    kinds = [schema.column(name).kind for name in names]
    numeric = [kind in ("numeric", "integer") for kind in kinds]
    return {"columns": names, "numeric": numeric, "rows": rows, "classes": predictor.classifies}


def _outcome(predictor: PredictorBase, seen: Seen, place: int) -> dict[str, Any]:
    """What was true and what was said."""
    y, p = seen.y[place], seen.outputs[place]
    if predictor.classifies:
        classes = plain_labels(predictor.schema.classes)
        chosen = int(decided(p[None], predictor.schema.positive_class, predictor.threshold)[0])
        return {
            "actual": [classes[int(y)]],
            "predicted": [classes[chosen]],
            "probability": number(p[int(y)], 3),
        }
    ys, ps = np.atleast_1d(y), np.atleast_1d(p)
    return {
        "actual": [figure(float(each)) for each in ys],
        "predicted": [figure(float(each)) for each in ps],
        "error": [figure(float(b - a)) for a, b in zip(ys, ps, strict=True)],
    }


def _cell(value: Any) -> str:
    """A cell of the table as text."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return figure(value) if abs(value) < 1e15 else f"{value:g}"
    text = str(value).removesuffix(" 00:00:00")
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
