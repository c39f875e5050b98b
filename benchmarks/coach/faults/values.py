"""Values that cannot be used: missing, infinite, or codes that an embedding does not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.coach.criteria import Pair, made, not_finite
from benchmarks.coach.faults.registry import NUMBER, Draw, fault
from benchmarks.coach.recipe import Recipe
from benchmarks.coach.rows import Array, Part, Rows
from trimtab import layers

BANDS = 6


@fault("non-finite-values", not_finite)
def gaps_in_a_column(base: Recipe, draw: Draw) -> Pair:
    """A column of a measurement that was not always taken."""
    x, column = base.rows.x.train.copy(), draw.integers(base.rows.x.train.shape[1])
    x[draw.random(len(x)) < 0.03, column] = np.nan
    return Pair(base.on(replace(base.rows, x=replace(base.rows.x, train=x))), base)


@fault("non-finite-values", not_finite)
def logarithm_of_zero(base: Recipe, draw: Draw) -> Pair:
    """log() of a column that has zeros."""
    x, column = base.rows.x.train.copy(), draw.integers(base.rows.x.train.shape[1])
    x[draw.random(len(x)) < 0.01, column] = -np.inf
    return Pair(base.on(replace(base.rows, x=replace(base.rows.x, train=x))), base)


@fault("non-finite-values", not_finite, tasks=NUMBER)
def rows_without_a_target(base: Recipe, draw: Draw) -> Pair:
    y = base.rows.y.train.copy()
    y[draw.choice(len(y), 3, replace=False)] = np.nan
    return Pair(base.on(replace(base.rows, y=replace(base.rows.y, train=y))), base)


@fault("non-finite-values", not_finite)
def gaps_in_validation_rows(base: Recipe, draw: Draw) -> Pair:
    """Gaps were filled in the training rows alone."""
    x, column = base.rows.x.valid.copy(), draw.integers(base.rows.x.train.shape[1])
    x[draw.random(len(x)) < 0.1, column] = np.nan
    x[0, column] = np.nan
    return Pair(base.on(replace(base.rows, x=replace(base.rows.x, valid=x))), base)


# -- embeddings -----------------------------------------------------------------------------------


def _bands(rows: Rows, draw: Draw) -> tuple[Rows, int]:
    """One column as the number of a band, behind the others."""
    distinct = [len(np.unique(column)) for column in rows.x.train.T]
    wide = [number for number, count in enumerate(distinct) if count > 20] or [
        int(np.argmax(distinct))
    ]
    column = int(draw.choice(wide))
    edges = np.unique(np.quantile(rows.x.train[:, column], np.linspace(0, 1, BANDS + 1)[1:-1]))

    def banded(x: Array) -> Array:
        codes = np.digitize(x[:, column], edges).astype(np.float32)
        return np.column_stack([np.delete(x, column, axis=1), codes])

    return rows.with_x(banded), len(edges) + 1


def _embedded(base: Recipe, rows: Rows, size: int) -> Recipe:
    return base.on(rows).with_(front=(lambda: layers.CategoryEmbedding([size], dims=[3]),))


def _shifted(rows: Rows, codes: Part) -> Rows:
    parts = zip((rows.x.train, rows.x.valid, rows.x.test), vars(codes).values(), strict=True)
    return replace(rows, x=Part(*(np.column_stack([x[:, :-1], code]) for x, code in parts)))


@fault("codes-out-of-range", not_finite)
def codes_that_start_at_one(base: Recipe, draw: Draw) -> Pair:
    rows, size = _bands(base.rows, draw)
    codes = rows.x.each(lambda x: x[:, -1] + 1)
    return Pair(_embedded(base, _shifted(rows, codes), size), _embedded(base, rows, size))


@fault("codes-out-of-range", not_finite)
def embedding_one_too_small(base: Recipe, draw: Draw) -> Pair:
    """The largest code was taken for the number of codes."""
    rows, size = _bands(base.rows, draw)
    return Pair(_embedded(base, rows, size - 1), _embedded(base, rows, size))


@fault("codes-out-of-range", not_finite)
def missing_codes_are_minus_one(base: Recipe, draw: Draw) -> Pair:
    """Pandas' code of a missing category."""
    rows, size = _bands(base.rows, draw)

    def gaps(x: Array) -> Array:
        return np.where(np.arange(len(x)) % 37 == 5, -1.0, x[:, -1]).astype(np.float32)

    return Pair(
        _embedded(base, _shifted(rows, rows.x.each(gaps)), size), _embedded(base, rows, size)
    )


def changed_codes(pair: Pair) -> float:
    """Layers before the embedding, each of which changes its codes."""
    return float(len(pair.sick.front) - 1)


@fault("codes-changed", made(changed_codes, 1))
def normalized_codes(base: Recipe, draw: Draw) -> Pair:
    mended = _embedded(base, *_bands(base.rows, draw))
    before = lambda: layers.BatchNormalization(momentum=0.9)  # noqa: E731
    return Pair(mended.with_(front=(before, *mended.front)), mended)


@fault("codes-changed", made(changed_codes, 1))
def dropped_codes(base: Recipe, draw: Draw) -> Pair:
    mended = _embedded(base, *_bands(base.rows, draw))
    return Pair(mended.with_(front=(lambda: layers.Dropout(0.2), *mended.front)), mended)
