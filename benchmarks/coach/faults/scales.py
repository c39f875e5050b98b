"""Scales of columns and targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.coach.criteria import Pair, both, made, worse
from benchmarks.coach.faults.registry import NUMBER, Draw, fault
from benchmarks.coach.recipe import Recipe
from benchmarks.coach.rows import Array, Part


def _informative(base: Recipe, count: int) -> Array:
    """The columns that go most with the truth."""
    rows = base.rows
    with np.errstate(invalid="ignore"):
        found = [abs(np.corrcoef(column, rows.truth.train)[0, 1]) for column in rows.x.train.T]
    return np.argsort(np.nan_to_num(found))[::-1][:count]


@fault("input-scales")
def raw_columns(base: Recipe, draw: Draw) -> Pair:
    """Nobody standardized."""
    return Pair(base.on(replace(base.rows, x=base.rows.raw)), base)


@fault("input-scales")
def raw_columns_with_sgd(base: Recipe, draw: Draw) -> Pair:
    raw = base.on(replace(base.rows, x=base.rows.raw)).trained_as("SGD", 0.01)
    return Pair(raw, base.trained_as("SGD", 0.01, momentum=0.9))


@fault("input-scales")
def one_column_in_thousandths(base: Recipe, draw: Draw) -> Pair:
    """Grams among kilograms: one column a thousand times as large."""
    column = int(draw.integers(base.rows.x.train.shape[1]))

    def changed(x: Array) -> Array:
        x = x.copy()
        x[:, column] *= 1000
        return x

    return Pair(base.on(base.rows.with_x(changed)), base)


@fault("input-scales")
def percentages_and_counts(base: Recipe, draw: Draw) -> Pair:
    """Every column in a unit of its own, from tenths to ten thousands."""
    powers = draw.integers(-1, 5, base.rows.x.train.shape[1])
    powers[int(draw.integers(len(powers)))] = 4
    scales = (10.0**powers).astype(np.float32)
    sick = base.on(base.rows.with_x(lambda x: (x + 1) * scales))
    return Pair(sick, base)


def digits_lost(pair: Pair) -> float:
    """The largest share of a column's distinct values that are gone."""
    was, now = (
        [len(np.unique(column)) for column in recipe.rows.x.train.T]
        for recipe in (pair.mended, pair.sick)
    )
    return max(1 - b / a for a, b in zip(was, now, strict=True))


@fault("float32-resolution", made(digits_lost, 0.1))
def seconds_since_1970(base: Recipe, draw: Draw) -> Pair:
    """Times within some hours: 1.7e9 and some."""
    return _far(base, 1.7e9, 3600.0)


@fault("float32-resolution", made(digits_lost, 0.1))
def numbers_with_a_large_offset(base: Recipe, draw: Draw) -> Pair:
    return _far(base, float(draw.choice([1e6, 1e7, 1e8])), 1.0)


@fault("float32-resolution", both(made(digits_lost, 0.1), worse))
def coordinates_in_millimetres(base: Recipe, draw: Draw) -> Pair:
    return _far(base, 5.4e9, 100.0, count=3)


def _far(base: Recipe, offset: float, spread: float, count: int = 1) -> Pair:
    """The most telling columns that have many values, far from 0; the mended run has them near."""
    told = _informative(base, base.rows.x.train.shape[1])
    many = [c for c in told if len(np.unique(base.rows.x.train[:, c])) > 50][:count]
    chosen = many or [int(told[0])]

    def far(x: Array) -> Array:
        wide = x.astype(np.float64)
        wide[:, chosen] = wide[:, chosen] * spread + offset
        return wide.astype(np.float32)

    return Pair(base.on(base.rows.with_x(far)), base)


@fault("target-scale", tasks=NUMBER)
def prices_in_units(base: Recipe, draw: Draw) -> Pair:
    """A price: 200,000 and some."""
    return _target(base, 2e5, 5e4)


@fault("target-scale", tasks=NUMBER)
def far_from_zero(base: Recipe, draw: Draw) -> Pair:
    """A year."""
    return _target(base, 1990.0, 12.0)


@fault("target-scale", tasks=NUMBER)
def tiny_targets(base: Recipe, draw: Draw) -> Pair:
    """Daily returns, concentrations."""
    return _target(base, 0.0, 1e-4)


@fault("target-scale", tasks=NUMBER)
def hundreds(base: Recipe, draw: Draw) -> Pair:
    return _target(base, 400.0, 150.0)


def _target(base: Recipe, center: float, scale: float) -> Pair:
    rows = base.rows.with_y(
        lambda y: (y * scale + center).astype(np.float32), lambda found: (found - center) / scale
    )
    return Pair(base.on(rows), base)


def _incomes(base: Recipe, spread: float) -> Pair:
    """The target is the exponential of what there is; errors are absolute, in its own units."""
    rows = base.rows
    truth = rows.truth.each(lambda z: np.exp(spread * z.astype(np.float64)))
    center, scale = truth.train.mean(), truth.train.std()
    plain = Part(*((part - center) / scale for part in vars(truth).values()))
    with np.errstate(over="ignore"):
        sick = replace(
            rows,
            y=plain.each(lambda y: y.astype(np.float32)),
            truth=truth,
            read=lambda found: found * scale + center,
            measure="absolute",
        )
    top = float(np.abs(rows.truth.train).max())
    mended = replace(
        rows,
        truth=truth,
        read=lambda found: np.exp(spread * np.clip(found, -top, top)),
        measure="absolute",
    )
    return Pair(base.on(sick), base.on(mended))


@fault("heavy-tailed-target", tasks=NUMBER)
def incomes(base: Recipe, draw: Draw) -> Pair:
    """A target that spans orders of magnitude, standardized."""
    return _incomes(base, 1.5)


@fault("heavy-tailed-target", tasks=NUMBER)
def sizes_of_claims(base: Recipe, draw: Draw) -> Pair:
    return _incomes(base, 2.0)


@fault("heavy-tailed-target", tasks=NUMBER)
def views_of_pages(base: Recipe, draw: Draw) -> Pair:
    return _incomes(base, 2.5)


def constant_columns(pair: Pair) -> float:
    """Columns of which all rows, or all but one in a thousand, are the same."""
    shares = [np.unique(c, return_counts=True)[1].max() for c in pair.sick.rows.x.train.T]
    return float(sum(share >= 0.999 * len(pair.sick.rows.x.train) for share in shares))


@fault("constant-columns", made(constant_columns, 1))
def one_value(base: Recipe, draw: Draw) -> Pair:
    """A column that a filter made constant."""
    value = float(draw.choice([0.0, 1.0, 3.0]))
    return Pair(base.on(base.rows.with_x(lambda x: np.c_[x, np.full(len(x), value, "f4")])), base)


@fault("constant-columns", made(constant_columns, 1))
def indicators_of_no_row(base: Recipe, draw: Draw) -> Pair:
    """Indicators of categories that are not among these rows."""
    return Pair(base.on(base.rows.with_x(lambda x: np.c_[x, np.zeros((len(x), 3), "f4")])), base)
