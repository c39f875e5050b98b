"""Rows: how they are split, sorted, copied and drawn, and columns that tell the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.coach.criteria import Pair, both, either, made, misleading, optimistic, worse
from benchmarks.coach.faults.registry import ANY, CLASSES, NUMBER, Draw, fault
from benchmarks.coach.recipe import Recipe
from benchmarks.coach.rows import Array, Part, Rows


def _fitting(base: Recipe) -> Recipe:
    """Trained long enough to know its training rows."""
    return base.with_(patience=None, epochs=max(base.epochs, 60)).trained_as("Adam", 0.003)


# -- the same rows on both sides ------------------------------------------------------------------


@fault("shared-rows", optimistic, size=400)
def oversampled_before_the_split(base: Recipe, draw: Draw) -> Pair:
    """Rows were repeated to have more, then split."""
    rows, calm = base.rows, _fitting(base)
    picked = draw.choice(len(rows.x.train), len(rows.x.valid), replace=False)
    keep = len(picked) // 4  # some are new rows
    x, y, truth = (
        np.concatenate([part.train[picked[keep:]], part.valid[:keep]])
        for part in (rows.x, rows.y, rows.truth)
    )
    return Pair(calm.on(rows.validated_on(x, y, truth)), calm)


@fault("shared-rows", optimistic, size=400)
def validated_on_training_rows(base: Recipe, draw: Draw) -> Pair:
    """``validation_data=(x, y)``."""
    rows, calm = base.rows, _fitting(base)
    sick = rows.validated_on(rows.x.train, rows.y.train, rows.truth.train)
    return Pair(calm.on(sick), calm)


@fault("shared-rows", optimistic, size=400)
def split_twice(base: Recipe, draw: Draw) -> Pair:
    """Training rows are the whole table: the split was assigned to other names."""
    rows, calm = base.rows, _fitting(base)
    whole = (np.concatenate([p.train, p.valid]) for p in (rows.x, rows.y, rows.truth, rows.raw))
    x, y, truth, raw = whole
    sick = replace(
        rows,
        x=replace(rows.x, train=x),
        y=replace(rows.y, train=y),
        truth=replace(rows.truth, train=truth),
        raw=replace(rows.raw, train=raw),
    )
    return Pair(calm.on(sick), calm)


def _siblings(rows: Rows, draw: Draw, count: int, spread: float) -> tuple[Rows, Array]:
    """Each training row as `count` measurements of one thing that differ a little."""
    number = np.repeat(np.arange(len(rows.x.train)), count)
    many = rows.taken(number)
    noise = np.asarray(draw.normal(0, spread, many.x.train.shape), np.float32)
    return replace(many, x=replace(many.x, train=many.x.train + noise)), number


def _grouped(base: Recipe, draw: Draw, count: int, spread: float) -> Pair:
    many, number = _siblings(base.rows, draw, count, spread)
    calm, apart = _fitting(base), base.rows
    order = draw.permutation(len(number))
    held = len(order) // 4
    valid, train = order[:held], order[held:]
    mixed = many.taken(train)
    x, y, truth = (part.train[valid] for part in (many.x, many.y, many.truth))
    labels = (number[train], number[valid])
    sick = calm.on(mixed.validated_on(x, y, truth)).with_(groups=labels, epochs=40)
    unseen = (number[train], 10**6 + np.arange(len(apart.x.valid)))
    return Pair(sick, calm.on(mixed).with_(groups=unseen, epochs=40))


@fault("shared-groups", optimistic, size=200)
def repeated_measurements(base: Recipe, draw: Draw) -> Pair:
    """Four measurements of each thing, split at random."""
    return _grouped(base, draw, 4, 0.1)


@fault("shared-groups", optimistic, size=150)
def visits_of_patients(base: Recipe, draw: Draw) -> Pair:
    return _grouped(base, draw, 6, 0.25)


def copied(pair: Pair) -> float:
    """Share of training rows that are copies of an earlier one."""
    rows = pair.sick.rows
    both_sides = np.column_stack([rows.x.train, rows.truth.train])
    return 1 - len(np.unique(both_sides, axis=0)) / len(both_sides)


@fault("duplicate-rows", made(copied, 0.2))
def files_joined_twice(base: Recipe, draw: Draw) -> Pair:
    """Two exports that overlap, one below the other."""
    number = np.arange(len(base.rows.x.train))
    again = draw.choice(number, int(len(number) * draw.uniform(0.3, 0.6)), replace=False)
    return Pair(base.on(base.rows.taken(np.concatenate([number, again]))), base)


@fault("duplicate-rows", made(copied, 0.2), size=300)
def a_join_that_multiplies(base: Recipe, draw: Draw) -> Pair:
    """A join on a key that is not unique: rows two to four times."""
    times = draw.integers(1, 5, len(base.rows.x.train))
    number = draw.permutation(np.repeat(np.arange(len(times)), times))
    return Pair(base.on(base.rows.taken(number)), base)


# -- sorted rows ----------------------------------------------------------------------------------


def _sorted_by(base: Recipe, values: Array, **fit: object) -> Pair:
    order = np.argsort(values, kind="stable")
    shuffled = np.random.default_rng(0).permutation(len(order))
    calm = base.with_(share=0.2)
    sick = calm.on(base.rows.taken(order)).fitted(**fit)
    return Pair(sick, calm.on(base.rows.taken(shuffled)))


@fault("sorted-rows", either(misleading, worse))
def sorted_by_the_target(base: Recipe, draw: Draw) -> Pair:
    """``validation_split`` takes the last rows, which have the largest targets."""
    return _sorted_by(base, base.rows.truth.train)


@fault("sorted-rows", either(misleading, worse))
def sorted_by_a_column(base: Recipe, draw: Draw) -> Pair:
    """Sorted by date, or by size."""
    x = base.rows.x.train
    with np.errstate(invalid="ignore"):
        told = [abs(np.corrcoef(column, base.rows.truth.train)[0, 1]) for column in x.T]
    return _sorted_by(base, x[:, int(np.argmax(np.nan_to_num(told)))])


@fault("sorted-rows", worse)
def sorted_and_not_shuffled(base: Recipe, draw: Draw) -> Pair:
    order = np.argsort(base.rows.truth.train, kind="stable")
    calm = base.with_(patience=None, epochs=30).trained_as("SGD", 0.05)
    return Pair(calm.on(base.rows.taken(order)).fitted(shuffle=False), calm)


# -- validation rows unlike the training rows -----------------------------------------------------


def _validated(base: Recipe, x: Array) -> Pair:
    rows = base.rows
    return Pair(base.on(replace(rows, x=replace(rows.x, valid=x))), base)


@fault("unlike-validation", misleading)
def validation_rows_not_standardized(base: Recipe, draw: Draw) -> Pair:
    return _validated(base, base.rows.raw.valid)


@fault("unlike-validation", misleading)
def one_column_in_other_units(base: Recipe, draw: Draw) -> Pair:
    """Validation rows come from a file in inches, degrees Fahrenheit, cents."""
    x = base.rows.x.valid.copy()
    for column in _told(base)[:3]:
        x[:, column] = 2.54 * x[:, column] + 2
    return _validated(base, x)


@fault("unlike-validation", misleading)
def largest_values_to_validate(base: Recipe, draw: Draw) -> Pair:
    """The last months of a table that has a trend: a column's largest values."""
    rows = base.rows
    parts = [np.concatenate([p.train, p.valid]) for p in (rows.x, rows.y, rows.truth, rows.raw)]
    order = np.argsort(parts[0][:, _told(base)[0]], kind="stable")
    cut = len(rows.x.train)
    kept = [
        Part(part[order[:cut]], part[order[cut:]], old.test)
        for part, old in zip(parts, (rows.x, rows.y, rows.truth, rows.raw), strict=True)
    ]
    return Pair(base.on(rows.made_of(*kept)), base)


