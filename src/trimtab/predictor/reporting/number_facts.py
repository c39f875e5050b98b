"""Facts on predicted numbers: beside the true ones, their errors, and where errors are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.random import Stream, permutation
from trimtab.core.types import Doubles
from trimtab.core.words import figure
from trimtab.insight.uncertainty.conformal import group_numbers
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.draws import Draws, weights_or_ones
from trimtab.predictor.reporting.plain import number, numbers
from trimtab.predictor.reporting.rows import Seen

__all__ = ["FEWEST", "errors_along", "number_facts"]

#: Most dots of a picture.
MOST_DOTS = 2_000

#: Bars of the histogram of errors, and squares along a side where single rows are not shown.
_BARS, _SIDE, _LEAST_SIDE = 31, 24, 6

#: Fewest rows that a square or a part shows where single rows are not shown.
FEWEST = 5

#: Parts of a column of numbers, and most categories of another.
_PARTS, _CATEGORIES = 8, 7


def number_facts(y: Doubles, p: Doubles, *, private: bool) -> dict[str, Any]:
    """Predictions of one target beside the true numbers.

    Args:
        y: true numbers ``(n,)``.
        p: predictions ``(n,)``.
        private: whether single rows are left out.
    """
    errors = p - y
    varies = y.std() > 0 and p.std() > 0
    low, high = np.quantile(errors, [0.005, 0.995]) if len(errors) > 1 else (errors[0], errors[0])
    reach = float(max(abs(low), abs(high))) or 1.0
    edges = np.linspace(-reach, reach, _BARS + 1)
    counts, _ = np.histogram(np.clip(errors, -reach, reach), edges)
    facts: dict[str, Any] = {
        "rows": len(y),
        "correlation": number(np.corrcoef(y, p)[0, 1] if varies else 0.0, 3),
        "edges": numbers(edges, 4),
        "counts": counts.tolist(),
        "quartiles": numbers(np.quantile(errors, [0.25, 0.5, 0.75]), 4),
    }
    if private:
        return {**facts, "cells": _squares(y, p)}
    drawn = np.sort(permutation(0, Stream.IMPORTANCE, 3, len(y))[:MOST_DOTS])
    actual = y[drawn]
    return {
        **facts,
        "actual": numbers(_apart(actual), 5),
        "predicted": numbers(p[drawn], 5),
        "shown": len(drawn),
        "apart": bool(_few(actual)),
    }


def _few(y: Doubles) -> bool:
    """Whether there are so few values that dots would lie on each other."""
    return len(y) > 100 and len(np.unique(y)) <= 20


def _apart(y: Doubles) -> Doubles:
    """Values moved a little to the sides where there are few of them."""
    if not _few(y):
        return y
    gap = float(np.diff(np.unique(y)).min()) if len(np.unique(y)) > 1 else 1.0
    shifts = ((np.arange(len(y)) * 0.6180339887) % 1.0) - 0.5  # evenly spread, always the same
    return np.asarray(y + 0.5 * gap * shifts)


def _squares(y: Doubles, p: Doubles) -> dict[str, Any]:
    """How many rows are in each square, of those with enough of them."""
    low, high = np.quantile(np.concatenate([y, p]), [0.01, 0.99])
    if not low < high:
        low, high = low - 0.5, high + 0.5
    side = max(_LEAST_SIDE, min(_SIDE, int(np.sqrt(len(y) / FEWEST))))
    edges = np.linspace(low, high, side + 1)
    counts, _, _ = np.histogram2d(y, p, (edges, edges))
    found = np.argwhere(counts >= FEWEST)
    return {
        "low": number(low, 3),
        "high": number(high, 3),
        "side": side,
        "counts": [[int(i), int(j), int(counts[i, j])] for i, j in found],
    }


def errors_along(
    predictor: PredictorBase, seen: Seen, errors: Doubles, columns: Sequence[str], *, private: bool
) -> list[dict[str, Any]]:
    """Errors along some columns: mean, standard error and quartiles in parts of the rows.

    Args:
        predictor: the model.
        seen: rows.
        errors: prediction less truth of each.
        columns: to look at.
        private: whether values are left out.
    """
    groups = None if seen.groups is None else group_numbers(seen.groups, len(seen))
    weights = weights_or_ones(seen.weights, len(seen))
    found = []
    for name in columns:
        kind = predictor.schema.column(name).kind
        values = predictor.schema.values(seen.table, name, seen.rows)
        if kind in ("category", "text"):
            parts = _categories(values, private)
        elif kind in ("numeric", "integer", "boolean"):
            parts = _of_numbers(np.asarray(values, np.float64), private)
        else:
            continue
        facts = []
        for chosen, at, said in parts:
            if int(chosen.sum()) < FEWEST or not weights[chosen].any():
                continue
            own = errors[chosen]
            score = Draws(
                weights[chosen],
                None if groups is None else np.unique(groups[chosen], return_inverse=True)[1],
            ).mean(own)
            lower, upper = np.quantile(own, [0.25, 0.75])
            facts.append(
                {
                    "at": number(at, 4),
                    "said": said,
                    "rows": len(own),
                    "mean": number(score.value, 4),
                    "error": number(score.error, 3),
                    "lower": number(lower, 4),
                    "upper": number(upper, 4),
                }
            )
        if len(facts) > 1:
            found.append(
                {"column": name, "categories": kind in ("category", "text"), "parts": facts}
            )
    return found


Part = tuple[NDArray[np.bool_], float, str]


def _of_numbers(values: Doubles, private: bool) -> list[Part]:
    """Equally large parts of the rows, from the smallest values to the largest."""
    known = np.isfinite(values)
    if not known.any():
        return []
    distinct = np.unique(values[known])
    if len(distinct) <= _PARTS:
        kept = [each for each in distinct if not private or np.sum(values == each) >= FEWEST]
        return [(values == each, float(each), figure(float(each))) for each in kept]
    cuts = np.unique(np.quantile(values[known], np.linspace(0, 1, _PARTS + 1)))
    parts: list[Part] = []
    for place, (low, high) in enumerate(itertools.pairwise(cuts)):
        last = place == len(cuts) - 2
        chosen = known & (values >= low) & ((values <= high) if last else (values < high))
        if chosen.any():
            middle = float(np.median(values[chosen]))
            if private:
                middle = float(f"{middle:.2g}")
            said = (
                f"about {figure(float(f'{middle:.2g}'))}"
                if private
                else (f"{figure(float(low))} to {figure(float(high))}")
            )
            parts.append((chosen, middle, said))
    return parts


def _categories(values: NDArray[Any], private: bool) -> list[Part]:
    """The most frequent categories; missing is one."""
    import pandas as pd

    codes, uniques = pd.factorize(values, use_na_sentinel=False)
    order = np.argsort(-np.bincount(codes), kind="stable")[:_CATEGORIES]
    return [
        (codes == code, float(place), category_name(uniques[code], place, private))
        for place, code in enumerate(order)
    ]


def category_name(value: Any, place: int, private: bool) -> str:
    """What a category is called: by its rank where values are left out.

    Example:
        >>> category_name("red", 0, False), category_name("red", 0, True)
        ('red', 'no. 1')
        >>> category_name(None, 2, False)
        'missing'
    """
    missing = value is None or value != value
    if missing:
        return "missing"
    return f"no. {place + 1}" if private else str(value)
