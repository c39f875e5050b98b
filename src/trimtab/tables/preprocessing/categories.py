"""Categories: one-hot columns for few, an embedding for many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks, records
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidArgument
from trimtab.tables.columns.spelling import key_for
from trimtab.tables.preprocessing.step import OutputColumn, Unseen

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Codes", "OneHot", "Vocabulary", "fit_category"]

#: The most categories that become one-hot columns.
MOST_COLUMNS = 16

#: The most categories that are distinguished: the most frequent ones.
MOST_CATEGORIES = 100_000

#: Categories with fewer rows are merged. Below 500 rows: with less than one percent of the rows,
#: and always with a single one.
FEWEST_ROWS = 5

#: Treatment of missing cells. ``own``: a category like the others; ``rare``: merged with the rare
#: categories; ``never``: the training rows had none.
_MISSING = ("own", "rare", "never")


@dataclass(frozen=True)
class Vocabulary:
    """The numbers of a column's categories.

    0 stands for all other categories: rare ones, on which it is trained, and unseen ones. 1, 2, ...
    are the categories in the order of their text (by code points). The last number is that of
    missing cells, if they have one.

    Args:
        source: The column of the table.
        categories: The categories with a number, in order.
        rare: The rare categories of the training rows, which are not reported as unseen.
        missing: Treatment of missing cells: "own", "rare" or "never".
        numeric: Whether the column held numbers, so that ``1.0`` is the category ``1``. None, as in
            files of earlier versions: yes, if all categories are numbers that differ by value.
        commonest: The category of most training rows. None, as in files of earlier versions: not
            known, or all are rare.

    Example:
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
    numeric: bool | None = None
    commonest: str | None = None

    def __post_init__(self) -> None:
        if self.commonest is not None and self.commonest not in self.categories:
            raise ValueError("the commonest category must be one of the categories.")
        for name in ("categories", "rare"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise ValueError(f"{name} must all be different.")
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
        """Whether training rows had rare categories or rare missing cells."""
        return bool(self.rare) or self.missing == "rare"

    @property
    def size(self) -> int:
        """How many numbers there are, 0 included."""
        return 1 + len(self.categories) + (self.missing == "own")

    @cached_property
    def _index(self) -> pd.Index[Any]:
        import pandas as pd

        # With dtype object: otherwise pandas converts text at every look-up.
        index: pd.Index[Any] = pd.Index(
            np.array((*self.categories, *self.rare), object), dtype=object
        )
        return index

    def numbers(self, values: NDArray[Any], unseen: Unseen) -> NDArray[np.int64]:
        """The number of each text (None: missing)."""
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
                unseen.absent(
                    self.source,
                    cells,
                    "counted as unknown",
                )
            strangers = self._by_value(values, nowhere[~missing], numbers)
            if len(strangers):
                unseen.category(self.source, len(strangers), str(values[strangers[0]]))
        return numbers

    @cached_property
    def _keys(self) -> tuple[Callable[[str], str | None], dict[str, int]]:
        """What makes two spellings the same, and the number of each category by that."""
        key = key_for((*self.categories, *self.rare), self.numeric)
        own = {key(name): place + 1 for place, name in enumerate(self.categories)}
        rare = {key(name): 0 for name in self.rare}
        return key, {known: place for known, place in (own | rare).items() if known is not None}

    def _by_value(
        self, values: NDArray[Any], rows: NDArray[np.int64], numbers: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Numbers rows whose categories are known in another spelling; returns the other rows."""
        key, known = self._keys
        if not known or not len(rows):
            return rows
        import pandas as pd

        codes, spellings = pd.factorize(values[rows])
        places = np.array([known.get(key(one) or "", -1) for one in spellings], np.int64)[codes]
        numbers[rows[places >= 0]] = places[places >= 0]
        return rows[places < 0]


@dataclass(frozen=True)
class _Categories:
    """What steps for categories share: they hold a vocabulary."""

    vocabulary: Vocabulary

    @classmethod
    def from_record(cls, document: Any, arrays: Mapping[str, Any]) -> Self:
        if arrays:
            raise InvalidArgument(f"a step for categories has no arrays, received {len(arrays)}.")
        return cls(records.from_record(Vocabulary, document))

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        # What is not known is not written, as in files of earlier versions.
        unknown = [
            name for name in ("numeric", "commonest") if getattr(self.vocabulary, name) is None
        ]
        return records.to_record(self.vocabulary, without=unknown), {}

    @property
    def source(self) -> str:
        return self.vocabulary.source


@dataclass(frozen=True)
class OneHot(_Categories):
    """One-hot encoding: a column per category, 1 for that of the row and 0 for the others.

    Unseen categories have the column of the rare ones if training rows had any, else zeros only.

    Shape:
        ``(n,)`` text, None if missing, to ``(n, k)``.

    Example:
        >>> grapes = np.array(["red", "white", "white", None, "red", None], object)
        >>> [column.name for column in fit_category("grape", grapes).columns]
        ['grape = red', 'grape = white', 'grape missing']

    Source:
        scikit-learn's OneHotEncoder(min_frequency=..., handle_unknown="infrequent_if_exist").
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
    """One column of category numbers, for an embedding.

    Shape:
        ``(n,)`` text, None if missing, to ``(n, 1)``: whole numbers from 0 (rare or unseen) to
        ``size - 1``, which float32 holds exactly.

    Source:
        scikit-learn's OrdinalEncoder(min_frequency=...), with rare and unseen categories at 0.
    """

    kind: ClassVar[str] = "codes"

    def __post_init__(self) -> None:
        if self.vocabulary.size < 2:
            raise ValueError("an embedding must have at least two categories.")

    @property
    def size(self) -> int:
        """How many numbers there are, which are the rows of the embedding."""
        return self.vocabulary.size

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        return (OutputColumn(self.source, self.source, "embedding"),)

    def transform(self, values: NDArray[Any], out: Floats, unseen: Unseen) -> None:
        out[:, 0] = self.vocabulary.numbers(values, unseen)


def fewest_rows(rows: int) -> int:
    """The fewest rows of a category that is not merged, among so many training rows.

    Example:
        >>> fewest_rows(100), fewest_rows(300), fewest_rows(10**6)
        (2, 3, 5)
    """
    return min(max(rows // 100, 2), FEWEST_ROWS)


def fit_category(
    source: str, values: NDArray[Any], numeric: bool | None = None
) -> OneHot | Codes | None:
    """Fits the step for a column of categories.

    Categories with few rows (:func:`fewest_rows`) are merged, and so are all but the 100,000 most
    frequent ones. Up to 16 that remain become one-hot columns, more an embedding. Missing is a
    category like the others.

    Returns:
        The step, or None if there is nothing to learn from.
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
    usual = np.bincount(codes[codes < absent], minlength=1)
    commonest = int(usual.argmax())
    missing = "rare" if absent in rare else "own" if absent in present else "never"
    vocabulary = Vocabulary(
        source,
        tuple(text for code, text in enumerate(texts) if code not in rare),
        tuple(text for code, text in enumerate(texts) if code in rare),
        missing,
        numeric,
        texts[commonest] if texts and commonest not in rare else None,
    )
    if vocabulary.size - 1 + vocabulary.merged < 2:
        return None
    many = len(vocabulary.categories) > MOST_COLUMNS
    return Codes(vocabulary) if many else OneHot(vocabulary)
