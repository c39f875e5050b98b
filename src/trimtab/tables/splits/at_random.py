"""Rows drawn one by one at random, stratified by class or not."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from trimtab.tables.splits.way import (
    RowNumbers,
    Way,
    check_enough,
    each_part,
    first_part,
    random_state,
    size_of,
)

__all__ = ["AtRandom", "Stratified"]


class AtRandom(Way):
    """Rows one by one."""

    def __init__(self, seed: int, noun: str = "rows") -> None:
        super().__init__()
        self._seed, self._random, self._noun = seed, random_state(seed), noun

    def cut(
        self, rows: RowNumbers, share: float, of: int, part: str
    ) -> tuple[RowNumbers, RowNumbers]:
        from sklearn.model_selection import ShuffleSplit

        size = size_of(share, of, len(rows), part, self._noun)
        return first_part(
            rows, ShuffleSplit(1, test_size=size, random_state=self._random).split(rows)
        )

    def folds(self, rows: RowNumbers, folds: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
        from sklearn.model_selection import KFold

        check_enough(len(rows), folds, self._noun)
        splitter = KFold(folds, shuffle=True, random_state=self._random)
        return each_part(rows, splitter.split(rows))

    def manner(self, *parts: RowNumbers) -> str:
        return f"drawn at random (seed {self._seed})"


class Stratified(AtRandom):
    """Rows one by one, with the same share of each class in every part."""

    def __init__(
        self, rows: RowNumbers, classes: RowNumbers, seed: int, noun: str = "rows"
    ) -> None:
        super().__init__(seed, noun)
        # In as few bytes as numbers of classes need: sorting ten million of them takes a while.
        self._classes = np.zeros(int(rows[-1]) + 1, np.min_scalar_type(int(classes.max())))
        self._classes[rows] = classes
        self._regarded = False  # whether any part was drawn by class

    def cut(
        self, rows: RowNumbers, share: float, of: int, part: str
    ) -> tuple[RowNumbers, RowNumbers]:
        from sklearn.model_selection import StratifiedShuffleSplit

        size = size_of(share, of, len(rows), part, self._noun)
        classes = self._classes[rows]
        counts = np.bincount(classes)
        alone = np.isin(classes, np.flatnonzero(counts == 1))
        kinds = int((counts > 1).sum())
        if not kinds <= size <= len(rows) - int(alone.sum()) - kinds:
            self._say(
                f"{size:,} {self._noun} are too few for {len(counts[counts > 0])} classes: they "
                "were drawn without stratification."
            )
            return super().cut(rows, share, of, part)
        single = rows[alone]
        if len(single):
            self._say(
                f"A class with a single {self._noun.removesuffix('s')} stays in the training part."
            )
            rows, classes = rows[~alone], classes[~alone]
        self._regarded = True
        splitter = StratifiedShuffleSplit(1, test_size=size, random_state=self._random)
        rest, part_rows = first_part(rows, splitter.split(rows, classes))
        return np.sort(np.concatenate([rest, single])), part_rows

    def folds(self, rows: RowNumbers, folds: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
        from sklearn.model_selection import StratifiedKFold

        check_enough(len(rows), folds, self._noun)
        classes = self._classes[rows]
        counts = np.bincount(classes)
        counts = counts[counts > 0]
        if counts.max() < folds:
            self._say(f"No class has {folds} {self._noun}: the folds are not stratified.")
            yield from super().folds(rows, folds)
            return
        if counts.min() < folds:
            self._say(f"A class with fewer than {folds} {self._noun} is missing from some folds.")
        self._regarded = True
        splitter = StratifiedKFold(folds, shuffle=True, random_state=self._random)
        with warnings.catch_warnings():
            # Small classes: a sentence of ours says so.
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            yield from each_part(rows, splitter.split(rows, classes))

    def manner(self, *parts: RowNumbers) -> str:
        how = super().manner()
        return f"{how}, each part with its share of every class" if self._regarded else how

    def _say(self, word: str) -> None:
        if word not in self.words:
            self.words.append(word)
