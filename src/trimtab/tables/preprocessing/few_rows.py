"""Few rows of plain Python values, as inputs of a network, without a data frame in between.

A service asks for one row at a time. A data frame of one row costs a hundred times what its cells
do, so what the steps of a preprocessor do to a cell is laid out once, as vectors and dicts, and
applied to cells as they come. Whatever is not sure to be silent and the same is left to the usual
way, which has a remark or an error for it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.tables.columns.schema import Schema
from trimtab.tables.columns.yes_no import TRUTH
from trimtab.tables.files.assembly import Names
from trimtab.tables.files.cells import canonical
from trimtab.tables.files.numbers.whole import EXACT
from trimtab.tables.preprocessing.also_categories import AlsoCategories
from trimtab.tables.preprocessing.categories import Codes, OneHot
from trimtab.tables.preprocessing.numeric import Numeric
from trimtab.tables.preprocessing.preprocessor import Preprocessor
from trimtab.tables.preprocessing.scaling import Scalings
from trimtab.tables.preprocessing.step import Step

__all__ = ["MOST_ROWS", "FewRows"]

#: With more rows the usual way is about as quick.
MOST_ROWS = 64

#: Types of cells that are numbers, and mean the same to every step.
_NUMBERS = frozenset({int, float, np.float64, np.int64})
_GONE = frozenset({type(None)})

#: How the cells of a column are stored; see :func:`_stored`.
_NUMBER, _BOOLEAN, _TEXT, _MIXED, _OTHER = "number", "boolean", "text", "mixed", "other"

#: Words for yes and no that are nothing else, as digits might be.
_WORDS = {word: truth for word, truth in TRUTH.items() if word.isalpha()}

Row = dict[str, Any]


class _Unsure(Exception):
    """These rows are left to the usual way."""


class FewRows:
    """What a preprocessor does to few rows of plain values.

    Rows are dicts with the columns of the schema; cells are ``int``, ``float``, ``bool``, ``str``
    or None. A row about which reading, or a step, has anything to say is not taken.

    Args:
        preprocessor: Whose steps these are.
        schema: Which columns rows may have.
        missing: Spellings of a missing value in addition to the usual ones.

    Example:
        >>> from trimtab import tables
        >>> data = {"size": [1, 2, 3, 4], "hue": ["red", "blue"] * 2, "y": [5, 6, 8, 9]}
        >>> table = tables.read(data)
        >>> schema = tables.infer_schema(table, "y", kinds={"hue": "category"})
        >>> few = FewRows(Preprocessor.fit(table, schema, np.arange(4)), schema)
        >>> few.inputs({"size": 1, "hue": "red"}).round(2).tolist()
        [[-1.340000033378601, 0.0, 1.0]]
        >>> few.inputs({"size": 1, "hue": "green"}) is None  # there is a remark on it
        True
    """

    def __init__(
        self, preprocessor: Preprocessor, schema: Schema, missing: tuple[str, ...] = ()
    ) -> None:
        self._made_of = (preprocessor, schema, missing)
        self._missing = frozenset(missing)
        self._width = preprocessor.width
        used = {step.source for step in preprocessor.steps}
        needed = [column.name for column in schema.columns if column.role in ("feature", "id")]
        self._needed = frozenset(needed)
        self._known = frozenset(column.name for column in schema.columns)
        self._texts = frozenset(schema.text_columns)
        #: Columns that rows must have and no step reads.
        self._idle = [name for name in needed if name not in used]
        self._numbers = _Numbers(preprocessor)
        self._categories = [
            _Category(step, place)
            for step, place in _placed(preprocessor.steps)
            if isinstance(step, OneHot | Codes)
        ]
        every = len(self._numbers) + len(self._categories) == len(preprocessor.steps)
        plain = not any(column.format for column in schema.features)
        #: Whether rows of this schema are taken at all.
        self.possible = (
            every and plain and schema == preprocessor.schema and all(map(_is_clean, self._known))
        )

    def made_of(self, preprocessor: Preprocessor, schema: Schema, missing: tuple[str, ...]) -> bool:
        """Whether these are what it was made of."""
        own, known, spellings = self._made_of
        return own is preprocessor and known is schema and spellings == missing

    def inputs(self, data: Any) -> Floats | None:
        """The inputs for a dict of single values, or for a list of such dicts.

        Returns:
            ``(rows, width)``, to the bit what :meth:`Preprocessor.transform` returns; None for
            rows, or anything else, that the usual way has to look at.
        """
        rows = [data] if type(data) is dict else data
        if not self.possible or type(rows) is not list or not 0 < len(rows) <= MOST_ROWS:
            return None
        try:
            return self._inputs(rows)
        except _Unsure:
            return None

    def _inputs(self, rows: list[Row]) -> Floats:
        for name in (*self._idle, *self._others(rows)):
            self._check_idle(name, [row.get(name) for row in rows])
        out = np.zeros((len(rows), self._width), np.float32)
        numbers = [[row[name] for row in rows] for name in self._numbers.plain]
        if _stored(frozenset(map(type, chain.from_iterable(numbers)))) != _NUMBER:
            numbers = [self._number_cells(column) for column in numbers]
        for name in self._numbers.yes_no:
            numbers.append(_truths(*self._cells([row[name] for row in rows])))
        self._numbers.write(numbers, out)
        for category in self._categories:
            stored, column = self._cells([row[category.source] for row in rows])
            if stored == _NUMBER:
                _check_numbers(column)
            category.write(column, out)
        return out

    def _others(self, rows: list[Row]) -> Sequence[str]:
        """Columns that rows have besides those they must have."""
        others: dict[str, None] = {}
        for row in rows:
            if type(row) is not dict or not row.keys() >= self._needed:
                raise _Unsure
            if len(row) > len(self._needed):
                others.update(dict.fromkeys(row.keys() - self._needed))
        if not others.keys() <= self._known:
            raise _Unsure
        return [*others]

    def _cells(self, cells: list[Any]) -> tuple[str, list[Any]]:
        """How a column is stored, and its cells; of text, missing ones are None."""
        stored = _stored(frozenset(map(type, cells)))
        if stored == _MIXED:  # of text and NaN
            cells = [None if cell != cell else cell for cell in cells]
            stored = _stored(frozenset(map(type, cells)))
        if stored in (_MIXED, _OTHER) or (stored == _TEXT and not self._missing.isdisjoint(cells)):
            raise _Unsure
        return stored, cells

    def _number_cells(self, cells: list[Any]) -> list[Any]:
        """The cells of a column of numbers, which may be stored as yes and no."""
        stored, cells = self._cells(cells)
        if stored == _TEXT:
            raise _Unsure
        return cells

    def _check_idle(self, name: str, cells: list[Any]) -> None:
        """Checks that reading a column that is not used has nothing to say."""
        stored, cells = self._cells(cells)
        if stored == _NUMBER:
            _check_numbers(cells)
        elif stored == _TEXT and name not in self._texts:
            raise _Unsure


@functools.lru_cache(maxsize=256)
def _stored(kinds: frozenset[type]) -> str:
    """How cells of these types are stored together; a column without any is one of numbers."""
    kinds -= _GONE
    if kinds <= _NUMBERS:
        return _NUMBER
    if kinds == {bool}:
        return _BOOLEAN
    if kinds == {str}:
        return _TEXT
    return _MIXED if kinds <= _NUMBERS | {bool, str} else _OTHER


def _check_numbers(cells: list[Any]) -> None:
    """Numbers are missing, or of a size that any type holds exactly."""
    for cell in cells:
        if cell is not None and not -EXACT < cell < EXACT and cell == cell:
            raise _Unsure


def _truths(stored: str, cells: list[Any]) -> list[Any]:
    """The cells of a column of yes and no, as numbers."""
    if stored == _TEXT:
        truths = [cell if cell is None else _WORDS.get(cell.lower()) for cell in cells]
        if truths.count(None) != cells.count(None):
            raise _Unsure
        return truths
    if any(cell is not None and cell == cell and cell not in (0, 1) for cell in cells):
        raise _Unsure
    return cells


def _placed(steps: Sequence[Step]) -> Iterator[tuple[Step, int]]:
    """Each step, and the first of its inputs."""
    place = 0
    for step in steps:
        yield step, place
        place += len(step.columns)


def _is_clean(name: str) -> bool:
    """Whether reading takes the name of a column as it is."""
    names = Names([name], "")
    return names.names == [name] and not names.nameless


class _Numbers:
    """All columns of numbers, and of yes and no."""

    def __init__(self, preprocessor: Preprocessor) -> None:
        kinds = {column.name: column.kind for column in preprocessor.schema.columns}
        steps = [
            (step, place)
            for step, place in _placed(preprocessor.steps)
            if isinstance(step, Numeric | AlsoCategories)
        ]
        steps.sort(key=lambda each: kinds[each[0].source] == "boolean")
        names = [step.source for step, _ in steps]
        #: The names of the columns, in the order of ``cells``: those of yes and no come last.
        self.plain = [name for name in names if kinds[name] != "boolean"]
        self.yes_no = names[len(self.plain) :]
        numeric = [step.numeric if isinstance(step, AlsoCategories) else step for step, _ in steps]
        places = [place for _, place in steps]
        self._fills = np.array([each.fill for each in numeric])[:, None]
        flagged = [at for at, each in enumerate(numeric) if each.flagged]
        self._unflagged = np.array([not each.flagged for each in numeric])
        self._flagged = _span(flagged)
        self._flags = _span([places[at] + len(numeric[at].columns) - 1 for at in flagged])
        scaled = [at for at, each in enumerate(numeric) if each.scaling is not None]
        self._scaled, self._places = _span(scaled), _span([places[at] for at in scaled])
        self._scalings = Scalings([each.scaling for each in numeric if each.scaling is not None])
        #: Column, first input, and the values that are categories besides.
        self._also = [
            (at, place + len(step.numeric.columns), step.values)
            for at, (step, place) in enumerate(steps)
            if isinstance(step, AlsoCategories)
        ]

    def __len__(self) -> int:
        return len(self.plain) + len(self.yes_no)

    def write(self, cells: list[list[Any]], out: Floats) -> None:
        """Writes the inputs of these columns, ``cells`` by column."""
        if not cells:
            return
        try:
            values = np.array(cells, np.float64)
        except OverflowError:  # a whole number that no type holds
            raise _Unsure from None
        present = values
        usual = np.abs(values) < EXACT
        if not usual.all():
            missing = np.isnan(values)
            # There is a remark on other numbers, or on what was never missing before.
            if not (usual | missing).all() or missing[self._unflagged].any():
                raise _Unsure
            present = np.where(missing, self._fills, values)
            out[:, self._flags] = missing[self._flagged].T
        out[:, self._places] = self._scalings.apply(present[self._scaled]).T
        for at, first, own in self._also:
            out[:, first : first + len(own)] = values[at][:, None] == own


def _span(places: list[int]) -> slice | NDArray[np.int64]:
    """Places as an index; a slice is quicker."""
    first = places[0] if places else 0
    if places == [*range(first, first + len(places))]:
        return slice(first, first + len(places))
    return np.array(places, np.int64)


class _Category:
    """A column of categories."""

    def __init__(self, step: OneHot | Codes, place: int) -> None:
        vocabulary = step.vocabulary
        self.source = step.source
        self._place = place
        self._one_hot = isinstance(step, OneHot)
        self._other = vocabulary.size if vocabulary.merged else 0
        #: The number of each category; None is a missing cell.
        self._numbers: dict[str | None, int] = dict.fromkeys(vocabulary.rare, 0)
        self._numbers.update((name, at + 1) for at, name in enumerate(vocabulary.categories))
        self._numbers.pop("", None)  # reading makes it a missing cell
        if vocabulary.missing != "never":
            self._numbers[None] = vocabulary.size - 1 if vocabulary.missing == "own" else 0

    def write(self, cells: list[Any], out: Floats) -> None:
        """Writes the inputs of this column."""
        for row, cell in enumerate(cells):
            gone = cell is None or cell != cell
            number = self._numbers.get(None if gone else canonical(cell))
            if number is None:  # there is a remark on it, or it is written otherwise
                raise _Unsure
            if not self._one_hot:
                out[row, self._place] = number
            elif at := number or self._other:
                out[row, self._place + at - 1] = 1.0