def _told(base: Recipe) -> list[int]:
    """Columns in the order of what they tell."""
    rows = base.rows
    with np.errstate(invalid="ignore"):
        found = [abs(np.corrcoef(column, rows.truth.train)[0, 1]) for column in rows.x.train.T]
    return [int(c) for c in np.argsort(np.nan_to_num(found))[::-1]]


# -- columns that tell the target -----------------------------------------------------------------


def _leaking(base: Recipe, draw: Draw, column: Part) -> Pair:
    """One more column, which new rows do not have yet: there it has some other row's value."""
    unknown = replace(column, test=draw.permutation(column.test))
    more = unknown.each(lambda part: part.astype(np.float32)[:, None])
    return Pair(base.on(replace(base.rows, x=base.rows.x.joined(more))), base)


@fault("leaking-column", both(optimistic, worse), tasks=NUMBER)
def the_target_in_other_units(base: Recipe, draw: Draw) -> Pair:
    """A price with and without tax."""
    truth = base.rows.truth
    return _leaking(base, draw, truth.each(lambda z: 1.19 * z + draw.normal(0, 0.02, len(z))))


@fault("leaking-column", both(optimistic, worse), tasks=CLASSES)
def known_only_afterwards(base: Recipe, draw: Draw) -> Pair:
    """What was done because of the class."""
    truth = base.rows.truth

    def acted(k: Array) -> Array:
        return np.asarray(np.where(draw.random(len(k)) < 0.02, 0, k) - truth.train.mean())

    return _leaking(base, draw, truth.each(acted))


