"""Facts on what the model relies on: the importance of columns, and their effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.core.words import figure
from trimtab.errors import InvalidData
from trimtab.predictor.alike import features_of, inputs_of
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.importance import Importance, permutation_importance
from trimtab.predictor.reporting.budget import affordable
from trimtab.predictor.reporting.number_facts import FEWEST, category_name
from trimtab.predictor.reporting.plain import number, numbers
from trimtab.predictor.reporting.rows import Seen
from trimtab.tables.columns.storage import plain_labels

__all__ = ["effect_facts", "importance_facts", "importance_of"]

#: Most rows that columns are shuffled in, and fewest.
MOST_ROWS, FEWEST_ROWS = 10_000, 150

#: How often each column is shuffled, at most.
REPEATS = 5

#: Columns whose effect is shown.
EFFECTS = 6

#: Most rows that effects are means over, and rows that are drawn one by one.
MOST_AVERAGED, SINGLE = 2_000, 30

#: Values that a column of numbers is set to, and most categories.
_VALUES, _CATEGORIES = 16, 10

#: Classes that effects are shown for.
_CLASSES = 5

#: Parts of the range in which rows are counted.
_RUG = 30


def importance_of(predictor: PredictorBase, seen: Seen, seconds: float) -> Importance | None:
    """How much worse predictions get when a column is shuffled.

    Args:
        predictor: the model.
        seen: rows held out.
        seconds: to spend, about.
    """
    columns = len(features_of(predictor))
    folds = seen.folds
    networks = None
    if folds is not None:
        networks = max(1, len(predictor.split["folds"]) and _networks_of_a_fold(predictor))
    most = affordable(predictor, seconds, networks=networks) // max(columns, 1)
    rows = seen.some(min(MOST_ROWS, max(FEWEST_ROWS, most)))
    if len(rows) < 2:
        return None
    repeats = max(1, min(REPEATS, most // len(rows)))
    try:
        return permutation_importance(
            predictor,
            rows.table,
            rows.rows,
            repeats=repeats,
            part=rows.words,
            folds=rows.folds if predictor.split.get("crossed") else None,
        )
    except InvalidData:  # predictions that are not finite
        return None


def _networks_of_a_fold(predictor: PredictorBase) -> int:
    from trimtab.model.committee import members_of

    return len(members_of(predictor.model)) // len(predictor.split["folds"])


def importance_facts(importance: Importance) -> dict[str, Any]:
    """The same as plain data."""
    record = importance.record()
    return {
        **record,
        "columns": [
            {
                "column": each["column"],
                "value": number(each["value"]),
                "error": None if each["error"] is None else number(each["error"], 3),
                "said": str(found.increase),
            }
            for each, found in zip(record["columns"], importance.columns, strict=True)
        ],
        "sentence": importance.sentence(),
        "caveat": importance.caveat(),
    }


# -- effects --------------------------------------------------------------------------------------


def effect_facts(
    predictor: PredictorBase,
    seen: Seen,
    columns: Sequence[str],
    target: int,
    seconds: float,
    *,
    private: bool,
) -> dict[str, Any] | None:
    """What is predicted on average if a column has this or that value, other columns as they are.

    Values are those of rows: the inputs that a column becomes are taken over from rows that have
    them, so dates and categories need no case of their own.

    Source: Friedman 2001, "Greedy function approximation", section 8.2 (partial dependence);
    Goldstein et al. 2015, "Peeking inside the black box" (a line for each row).

    Args:
        predictor: the model.
        seen: rows.
        columns: the most important ones first.
        target: the number of the target, of several.
        seconds: to spend, about.
        private: whether lines of single rows, and values, are left out.
    """
    chosen = list(columns)[:EFFECTS]
    if not chosen:
        return None
    most = affordable(predictor, seconds) // (_VALUES * len(chosen))
    rows = seen.some(min(MOST_AVERAGED, max(60, most)))
    x = predictor.preprocessor.transform(rows.table, rows.rows)
    whole = predictor.preprocessor.transform(seen.table, seen.rows)
    which, names = _outputs(predictor, seen)
    found = []
    for name in chosen:
        grid = _grid(predictor, seen, name, private)
        if grid is None:
            continue
        inputs = inputs_of(predictor, name)
        lines = _lines(predictor, x, whole, inputs, grid["places"], which, target)
        facts: dict[str, Any] = {
            "column": name,
            "categories": grid["categories"],
            "dates": grid["dates"],
            "at": numbers(grid["at"], 5),
            "said": grid["said"],
            "counts": grid["counts"],
            "rug": grid["rug"],
            "lines": [
                {"name": label, "mean": numbers(lines[:, :, place].mean(axis=1), 5)}
                for place, label in enumerate(names)
            ],
        }
        if len(names) == 1 and not private:
            drawn = np.linspace(0, len(x) - 1, min(SINGLE, len(x))).astype(np.int64)
            facts["rows"] = [numbers(lines[:, row, 0], 4) for row in drawn]
        found.append(facts)
    if not found:
        return None
    return {
        "columns": found,
        "rows": len(x),
        "classes": [name for name in names if name],
        "percent": predictor.classifies,
    }


def _outputs(predictor: PredictorBase, seen: Seen) -> tuple[list[int], list[str]]:
    """Which outputs are looked at: of classes the positive one, or the most frequent ones."""
    if not predictor.classifies:
        return [0], [""]
    positive = predictor.schema.positive_class
    labels = plain_labels(predictor.schema.classes)
    if positive is not None:
        return [positive], [""]
    counts = np.bincount(seen.y.astype(np.int64), minlength=len(labels))
    which = np.argsort(-counts, kind="stable")[:_CLASSES].tolist()
    return which, [labels[each] for each in which]


def _lines(
    predictor: PredictorBase,
    x: Floats,
    whole: Floats,
    inputs: NDArray[np.int64],
    places: NDArray[np.int64],
    which: Sequence[int],
    target: int,
) -> Doubles:
    """Predictions ``(values, rows, outputs)`` with the inputs of a column set to each value."""
    changed = np.tile(x, (len(places), 1))
    changed[:, inputs] = np.repeat(whole[np.ix_(places, inputs)], len(x), axis=0)
    out = predictor.outputs_of_inputs(changed)
    if predictor.classifies:
        out = out[:, which]
    elif out.ndim == 1:
        out = out[:, None]
    else:
        out = out[:, [target]]
    return np.asarray(out.reshape(len(places), len(x), -1))


def _grid(predictor: PredictorBase, seen: Seen, name: str, private: bool) -> dict[str, Any] | None:
    """The values that a column is set to, each by a row that has it."""
    kind = predictor.schema.column(name).kind
    values = predictor.schema.values(seen.table, name, seen.rows)
    if kind in ("category", "text"):
        return _grid_of_categories(values, private)
    dates = kind in ("datetime", "time")
    if dates:
        known = np.flatnonzero(~np.isnat(values))
        moments = np.asarray(values, "datetime64[s]").astype(np.int64).astype(np.float64)
    else:
        known = np.flatnonzero(np.isfinite(values))
        moments = np.asarray(values, np.float64)
    if len(known) < 2:
        return None
    order = known[np.argsort(moments[known], kind="stable")]
    sorted_ = moments[order]
    least = FEWEST if private else 1
    distinct, first, counts = np.unique(sorted_, return_index=True, return_counts=True)
    if len(distinct) < 2:
        return None
    if len(distinct) <= _VALUES:
        places = order[first[counts >= least]]
    else:  # from the second to the last but one percent: beyond, there are hardly any rows
        shares = np.linspace(0.02, 0.98, _VALUES) if private else np.linspace(0.01, 0.99, _VALUES)
        low, high = np.quantile(sorted_, [shares[0], shares[-1]]).tolist()
        wanted = np.linspace(low, high, _VALUES)
        nearest = np.searchsorted(sorted_, np.concatenate([wanted, np.quantile(sorted_, shares)]))
        places = order[np.unique(np.minimum(nearest, len(order) - 1))]
        _, once = np.unique(moments[places], return_index=True)
        places = places[once]
        if len(places) > _VALUES:
            places = places[np.unique(np.linspace(0, len(places) - 1, _VALUES).astype(np.int64))]
    if len(places) < 2:
        return None
    at = moments[places]
    said = [_said(values[place], kind) for place in places]
    if private:
        at, said = _coarse(at, kind)
    rug, _ = np.histogram(sorted_, np.linspace(at[0], at[-1], _RUG + 1))
    return {
        "places": places,
        "at": at,
        "said": said,
        "categories": False,
        "dates": dates,
        "counts": None,
        "rug": rug.tolist(),
    }


def _coarse(at: Doubles, kind: str) -> tuple[Doubles, list[str]]:
    """Values that are no row's own: round numbers near them, of dates a day near them."""
    rough = (at[-1] - at[0]) / 60
    unit = 10.0 ** math.floor(math.log10(rough))
    near = np.round(at / unit) * unit
    # A round number may be a row's own all the same; then a little beside it is as good.
    near = np.where(near == at, near + unit / 2, near)
    if kind in ("datetime", "time"):
        moments = near.astype(np.int64).astype("datetime64[s]")
        return near, [f"about {_said(each, kind)[:7]}" for each in moments]
    return near, [f"about {figure(float(each))}" for each in near]


def _said(value: Any, kind: str) -> str:
    if kind == "datetime":
        return str(value.astype("datetime64[D]"))
    if kind == "time":
        return str(value.astype("datetime64[m]")).partition("T")[2]
    return figure(float(value))


def _grid_of_categories(values: NDArray[Any], private: bool) -> dict[str, Any] | None:
    import pandas as pd

    codes, uniques = pd.factorize(values, use_na_sentinel=False)
    counts = np.bincount(codes)
    order = np.argsort(-counts, kind="stable")[:_CATEGORIES]
    if len(order) < 2:
        return None
    return {
        "places": np.array([int(np.argmax(codes == code)) for code in order]),
        "at": np.arange(len(order)),
        "said": [category_name(uniques[code], place, private) for place, code in enumerate(order)],
        "categories": True,
        "dates": False,
        "counts": [int(counts[code]) for code in order],
        "rug": None,
    }
