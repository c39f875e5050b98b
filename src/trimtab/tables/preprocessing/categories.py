"""Categories: a column for each of few, a number for each of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks, records
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidArgument
from trimtab.tables.preprocessing.step import OutputColumn, Unseen

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Codes", "OneHot", "Vocabulary", "fit_category"]

#: The most categories that get a column each.
MOST_COLUMNS = 16

#: The most categories that are told apart at all; the most frequent ones are.
MOST_CATEGORIES = 100_000

#: Categories of fewer rows are merged. Where there are fewer than 500 rows: of less than a
#: hundredth of them, and of one row anyway.
FEWEST_ROWS = 5

#: How missing cells are treated: ``own``: a category like the others; ``rare``: there were a few,
#: merged with the rare categories; ``never``: there were none in the training rows.
_MISSING = ("own", "rare", "never")


@dataclass(frozen=True)
class Vocabulary:
    """Numbers for the categories of a column.

    0 is every category that is not told apart: the rare ones of the training rows, which are what
    it is trained on, and those that come later. 1, 2, ... are the categories in the order of their
    text (by code points); the last number is that of missing cells where they have one.

    Args:
        source: the column of the table.
        categories: those with a number, in order.
        rare: those of the training rows that were merged; they are no surprise later.
        missing: "own", "rare" or "never".

    >>> vocabulary = Vocabulary("genre", ("pop", "rock"), ("polka",), "own")
    >>> unseen = Unseen()
    >>> texts = np.array(["rock", "polka", None, "jazz", "pop"], object)
    >>> vocabulary.numbers(texts, unseen).tolist(), unseen.categories
    ([2, 0, 3, 0, 1], {'genre': 1})
    """

    source: str
    categories: tuple[str, ...]
    rare: tuple[str, ...]
    missing: str

    def __post_init__(self) -> None:
        for name in ("categories", "rare"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise ValueError(f"{name} must list every text once.")
        if not set(self.categories).isdisjoint(self.rare):
            raise ValueError("a category must be either rare or not, received one that is both.")
        if len(self.categories) > MOST_CATEGORIES:
            raise ValueError(
                f"categories must be at most {MOST_CATEGORIES:,}, received "
                f"{len(self.categories):,}."
            )
        checks.choice("missing", self.missing, _MISSING)

    @property
    def merged(self) -> bool:
        """Whether training rows had anything that counts as unknown."""
        return bool(self.rare) or self.missing == "rare"

    @property
    def size(self) -> int:
        """How many numbers there are, that of the unknown included."""
        return 1 + len(self.categories) + (self.missing == "own")

    @cached_property
    def _index(self) -> pd.Index[Any]:
        import pandas as pd

        # Of dtype object: left alone, pandas converts texts to another type at every look-up.
        index: pd.Index[Any] = pd.Index(
            np.array((*self.categories, *self.rare), object), dtype=object
        )
        return index

    def numbers(self, values: NDArray[Any], unseen: Unseen) -> NDArray[np.int64]:
        """The number of each text; None is a missing cell."""
        import pandas as pd

        found = self._index.get_indexer(pd.Index(values, dtype=object, copy=False))
        numbers = np.where(found < len(self.categories), found + 1, 0).astype(np.int64)
        nowhere = np.flatnonzero(found < 0)
        if len(nowhere):
            missing = np.asarray(pd.isna(values[nowhere]))
            if self.missing == "own":
                numbers[nowhere[missing]] = len(self.categories) + 1
            elif self.missing == "never" and missing.any():
                cells = int(np.count_nonzero(missing))
                unseen.absent(self.source, cells, "the unknown category stands in")
            strangers = nowhere[~missing]
            if len(strangers):
                unseen.category(self.source, len(strangers), str(values[strangers[0]]))
        return numbers


@dataclass(frozen=True)
class _Categories:
    """What steps for categories share: all that they hold is a vocabulary."""

    vocabulary: Vocabulary

    @classmethod
    def from_record(cls, document: Any, arrays: Mapping[str, Any]) -> Self:
        if arrays:
            raise InvalidArgument(f"a step for categories has no arrays, received {len(arrays)}.")
        return cls(records.from_record(Vocabulary, document))

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        return records.to_record(self.vocabulary), {}

    @property
    def source(self) -> str:
        return self.vocabulary.source


@dataclass(frozen=True)
class OneHot(_Categories):
    """A column for each category: 1 in the row's own, 0 in the others.

    Unknown categories have the column of the rare ones if training rows had any, else zeros alone.

    **Shape**: ``(n,)`` texts, None where missing, to ``(n, k)``.

    Source: scikit-learn's OneHotEncoder(min_frequency=..., handle_unknown="infrequent_if_exist").

    >>> step = fit_category("grape", np.array(["red", "white", "white", None, "red", None], object))
    >>> [column.name for column in step.columns]
    ['grape = red', 'grape = white', 'grape missing']
    """

    kind: ClassVar[str] = "one-hot"

    def __post_init__(self) -> None:
        if len(self.columns) < 2:
            raise ValueError("a one-hot step must have at least two columns.")
        if len(self.vocabulary.categories) > MOST_COLUMNS:
            raise ValueError(f"a one-hot step must have at most {MOST_COLUMNS} categories.")

    @cached_property
    def columns(self) -> tuple[OutputColumn, ...]:
        source, vocabulary = self.source, self.vocabulary
        names = [f"{source} = {category}" for category in vocabulary.categories]
        if vocabulary.missing == "own":
            names.append(f"{source} missing")
        if vocabulary.merged:
            names.append(f"{source} other")
        return tuple(OutputColumn(name, source, "one-hot") for name in names)

    def transform(self, values: NDArray[Any], out: Floats, unseen: Unseen) -> None:
        numbers = self.vocabulary.numbers(values, unseen)
        other = self.vocabulary.size if self.vocabulary.merged else 0
        places = np.where(numbers > 0, numbers, other)
        out[:] = 0.0
        rows = np.flatnonzero(places)
        out[rows, places[rows] - 1] = 1.0


@dataclass(frozen=True)
class Codes(_Categories):
    """One column of category numbers, for an embedding that the network learns.

    **Shape**: ``(n,)`` texts, None where missing, to ``(n, 1)``: whole numbers from 0 (unknown) to
    ``size - 1``, which float32 holds exactly.

    Source: scikit-learn's OrdinalEncoder(min_frequency=...), with the number of the rare and
    unknown ones in front.
    """

    kind: ClassVar[str] = "codes"

    def __post_init__(self) -> None:
        if self.vocabulary.size < 2:
            raise ValueError("an embedding must have at least two categories.")

    @property
    def size(self) -> int:
        """How many numbers there are: the rows of the embedding."""
        return self.vocabulary.size

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        return (OutputColumn(self.source, self.source, "embedding"),)

    def transform(self, values: NDArray[Any], out: Floats, unseen: Unseen) -> None:
        out[:, 0] = self.vocabulary.numbers(values, unseen)


def fewest_rows(rows: int) -> int:
    """The fewest of so many training rows that make a category of its own.

    >>> fewest_rows(100), fewest_rows(300), fewest_rows(10**6)
    (2, 3, 5)
    """
    return min(max(rows // 100, 2), FEWEST_ROWS)


def fit_category(source: str, values: NDArray[Any]) -> OneHot | Codes | None:
    """The step for a column of categories, fitted on training values; None: nothing to learn from.

    Categories of few rows (:func:`fewest_rows`) are merged, and so are all but the 100,000 most
    frequent ones. Up to 16 that remain get a column each, more an embedding. Missing cells count as
    a category like the others.
    """
    import pandas as pd
    from sklearn.preprocessing import OneHotEncoder

    codes, names = pd.factorize(pd.Index(values, dtype=object, copy=False), sort=True)
    absent = len(names)  # the number of missing cells
    codes = np.where(codes < 0, absent, codes)
    encoder = OneHotEncoder(
        min_frequency=fewest_rows(len(values)), max_categories=MOST_CATEGORIES, sparse_output=True
    ).fit(codes.reshape(-1, 1))
    (present,) = encoder.categories_
    (infrequent,) = encoder.infrequent_categories_
    rare = set() if infrequent is None else {int(code) for code in infrequent}
    texts = [str(name) for name in names]
    missing = "rare" if absent in rare else "own" if absent in present else "never"
    vocabulary = Vocabulary(
        source,
        tuple(text for code, text in enumerate(texts) if code not in rare),
        tuple(text for code, text in enumerate(texts) if code in rare),
        missing,
    )
    if vocabulary.size - 1 + vocabulary.merged < 2:
        return None
    many = len(vocabulary.categories) > MOST_COLUMNS
    return Codes(vocabulary) if many else OneHot(vocabulary)
