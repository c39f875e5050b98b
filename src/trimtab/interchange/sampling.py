"""Rows to compare an exported file on: like those of training, and edge cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.interchange.graph.graph import Port
from trimtab.predictor.base import PredictorBase
from trimtab.tables.columns.column import Column
from trimtab.tables.preprocessing.also_categories import AlsoCategories
from trimtab.tables.preprocessing.categories import Codes, OneHot
from trimtab.tables.preprocessing.dates import Moment
from trimtab.tables.preprocessing.numeric import Numeric
from trimtab.tables.preprocessing.scaling import Quantile, Robust, Standard
from trimtab.tables.preprocessing.step import Step

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["sampled"]

#: Most rows that edge cases may need.
_FORCED = 2000

#: An unseen category.
UNSEEN = "never seen in training"

_DAY = 24 * 60 * 60 * 10**9
#: Dates reach from 1678 to 2261.
_FARTHEST = 290 * 365 * _DAY

#: The largest whole number that float64 holds exactly, and a number far from all others.
_WHOLE, _FAR = 2.0**53, 1e300


def sampled(
    predictor: PredictorBase, ports: Sequence[Port], rows: int, seed: int = 0
) -> pd.DataFrame:
    """Random rows with the columns of a predictor.

    Each column comes from what training rows looked like, as far as their scaling tells. Then each
    column in turn is missing, low, high and, of categories, unseen, beside a row as it was.

    Args:
        predictor: the model.
        ports: the inputs of its file, which say what can be missing.
        rows: how many; more, up to 2,000, if that is too few for the edge cases. Of very wide
            tables several columns are at an edge in one row.
        seed: of the draws.
    """
    import pandas as pd

    generator = np.random.default_rng(seed)
    steps = {step.source: step for step in predictor.preprocessor.steps}
    exact = {port.name for port in ports if port.dtype == "bool"}
    exact |= {port.name for port in ports if _is_whole(port, steps)}
    features = predictor.schema.features
    edges = {
        column.name: _edges(steps.get(column.name), column, column.name not in exact)
        for column in features
    }
    forced = sum(map(len, edges.values()))
    made = {}
    count, begin = max(rows, min(forced, _FORCED)), 0
    for column in features:
        step, own = steps.get(column.name), edges[column.name]
        cells = _drawn(step, column, count, generator, column.name not in exact)
        for cell in own:
            cells[begin % count] = cell
            begin += 1
        made[column.name] = _stored(cells, column, column.name in exact)
    return pd.DataFrame(made)


def _is_whole(port: Port, steps: dict[str, Step]) -> bool:
    return port.dtype == "int64" and not isinstance(steps.get(port.name), Moment)


def _stored(cells: list[Any], column: Column, exact: bool) -> Any:
    if column.kind in ("datetime", "time"):
        return np.array(cells, "int64").view("datetime64[ns]")
    if column.kind in ("category", "text"):
        return np.array(cells, object)
    if column.kind == "boolean":
        truths = np.array(cells, np.float64)
        return truths.astype(bool) if exact else truths
    return np.array(cells, np.int64 if exact else np.float64)


def _edges(step: Step | None, column: Column, gaps: bool) -> list[Any]:
    """Cells that each have a row of their own."""
    if isinstance(step, OneHot | Codes):
        vocabulary = step.vocabulary
        return [None, "", UNSEEN, *vocabulary.categories[:3], *vocabulary.rare[:3]]
    if isinstance(step, Moment):
        nowhere = np.iinfo(np.int64).min
        if column.kind == "time":
            return [nowhere, 0, _DAY - 10**9]
        return [nowhere, step.origin, step.fill, -_FARTHEST, _FARTHEST, 951_782_400 * 10**9]
    if not isinstance(step, Numeric | AlsoCategories):
        return []
    missing = [np.nan] if gaps else []
    if column.kind == "boolean":
        return [*missing, 0, 1]
    low, high = _range(step)
    far = [] if _unscaled(step) else [-_FAR, _FAR] if gaps else [-_WHOLE, _WHOLE]
    return [*missing, low, high, 0, *far]


def _numeric(step: Numeric | AlsoCategories) -> Numeric:
    return step.numeric if isinstance(step, AlsoCategories) else step


def _unscaled(step: Numeric | AlsoCategories) -> bool:
    scaling = _numeric(step).scaling
    return not isinstance(scaling, Standard | Robust | Quantile)


def _range(step: Numeric | AlsoCategories) -> tuple[float, float]:
    """About the lowest and highest numbers of training rows, whole where these are."""
    scaling = _numeric(step).scaling
    if isinstance(scaling, Standard):
        reach = scaling.limit * scaling.scale
        return np.floor(scaling.mean - reach), np.ceil(scaling.mean + reach)
    if isinstance(scaling, Robust):
        reach = 20 * scaling.scale
        return np.floor(scaling.center - reach), np.ceil(scaling.center + reach)
    if isinstance(scaling, Quantile):
        return float(np.floor(scaling.knots[0])) - 1, float(np.ceil(scaling.knots[-1])) + 1
    fill = _numeric(step).fill
    return np.floor(fill - 1), np.ceil(fill + 1)


def _drawn(
    step: Step | None, column: Column, rows: int, generator: np.random.Generator, gaps: bool
) -> list[Any]:
    """Cells like those of training rows; a twentieth are missing where they can be."""
    gone = generator.random(rows) < (0.05 if gaps else 0.0)
    if isinstance(step, OneHot | Codes) or column.kind in ("category", "text"):
        known: list[str | None] = [UNSEEN]
        if isinstance(step, OneHot | Codes):
            known = [*step.vocabulary.categories, *step.vocabulary.rare, UNSEEN]
        chosen = generator.integers(0, len(known), rows)
        return [None if missing else known[at] for missing, at in zip(gone, chosen, strict=True)]
    if column.kind in ("datetime", "time"):
        return _moments(step, column, gone, generator)
    if column.kind == "boolean":
        cells = generator.integers(0, 2, rows).astype(np.float64)
    else:
        cells = _numbers(step, rows, generator)
        if column.kind == "integer" or not gaps:
            cells = np.round(cells)
    cells[gone] = np.nan
    return list(cells)


def _moments(
    step: Step | None, column: Column, gone: NDArray[np.bool_], generator: np.random.Generator
) -> list[Any]:
    rows = len(gone)
    if column.kind == "time":
        found = generator.integers(0, 86_400, rows) * 10**9
    else:
        origin = step.origin if isinstance(step, Moment) else 0
        reach = 2 * abs(step.fill - origin) + _DAY if isinstance(step, Moment) else _DAY
        reach = min(reach, _FARTHEST // 2)
        seconds = generator.integers(-reach // 10 // 10**9, reach // 10**9, rows)
        found = (origin // 10**9 + seconds) * 10**9
    return list(np.where(gone, np.iinfo(np.int64).min, found))


def _numbers(step: Step | None, rows: int, generator: np.random.Generator) -> NDArray[np.float64]:
    if isinstance(step, AlsoCategories):
        return generator.choice(step.values, rows) + (generator.random(rows) < 0.1)
    scaling = step.scaling if isinstance(step, Numeric) else None
    if isinstance(scaling, Quantile):
        places = generator.uniform(0, len(scaling.knots) - 1, rows)
        whole = generator.random(rows) < 0.3
        places = np.where(whole, np.round(places), places)
        return np.interp(places, np.arange(len(scaling.knots)), scaling.knots)
    draw: Callable[[], NDArray[np.float64]] = lambda: generator.standard_t(3, rows)  # noqa: E731
    if isinstance(scaling, Standard):
        return scaling.mean + scaling.scale * draw()
    if isinstance(scaling, Robust):
        return scaling.center + scaling.scale * draw()
    fill = step.fill if isinstance(step, Numeric) else 0.0
    return fill + (1 + abs(fill)) * 0.2 * draw()
