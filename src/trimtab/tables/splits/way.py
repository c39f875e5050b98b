"""What all ways to divide rows share: the interface, sizes of parts, and scikit-learn's draws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import InvalidData

__all__ = [
    "LEAST_PART",
    "LEAST_TRAINING_ROWS",
    "RowNumbers",
    "Way",
    "check_enough",
    "check_left",
    "each_part",
    "first_part",
    "random_state",
    "rounded",
    "size_of",
]

RowNumbers = NDArray[np.int64]

#: The fewest rows to train on.
LEAST_TRAINING_ROWS = 10

#: The fewest rows of a part or a fold: a single one has no standard error.
LEAST_PART = 2


class Way:
    """One way to divide rows.

    Attributes:
        groups: The number of each table row's group; None where rows have no groups.
        words: What else there is to say about the split, a sentence each.
    """

    groups: RowNumbers | None = None

    def __init__(self) -> None:
        self.words: list[str] = []

    def cut(
        self, rows: RowNumbers, share: float, of: int, part: str
    ) -> tuple[RowNumbers, RowNumbers]:
        """Takes a part out of ``rows``.

        Args:
            rows: Row numbers, sorted.
            share: The part's share of ``of`` rows.
            of: How many rows the share is of.
            part: What messages call the part.

        Returns:
            The rows that are left, and those of the part.
        """
        raise NotImplementedError

    def folds(self, rows: RowNumbers, folds: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
        """The rows to train on and those to validate on, of each fold."""
        raise NotImplementedError

    def manner(self, *parts: RowNumbers) -> str:
        """How the parts were made, for people."""
        raise NotImplementedError

    def manner_of_folds(self) -> str:
        """How the folds were made, for people."""
        return self.manner()


def rounded(number: float) -> int:
    """The nearest integer, halves up: 25 % of 10 rows are 3 rows, of 14 rows 4."""
    return math.floor(number + 0.5)


def size_of(share: float, of: int, there: int, part: str, noun: str = "rows") -> int:
    """The number of rows of a part.

    Args:
        share: The part's share of ``of`` rows.
        of: How many rows the share is of.
        there: How many rows the part is taken from.
        part: What messages call the part.
        noun: What is counted.

    Raises:
        InvalidData: The part, or what is left to train on, is too small.
    """
    size = rounded(share * of)
    if size < LEAST_PART:
        raise InvalidData(
            f"{part}={share:g} of {of} {noun} is {size}, but a part needs at least {LEAST_PART}. "
            f"Use {part}=0.25."
        )
    check_left(there - size, of, noun)
    return size


def check_left(left: int, of: int, noun: str = "rows") -> None:
    """Refuses a split that leaves too few rows to train on."""
    if left < LEAST_TRAINING_ROWS:
        raise InvalidData(
            f"only {left} of {of} {noun} would be left to train on; at least "
            f"{LEAST_TRAINING_ROWS} are needed. Use smaller shares for the other parts, such "
            "as valid=0.2."
        )


def check_enough(there: int, needed: int, what: str, asked: str = "") -> None:
    """Refuses more folds than there are rows, groups or moments."""
    if there < needed:
        raise InvalidData(
            f"{asked or f'fold={needed}'} needs at least {needed} {what}, but there are {there}. "
            "Use fewer folds."
        )


def random_state(seed: int) -> Any:
    """A seed as scikit-learn takes it: 32 bits as they are, more bits as a list."""
    return seed if seed < 2**32 else np.random.RandomState([seed % 2**32, seed >> 32])


def first_part(rows: RowNumbers, split: Iterator[tuple[Any, Any]]) -> tuple[RowNumbers, RowNumbers]:
    """The rest and the part of the first division that a splitter of scikit-learn makes."""
    return next(each_part(rows, split))


def each_part(
    rows: RowNumbers, split: Iterator[tuple[Any, Any]]
) -> Iterator[tuple[RowNumbers, RowNumbers]]:
    """The rest and the part of each division that a splitter of scikit-learn makes, sorted."""
    for rest, part in split:
        yield rows[np.sort(rest)], rows[np.sort(part)]
