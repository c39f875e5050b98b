"""Which rows each trial is trained on and which it is tested on: the splits of a comparison.

Where the rows allow it, splits are *parts* that share no row, so that their differences are
independent. Otherwise the splits overlap, and the statistics have to allow for it
(:mod:`trimtab.trials.statistics`). Rows that choose a variant are never tested on to report it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.random import Stream, permutation
from trimtab.core.words import count
from trimtab.errors import InvalidArgument, InvalidData

__all__ = ["DESIGNS", "LEAST_IN_PART", "Design", "TrialRows", "Units", "held_out", "make_design"]

Rows = NDArray[np.int64]

#: ``auto`` takes parts where each has enough rows, else repeated holdouts.
DESIGNS = ("auto", "parts", "holdout", "folds")

#: The fewest rows of a part with which ``auto`` takes parts.
LEAST_IN_PART = 1_000

#: The fewest rows to train on and to test on.
LEAST_TO_TRAIN, LEAST_TO_TEST = 10, 5

#: Share of the rows that choose between variants where splits overlap. Their pairs train on fewer
#: rows than those that report: a smaller share would choose for a smaller table.
CHOOSE = 0.5

#: The fewest groups or moments of a part.
LEAST_UNITS = 4


@dataclass(frozen=True, eq=False)
class Units:
    """What is divided: rows that stay together are one unit.

    Attributes:
        of_rows: the number of each row's unit; moments are numbered in the order of time.
        count: how many units there are.
        classes: the class of each unit, so that every split has its share; None: numbers.
        timed: whether units are moments, and later ones are tested on.
        groups: the number of each row's group, where there are times besides.
        what: the units in words: rows, groups, moments.
    """

    of_rows: Rows
    count: int
    classes: Rows | None = None
    timed: bool = False
    groups: Rows | None = None
    what: str = "rows"

    @classmethod
    def of(
        cls,
        rows: int,
        *,
        groups: Any = None,
        times: Any = None,
        classes: Any = None,
        copies: Any = None,
    ) -> Units:
        """Units of so many rows.

        Args:
            rows: how many.
            groups: the group of each row.
            times: when each row is from; anything that sorts.
            classes: the class number of each row.
            copies: the number of each distinct row, the same for copies of a row.
        """
        numbered = None if groups is None else _numbered("groups", groups, rows)
        if times is not None:
            found = _numbered("times", times, rows)
            return cls(found, int(found.max()) + 1, timed=True, groups=numbered, what="moments")
        if numbered is not None:
            return cls(numbered, int(numbered.max()) + 1, what="groups")
        found = np.arange(rows) if copies is None else _numbered("copies", copies, rows)
        distinct = int(found.max()) + 1
        if distinct * 2 < rows:  # in a table of few categories equal rows are different cases
            found, distinct = np.arange(rows), rows
        first = np.zeros(distinct, np.int64)
        first[found[::-1]] = np.arange(rows)[::-1]
        kinds = None if classes is None else np.asarray(classes, np.int64)[first]
        return cls(found, distinct, kinds)

    def rows_in(self, units: Rows) -> Rows:
        """The rows of these units, sorted."""
        inside = np.zeros(self.count, np.bool_)
        inside[units] = True
        return np.flatnonzero(inside[self.of_rows])

    def drawn(self, units: Rows, seed: int, index: int) -> Rows:
        """These units in a random order, class by class; moments in the order of time."""
        if self.timed:
            return np.sort(units)
        order = units[permutation(seed, Stream.TRIALS, index, len(units))]
        if self.classes is None:
            return order
        return order[np.argsort(self.classes[order], kind="stable")]


@dataclass(frozen=True, eq=False)
class TrialRows:
    """The rows of one split.

    Attributes:
        train, test: row numbers, sorted.
        chooses: whether the split only chooses between variants, and reports nothing.
    """

    train: Rows
    test: Rows
    chooses: bool


@dataclass(frozen=True, eq=False)
class Design:
    """The splits of a comparison.

    Attributes:
        kind: ``parts``, ``holdout`` or ``folds``.
        splits: those that choose first, then those that report.
        overlap: rows to test on as a share of those to train on, where splits share rows; 0: they
            share none.
        how: in a sentence.
    """

    kind: str
    splits: tuple[TrialRows, ...]
    overlap: float
    how: str

    @property
    def choosing(self) -> list[int]:
        """Numbers of the splits that choose."""
        return [number for number, split in enumerate(self.splits) if split.chooses]

    @property
    def reporting(self) -> list[int]:
        """Numbers of the splits that report."""
        return [number for number, split in enumerate(self.splits) if not split.chooses]

    def layout(self) -> tuple[Rows, list[tuple[slice, slice]]] | None:
        """An order of the rows in which each part is one piece, and where its rows then lie.

        None where splits overlap.
        """
        if self.kind != "parts":
            return None
        order, places, at = [], [], 0
        for split in self.splits:
            middle = at + len(split.train)
            end = middle + len(split.test)
            places.append((slice(at, middle), slice(middle, end)))
            order += [split.train, split.test]
            at = end
        return np.concatenate(order), places


def make_design(
    units: Units,
    *,
    kind: str = "auto",
    splits: int = 16,
    choosing: int = 0,
    test: float = 0.25,
    seed: int = 0,
) -> Design:
    """Divides rows for a comparison.

    Args:
        units: what is divided.
        kind: ``parts``: parts that share no row, each with rows to train on and rows to test on;
            ``holdout``: all rows, divided anew for each split; ``folds``: each row is tested on
            once; ``auto``: parts where each has :data:`LEAST_IN_PART` rows, else holdouts.
        splits: that report.
        choosing: that choose between variants beforehand.
        test: share of the rows of a split to test on; folds decide it themselves.
        seed: of the draw.

    Raises:
        InvalidArgument: an argument breaks its rule.
        InvalidData: there are too few rows, groups or moments.

    Example:
        >>> design = make_design(Units.of(20_000), splits=16)
        >>> design.kind, len(design.splits[0].train), len(design.splits[0].test)
        ('parts', 937, 313)
        >>> make_design(Units.of(600), splits=16).kind
        'holdout'
    """
    checks.choice("design", kind, DESIGNS)
    checks.integer("splits", splits, minimum=2, maximum=1000)
    share = checks.probability("test", test, hint="Use test=0.25.")
    if not 0 < share < 1:
        raise InvalidArgument(f"test must be above 0 and below 1, received {test}. Use test=0.25.")
    all_splits = splits + choosing
    if kind == "auto":
        enough = len(units.of_rows) >= LEAST_IN_PART * all_splits
        enough = enough and units.count >= LEAST_UNITS * all_splits
        kind = "parts" if enough else "holdout"
    if kind == "parts":
        found = list(_parts(units, all_splits, choosing, share, seed))
    else:
        found = list(_overlapping(units, kind, splits, choosing, share, seed))
    _check(found, units, kind, all_splits)
    reports = [split for split in found if not split.chooses]
    overlap = 0.0
    if kind != "parts":
        overlap = float(np.mean([len(each.test) / len(each.train) for each in reports]))
    return Design(kind, tuple(found), overlap, _how(kind, reports, choosing, units))


# -- parts that share no row ----------------------------------------------------------------------


def _parts(units: Units, parts: int, choosing: int, share: float, seed: int) -> Iterator[TrialRows]:
    order = units.drawn(np.arange(units.count), seed, 0)
    place = np.arange(units.count)
    part = place * parts // units.count if units.timed else place % parts
    for number in range(parts):
        own = order[part == number]
        yield _divided(units, own, share, chooses=number < choosing)


def _divided(units: Units, own: Rows, share: float, *, chooses: bool) -> TrialRows:
    """Ordered units, divided into those to train on and those to test on."""
    tests = _last(len(own), share) if units.timed else _dealt(len(own), share)
    return _split(units, own[~tests], own[tests], chooses)


def _dealt(number: int, share: float) -> NDArray[np.bool_]:
    """Every so-many-th place, so that each class gives its share."""
    ends = np.floor(np.arange(number + 1) * share + 0.5)
    dealt: NDArray[np.bool_] = np.diff(ends) > 0
    return dealt


def _last(number: int, share: float) -> NDArray[np.bool_]:
    last: NDArray[np.bool_] = np.arange(number) >= number - round(number * share)
    return last


def _split(units: Units, train: Rows, test: Rows, chooses: bool) -> TrialRows:
    train, test = units.rows_in(train), units.rows_in(test)
    if units.groups is not None:  # earlier rows of groups that come again later
        train = train[~np.isin(units.groups[train], units.groups[test])]
    return TrialRows(train, test, chooses)


# -- splits that overlap --------------------------------------------------------------------------


def _overlapping(
    units: Units, kind: str, splits: int, choosing: int, share: float, seed: int
) -> Iterator[TrialRows]:
    """Splits of all rows; half of the rows choose, and the others are tested on to report."""
    order = units.drawn(np.arange(units.count), seed, 0)
    first = CHOOSE if choosing else 0.0
    marked = (
        np.arange(len(order)) < len(order) * first if units.timed else _dealt(len(order), first)
    )
    choosers, reporters = order[marked], order[~marked]
    none = np.empty(0, np.int64)
    more = max(units.count, 1) / max(len(reporters), 1)
    if choosing:
        yield from _each(units, kind, choosers, none, choosing, share, seed, chooses=True)
    share = min(share * more, 0.5)
    yield from _each(units, kind, reporters, choosers, splits, share, seed, chooses=False)


def _each(
    units: Units,
    kind: str,
    own: Rows,
    beside: Rows,
    splits: int,
    share: float,
    seed: int,
    *,
    chooses: bool,
) -> Iterator[TrialRows]:
    """Splits that test on units of ``own`` and train on the others and on those ``beside``."""
    blocks = splits if len(beside) else splits + 1
    for number in range(splits):
        if units.timed:  # test on one block of time, train on all that is earlier
            block = np.arange(len(own)) * blocks // max(len(own), 1)
            at = number + blocks - splits
            yield _split(
                units, np.concatenate([beside, own[block < at]]), own[block == at], chooses
            )
            continue
        if kind == "folds":
            order = units.drawn(own, seed, 1)
            tests = np.arange(len(order)) % splits == number
        else:
            order = units.drawn(own, seed, 2 + number + (5_000 if chooses else 0))
            tests = _dealt(len(order), share)
        yield _split(units, np.concatenate([beside, order[~tests]]), order[tests], chooses)


def _check(found: Sequence[TrialRows], units: Units, kind: str, splits: int) -> None:
    for split in found:
        if len(split.train) < LEAST_TO_TRAIN or len(split.test) < LEAST_TO_TEST:
            raise InvalidData(
                f"{count(splits, 'split')} of {count(len(units.of_rows), 'row')} "
                f"({units.count:,} {units.what}; design={kind!r}) leave {len(split.train)} to "
                f"train on and {len(split.test)} to test on; at least {LEAST_TO_TRAIN} and "
                f"{LEAST_TO_TEST} are needed. Use fewer splits, or design='holdout'."
            )


def _how(kind: str, reports: Sequence[TrialRows], choosing: int, units: Units) -> str:
    train = round(float(np.mean([len(split.train) for split in reports])))
    test = round(float(np.mean([len(split.test) for split in reports])))
    sizes = f"about {train:,} rows to train on and {test:,} to test on"
    whole = "" if units.what == "rows" else f", whole {units.what}"
    choose = f"; {choosing} more, with other rows, choose between the variants" if choosing else ""
    if kind == "parts":
        return f"{len(reports)} parts that share no row, each with {sizes}{whole}{choose}."
    way = "folds" if kind == "folds" else "splits of the same rows"
    if units.timed:
        way = "splits, each tested on the rows that follow"
    return f"{len(reports)} {way}, which overlap, each with {sizes}{whole}{choose}."


def _numbered(name: str, values: Any, rows: int) -> Rows:
    """Values as numbers from 0, in their order."""
    array = np.asarray(values)
    if array.shape != (rows,):
        raise InvalidData(
            f"{name} must hold one value a row, {rows} of them, received shape {array.shape}."
        )
    _, numbers = np.unique(array, return_inverse=True)
    found: Rows = numbers.astype(np.int64).reshape(-1)
    return found


def held_out(units: Units, share: float, seed: int) -> tuple[Rows, Rows]:
    """Rows to train on, and rows to watch while it trains; both sorted.

    Args:
        units: what is divided.
        share: of them to watch.
        seed: of the draw.
    """
    order = units.drawn(np.arange(units.count), seed, 1)
    watched = _dealt(len(order), share)
    return units.rows_in(order[~watched]), units.rows_in(order[watched])
