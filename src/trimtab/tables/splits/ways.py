"""The ways to divide rows."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import listed
from trimtab.errors import InvalidData
from trimtab.tables.columns.copies import Copies

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table


Rows = NDArray[np.int64]


#: Rows that must be left to train on.
LEAST_TRAINING_ROWS = 10


#: Rows of a part, or of a fold: one alone has no standard error.
LEAST_PART = 2


class _Way:
    """One way to divide rows; what it had to do besides is said in :attr:`words`."""

    groups: Rows | None = None

    def __init__(self) -> None:
        self.words: list[str] = []

    def cut(self, rows: Rows, share: float, of: int, part: str) -> tuple[Rows, Rows]:
        """``rows`` without a part of ``share`` times ``of`` rows, and that part."""
        raise NotImplementedError

    def folds(self, rows: Rows, folds: int) -> Iterator[tuple[Rows, Rows]]:
        """``(train, valid)`` of each fold."""
        raise NotImplementedError

    def manner(self, *parts: Rows) -> str:
        """How parts were drawn."""
        raise NotImplementedError

    def manner_of_folds(self) -> str:
        """How folds were."""
        return self.manner()


class _AtRandom(_Way):
    """Rows one by one."""

    def __init__(self, seed: int, noun: str = "rows") -> None:
        super().__init__()
        self._seed, self._random, self._noun = seed, _random_state(seed), noun

    def cut(self, rows: Rows, share: float, of: int, part: str) -> tuple[Rows, Rows]:
        from sklearn.model_selection import ShuffleSplit

        size = _size(share, of, len(rows), part, self._noun)
        return _parts(rows, ShuffleSplit(1, test_size=size, random_state=self._random).split(rows))

    def folds(self, rows: Rows, folds: int) -> Iterator[tuple[Rows, Rows]]:
        from sklearn.model_selection import KFold

        _enough(len(rows), folds, self._noun)
        splitter = KFold(folds, shuffle=True, random_state=self._random)
        return _each(rows, splitter.split(rows))

    def manner(self, *parts: Rows) -> str:
        return f"drawn at random (seed {self._seed})"


class _Stratified(_AtRandom):
    """Rows one by one, each part with its share of each class."""

    def __init__(self, rows: Rows, classes: Rows, seed: int, noun: str = "rows") -> None:
        super().__init__(seed, noun)
        # In as few bytes as numbers of classes need: sorting ten million of them takes a while.
        self._classes = np.zeros(int(rows[-1]) + 1, np.min_scalar_type(int(classes.max())))
        self._classes[rows] = classes
        self._regarded = False  # whether any part was drawn by class

    def cut(self, rows: Rows, share: float, of: int, part: str) -> tuple[Rows, Rows]:
        from sklearn.model_selection import StratifiedShuffleSplit

        size = _size(share, of, len(rows), part, self._noun)
        classes = self._classes[rows]
        counts = np.bincount(classes)
        alone = np.isin(classes, np.flatnonzero(counts == 1))
        kinds = int((counts > 1).sum())
        if not kinds <= size <= len(rows) - int(alone.sum()) - kinds:
            self._say(
                f"The {len(counts[counts > 0])} classes are too many for {size} {self._noun}: "
                "those were drawn without regard to class."
            )
            return super().cut(rows, share, of, part)
        single = rows[alone]
        if len(single):
            self._say(f"A class with a single {self._noun.removesuffix('s')} trains.")
            rows, classes = rows[~alone], classes[~alone]
        self._regarded = True
        splitter = StratifiedShuffleSplit(1, test_size=size, random_state=self._random)
        rest, part_rows = _parts(rows, splitter.split(rows, classes))
        return np.sort(np.concatenate([rest, single])), part_rows

    def folds(self, rows: Rows, folds: int) -> Iterator[tuple[Rows, Rows]]:
        from sklearn.model_selection import StratifiedKFold

        _enough(len(rows), folds, self._noun)
        classes = self._classes[rows]
        counts = np.bincount(classes)
        counts = counts[counts > 0]
        if counts.max() < folds:
            self._say(
                f"No class has {folds} {self._noun}: they were dealt without regard to class."
            )
            yield from super().folds(rows, folds)
            return
        if counts.min() < folds:
            self._say(f"A class with fewer than {folds} {self._noun} is missing from some folds.")
        self._regarded = True
        splitter = StratifiedKFold(folds, shuffle=True, random_state=self._random)
        with warnings.catch_warnings():
            # Small classes; said in our own words above.
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            yield from _each(rows, splitter.split(rows, classes))

    def manner(self, *parts: Rows) -> str:
        how = super().manner()
        return f"{how}, each part with its share of every class" if self._regarded else how

    def _say(self, word: str) -> None:
        if word not in self.words:
            self.words.append(word)


class _ByGroup(_Way):
    """Whole groups."""

    groups: Rows

    def __init__(self, table: Table, schema: Schema, rows: Rows, column: str, seed: int) -> None:
        super().__init__()
        self._column, self._seed, self._random = column, seed, _random_state(seed)
        self.groups, missing = _numbered(schema.values(table, column))
        self._all = self._count(rows)
        if missing:
            self.words.append(
                f"{missing:,} row{'s' * (missing > 1)} without {column!r} count as one group."
            )
        if self._all < 2:
            raise InvalidData(
                f"column {column!r} puts all rows of {table.name} into one group, and a split by "
                "group needs at least two. Name another column, or split at random."
            )

    def cut(self, rows: Rows, share: float, of: int, part: str) -> tuple[Rows, Rows]:
        from sklearn.model_selection import ShuffleSplit

        here = self._names(rows)
        size = _rounded(share * self._all)
        if not 1 <= size < len(here):
            raise InvalidData(
                f"{part}={share:g} of the {self._all} groups of {self._column!r} is {size}, and "
                "each part needs at least one. Use another share, or a column with more groups."
            )
        # GroupShuffleSplit, without its sorting of all rows.
        splitter = ShuffleSplit(1, test_size=size, random_state=self._random)
        _, drawn = _parts(here, splitter.split(here))
        chosen = np.zeros(int(here[-1]) + 1, np.bool_)
        chosen[drawn] = True
        inside = chosen[self.groups[rows]]
        rest, part_rows = rows[~inside], rows[inside]
        if len(part_rows) < LEAST_PART:
            raise InvalidData(
                f"{part}={share:g}: the groups of {self._column!r} that were drawn have "
                f"{len(part_rows)} row, and a part needs at least {LEAST_PART}. Use a larger share."
            )
        return rest, part_rows

    def folds(self, rows: Rows, folds: int) -> Iterator[tuple[Rows, Rows]]:
        from sklearn.model_selection import GroupKFold

        _enough(self._count(rows), folds, f"groups of {self._column!r}")
        # GroupKFold deals groups by size and number: numbers at random make ties a matter of seed.
        shuffled = _generator(self._random).permutation(int(self.groups.max()) + 1)
        return _each(rows, GroupKFold(folds).split(rows, groups=shuffled[self.groups[rows]]))

    def manner(self, *parts: Rows) -> str:
        counts = listed((f"{self._count(rows):,}" for rows in parts if len(rows)), last=" and ")
        how = f"whole groups of {self._column!r}, drawn at random (seed {self._seed})"
        return f"{how}: {counts} of them" if counts else how

    def _names(self, rows: Rows) -> Rows:
        """The numbers of the groups that these rows belong to."""
        return np.flatnonzero(np.bincount(self.groups[rows])).astype(np.int64)

    def _count(self, rows: Rows) -> int:
        return len(self._names(rows))


class _ByTime(_Way):
    """The past, then what came after it."""

    def __init__(self, table: Table, schema: Schema, rows: Rows, column: str) -> None:
        super().__init__()
        kind = schema.column(column).kind
        if kind not in ("datetime", "numeric", "integer"):
            raise InvalidData(
                f"a split by time needs a column of dates or numbers, and {column!r} is "
                f"{kind}. If it holds dates, say so: types={{{column!r}: 'datetime'}}."
            )
        self._column = column
        self._times = schema.values(table, column)
        missing = rows[_missing(self._times[rows])]
        if len(missing):
            raise InvalidData(
                f"{table.name}, {table.place(int(missing[0]))}, column {column!r}: the time is "
                f"missing ({len(missing):,} such rows in all), so nobody knows what came before. "
                "Fill it in, or leave those rows out."
            )
        if len(np.unique(self._times[rows])) < 2:
            raise InvalidData(
                f"all rows of {table.name} have the same {column!r}, and a split by time needs at "
                "least two moments. Name another column, or split at random."
            )

    def cut(self, rows: Rows, share: float, of: int, part: str) -> tuple[Rows, Rows]:
        size = _size(share, of, len(rows), part)
        order = rows[np.argsort(self._times[rows], kind="stable")]
        times = self._times[order]
        # Places where one moment ends and the next begins.
        changes = np.flatnonzero(times[1:] != times[:-1]) + 1
        changes = changes[len(order) - changes >= LEAST_PART]
        if not len(changes):
            raise InvalidData(
                f"{part}={share:g}: no moment of {self._column!r} divides these {len(order)} rows. "
                "Use a column with finer times, or split at random."
            )
        cut = int(changes[np.argmin(np.abs(changes - (len(order) - size)))])
        return np.sort(order[:cut]), np.sort(order[cut:])

    def folds(self, rows: Rows, folds: int) -> Iterator[tuple[Rows, Rows]]:
        from sklearn.model_selection import TimeSeriesSplit

        moments, which = np.unique(self._times[rows], return_inverse=True)
        _enough(len(moments), folds + 1, f"moments of {self._column!r}", f"fold={folds} by time")
        for past, next_ones in TimeSeriesSplit(folds).split(moments):
            yield rows[which <= past[-1]], rows[np.isin(which, next_ones)]

    def manner(self, *parts: Rows) -> str:
        spans = [self._times[rows] for rows in parts if len(rows)]
        starts = listed((f"from {_moment(times.min())}" for times in spans[1:]), last=" and ")
        return f"by {self._column!r}: up to {_moment(spans[0].max())}, then {starts}"

    def manner_of_folds(self) -> str:
        return f"by {self._column!r}: each comes after the rows that its network trains on"


class _Together(_Way):
    """Another way to divide the first of the rows that are alike; its copies follow it."""

    def __init__(self, way: _Way, copies: Copies) -> None:
        super().__init__()
        self._way, self._copies, self.words = way, copies, way.words
        repeat = "row repeats" if copies.repeats == 1 else "rows repeat"
        self.words.append(
            f"{copies.repeats:,} {repeat} another; a row and its copies stay on one side."
        )

    def cut(self, rows: Rows, share: float, of: int, part: str) -> tuple[Rows, Rows]:
        _, drawn = self._way.cut(self._distinct(rows), share, self._copies.distinct, part)
        inside = self._copies.among(rows, drawn)
        return rows[~inside], rows[inside]

    def folds(self, rows: Rows, folds: int) -> Iterator[tuple[Rows, Rows]]:
        for _, drawn in self._way.folds(self._distinct(rows), folds):
            inside = self._copies.among(rows, drawn)
            yield rows[~inside], rows[inside]

    def manner(self, *parts: Rows) -> str:
        return self._way.manner(*parts)

    def _distinct(self, rows: Rows) -> Rows:
        """Of rows that are alike the first one."""
        distinct: Rows = rows[self._copies.first[rows] == rows]
        return distinct


def _rounded(number: float) -> int:
    """To the nearest integer, halves up: 0.25 of 10 rows are 3, of 14 rows 4."""
    return math.floor(number + 0.5)


def _size(share: float, of: int, there: int, part: str, noun: str = "rows") -> int:
    """How many rows a part gets."""
    size = _rounded(share * of)
    if size < LEAST_PART:
        raise InvalidData(
            f"{part}={share:g} of {of} {noun} is {size}, and a part needs at least {LEAST_PART}. "
            f"Use {part}=0.25."
        )
    _check_left(there - size, of, noun)
    return size


def _check_left(left: int, of: int, noun: str = "rows") -> None:
    if left < LEAST_TRAINING_ROWS:
        raise InvalidData(
            f"{left} of {of} {noun} would be left to train on, and at least {LEAST_TRAINING_ROWS} "
            "are needed. Set fewer aside."
        )


def _enough(there: int, needed: int, what: str, asked: str = "") -> None:
    if there < needed:
        raise InvalidData(
            f"{asked or f'fold={needed}'} needs at least {needed} {what}, and there are {there}. "
            "Use fewer folds."
        )


def _random_state(seed: int) -> Any:
    """What scikit-learn takes: 32 bits as they are, more of them as a list."""
    return seed if seed < 2**32 else np.random.RandomState([seed % 2**32, seed >> 32])


def _generator(random: Any) -> Any:
    from sklearn.utils import check_random_state

    return check_random_state(random)


def _parts(rows: Rows, split: Iterator[tuple[Any, Any]]) -> tuple[Rows, Rows]:
    return next(_each(rows, split))


def _each(rows: Rows, split: Iterator[tuple[Any, Any]]) -> Iterator[tuple[Rows, Rows]]:
    for rest, part in split:
        yield rows[np.sort(rest)], rows[np.sort(part)]


def _missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    import pandas as pd

    return np.asarray(pd.isna(values), bool)


def _numbered(values: NDArray[Any]) -> tuple[Rows, int]:
    """Numbers 0, 1, 2, ... of the values, and how many are missing: those are the last number."""
    import pandas as pd

    numbers, names = pd.factorize(values, sort=False)
    numbers = numbers.astype(np.int64)
    missing = numbers < 0
    numbers[missing] = len(names)
    return numbers, int(missing.sum())


def _moment(value: Any) -> str:
    """A date without its time where that is midnight."""
    if isinstance(value, np.datetime64):
        text = str(value.astype("datetime64[s]"))
        return text.removesuffix("T00:00:00").replace("T", " ")
    return f"{value:g}"