@fault("leaking-column", both(optimistic, worse), tasks=NUMBER)
def grade_made_from_the_target(base: Recipe, draw: Draw) -> Pair:
    """Twenty grades of what is to be predicted."""
    truth = base.rows.truth
    edges = np.quantile(truth.train, np.linspace(0, 1, 21)[1:-1])
    return _leaking(base, draw, truth.each(lambda z: (np.digitize(z, edges) - 10) / 5.8))


@fault("leaking-column", both(optimistic, worse), tasks=ANY)
def mean_target_of_a_row(base: Recipe, draw: Draw) -> Pair:
    """Categories so fine that the mean of their targets is the row's own."""
    truth, spread = base.rows.truth, float(base.rows.truth.train.std())
    return _leaking(
        base,
        draw,
        truth.each(lambda z: (z - truth.train.mean()) / spread + draw.normal(0, 0.1, len(z))),
    )


# -- classes --------------------------------------------------------------------------------------


def _rare(base: Recipe, draw: Draw, share: float) -> Pair:
    """The rarest class down to this share of the rows; errors count classes alike."""
    rows = base.rows

    def thinned(truth: Array) -> Array:
        rare = np.flatnonzero(truth == rows.kinds - 1)
        others = np.flatnonzero(truth != rows.kinds - 1)
        most = max(4, int(len(others) * share / (1 - share)))
        return np.sort(np.concatenate([others, rare[:most]]))

    fewer = rows.taken(thinned(rows.truth.train), thinned(rows.truth.valid))
    fewer = replace(fewer, measure="balanced")
    counts = np.bincount(fewer.truth.train.astype(int), minlength=rows.kinds)
    weights = {k: len(fewer.truth.train) / rows.kinds / c for k, c in enumerate(counts) if c}
    sick = base.on(fewer)
    return Pair(sick, sick.fitted(class_weight=weights))


@fault("unequal-classes", tasks=("binary",), size=1500)
def three_percent_of_a_class(base: Recipe, draw: Draw) -> Pair:
    return _rare(base, draw, 0.03)


@fault("unequal-classes", tasks=("binary",), size=1500)
def one_percent_of_a_class(base: Recipe, draw: Draw) -> Pair:
    return _rare(base, draw, 0.012)


@fault("unequal-classes", tasks=CLASSES, size=1000)
def five_percent_and_small_steps(base: Recipe, draw: Draw) -> Pair:
    pair = _rare(base, draw, 0.05)
    return Pair(*(run.with_(epochs=max(10, run.epochs // 2)) for run in (pair.sick, pair.mended)))
