"""Columns that hold similar information."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.predictor.base import PredictorBase

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["Alike", "cramers_v", "features_of", "inputs_of", "most_alike"]

#: Columns count as alike from this correlation, or this Cramér's V, on.
_ALIKE = 0.6
_MOST_PAIRS = 3


@dataclass(frozen=True)
class Alike:
    """Two columns that hold similar information.

    Attributes:
        columns: both names.
        correlation: of their values; for two columns of categories Cramér's V, from 0 to 1.
        categories: whether they hold categories.
    """

    columns: tuple[str, str]
    correlation: float
    categories: bool

    def __str__(self) -> str:
        one, other = self.columns
        sign = "" if self.categories else "+"
        return f"{one!r} and {other!r} ({self.correlation:{sign}.2f})"


def features_of(predictor: PredictorBase) -> list[str]:
    """Columns that become inputs, in the order of the schema."""
    sources = {column.source for column in predictor.preprocessor.columns}
    return [column.name for column in predictor.schema.features if column.name in sources]


def inputs_of(predictor: PredictorBase, source: str) -> NDArray[np.int64]:
    """The network's inputs that come from a column of the table."""
    columns = predictor.preprocessor.columns
    return np.flatnonzero([column.source == source for column in columns])


def most_alike(
    predictor: PredictorBase,
    table: Table,
    rows: NDArray[np.int64],
    x: Floats,
    chosen: Sequence[str],
) -> tuple[Alike, ...]:
    """The pairs of columns that are most alike and include one of the columns ``chosen``."""
    kinds = {column.name: column.kind for column in predictor.schema.features}
    used = features_of(predictor)
    numbers = [name for name in used if kinds[name] in ("numeric", "integer", "boolean")]
    # The first input of a numeric column is its values; others mark missing cells.
    values = x[:, [int(inputs_of(predictor, name)[0]) for name in numbers]].astype(np.float64)
    pairs = [
        Alike((one, other), correlation, categories=False)
        for one, other, correlation in _pairs(numbers, _correlations(values))
    ]
    names = [name for name in used if kinds[name] == "category"]
    codes = [_codes(predictor.schema.values(table, name, rows)) for name in names]
    strength = np.array([[cramers_v(one, other) for other in codes] for one in codes])
    pairs += [Alike((one, other), v, categories=True) for one, other, v in _pairs(names, strength)]
    pairs = [pair for pair in pairs if set(pair.columns) & set(chosen)]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair.correlation))[:_MOST_PAIRS])


def _pairs(names: Sequence[str], strength: Doubles) -> Iterator[tuple[str, str, float]]:
    """Each pair of names whose strength is high enough."""
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            if abs(strength[i, j]) >= _ALIKE:
                yield one, names[j], float(strength[i, j])


def _correlations(values: Doubles) -> Doubles:
    """Pearson's correlations; 0 for a column that does not vary."""
    away = values - values.mean(axis=0)
    norms = np.sqrt(np.square(away).sum(axis=0))
    away = np.divide(away, norms, out=np.zeros_like(away), where=norms > 0)
    return np.asarray(away.T @ away)


def _codes(values: NDArray[Any]) -> NDArray[np.int64]:
    """A number for each category; missing counts as one."""
    import pandas as pd

    return np.asarray(pd.factorize(values, use_na_sentinel=False)[0], np.int64)


def cramers_v(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """How well two columns of categories predict each other, 0 to 1, corrected for chance.

    Source: Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T".
    """
    n = len(one)
    sizes, others = np.bincount(one), np.bincount(other)
    cells, counts = np.unique(one * len(others) + other, return_counts=True)
    expected = sizes[cells // len(others)] * others[cells % len(others)]
    contingency = float((counts**2 / expected).sum()) - 1
    r, k = len(sizes), len(others)
    rest = max(0.0, contingency - (r - 1) * (k - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    return min(1.0, math.sqrt(rest / least)) if least > 1e-9 else 0.0
