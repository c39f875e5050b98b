"""What the columns of a table are, and what part each of them plays.

A :class:`Schema` is plain data: it is inferred from one table (:func:`infer_schema`), may be
edited, travels with the model, and reads the cells of later tables as training read them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks, records
from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION, TASKS
from trimtab.core.types import Doubles
from trimtab.core.words import listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns import dates, storage
from trimtab.tables.columns.storage import shown

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.table import Table

__all__ = [
    "KINDS",
    "ON_REQUEST",
    "ROLES",
    "Column",
    "Schema",
    "parse_kind",
    "told_texts",
]

#: What the cells of a column are. ``integer``: whole numbers of which there are few different ones;
#: they enter a network as numbers do. ``text``: identifiers and free text, which do not enter.
KINDS = ("numeric", "integer", "boolean", "category", "datetime", "text")
#: What a column is for. ``id`` is passed through to predictions; ``dropped`` has a reason.
ROLES = ("feature", "target", "group", "time", "weight", "id", "dropped")

#: The reason of a column that somebody left out.
ON_REQUEST = "left out on request"

Label = str | int | float | bool

#: Is told of cells that hold none of the known words: the column, how many they are, and the first.
Unknown = Callable[[str, int, str], None]

_ONE_AT_MOST = ("target", "group", "time", "weight")


def parse_kind(name: str, kind: Any) -> tuple[str, str]:
    """A kind and, for dates, their format, from ``"category"`` or ``"datetime:%d/%m/%Y"``.

    >>> parse_kind("sold", "datetime:%d/%m/%Y")
    ('datetime', '%d/%m/%Y')
    >>> parse_kind("sold", "date")
    Traceback (most recent call last):
    trimtab.errors.InvalidArgument: the type of column 'sold' must be one of 'numeric', 'integer', \
'boolean', 'category', 'datetime', 'text', received 'date'. Did you mean 'datetime'?
    """
    plain, colon, pattern = kind.partition(":") if isinstance(kind, str) else (kind, "", "")
    if plain == "date":  # the nearest name by spelling alone would be none
        raise InvalidArgument(
            f"the type of column {name!r} must be one of {checks.listing(KINDS)}, received "
            f"{kind!r}. Did you mean 'datetime'?"
        )
    checks.choice(f"the type of column {name!r}", plain, KINDS)
    if not colon:
        return plain, ""
    if plain != "datetime":
        raise InvalidArgument(
            f"the type of column {name!r}: only datetime takes a format, received {kind!r}."
        )
    return plain, dates.check_format(pattern)


def told_texts(kinds: Mapping[str, str], ids: Collection[str] = ()) -> tuple[str, ...]:
    """Columns that reading must keep as the text in the file, by what is told of them.

    >>> told_texts({"zip": "category", "size": "numeric", "sold": "datetime"}, ids=["name"])
    ('zip', 'sold', 'name')
    """
    texts = ("category", "text", "datetime")
    told = [name for name, kind in kinds.items() if parse_kind(name, kind)[0] in texts]
    return (*told, *ids)


@dataclass(frozen=True)
class Column:
    """One column: what its cells are, what it is for, and why it is left out where it is."""

    name: str
    kind: str
    role: str
    reason: str = ""
    format: str = ""  # of dates written as text

    def __post_init__(self) -> None:
        checks.choice(f"kind of column {self.name!r}", self.kind, KINDS)
        checks.choice(f"role of column {self.name!r}", self.role, ROLES)
        if self.format:
            dates.check_format(self.format)


@dataclass(frozen=True)
class Schema:
    """The columns of a table, and what is to be predicted.

    Args:
        columns: in the order of the table.
        task: ``"regression"``, ``"binary"``, ``"multiclass"``; None without a target.
        classes: the values of the target, in the order of the classes' numbers.
        notes: what inference has to say to people, one sentence each; not stored in files.

    **Errors**: `InvalidArgument` where columns, task and classes do not fit together.

    >>> schema = Schema(
    ...     columns=(Column("size", "numeric", "feature"), Column("kind", "category", "target")),
    ...     task="binary",
    ...     classes=("ale", "stout"),
    ... )
    >>> schema.target, [column.name for column in schema.features]
    ('kind', ['size'])
    """

    columns: tuple[Column, ...]
    task: str | None = None
    classes: tuple[Label, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise InvalidArgument("a schema must name each column once.")
        for role in _ONE_AT_MOST:
            if len(self.role(role)) > 1:
                raise InvalidArgument(
                    f"one column at most can be the {role}, received "
                    f"{checks.listing(self.role(role))}."
                )
        if (self.task is None) != (self.target is None):
            raise InvalidArgument("a schema has a task where it has a target, and only there.")
        if self.task is not None:
            checks.choice("task", self.task, TASKS)
        wanted = {BINARY: len(self.classes) == 2, MULTICLASS: len(self.classes) >= 2}
        if not wanted.get(self.task or "", not self.classes):
            raise InvalidArgument(f"{len(self.classes)} classes do not fit the task {self.task!r}.")
        if not all(math.isfinite(label) for label in self.classes if isinstance(label, float)):
            raise InvalidArgument("classes must be finite.")
        if len({bool if type(c) is bool else isinstance(c, str) for c in self.classes}) > 1:
            raise InvalidArgument("classes must be all texts, all numbers, or false and true.")
        if bool in map(type, self.classes) and self.classes != (False, True):
            raise InvalidArgument("classes must be (False, True) in this order.")
        if len(set(map(storage.canonical, self.classes))) != len(self.classes):
            raise InvalidArgument("classes must be different from one another.")

    @property
    def target(self) -> str | None:
        """The name of the column to predict, or None."""
        return next(iter(self.role("target")), None)

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that a network learns from."""
        return tuple(column for column in self.columns if column.role == "feature")

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns that must be read as the text that stands in the file.

        ``007`` and ``1.50`` are names there, not numbers, and dates keep the format they have.
        """
        return tuple(
            column.name
            for column in self.columns
            if column.role == "id" or column.kind in ("category", "text") or column.format
        )

    def column(self, name: str) -> Column:
        """The column of this name.

        **Errors**: `InvalidArgument` with the nearest name where there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        names = [column.name for column in self.columns]
        raise InvalidArgument(f"there is no column {name!r}.{_hint(checks.nearest(name, names))}")

    def role(self, role: str) -> tuple[str, ...]:
        """Names of the columns that play this role."""
        return tuple(column.name for column in self.columns if column.role == role)

    def edit(
        self, kinds: Mapping[str, str] | None = None, roles: Mapping[str, str] | None = None
    ) -> Schema:
        """A schema with other kinds or roles for some columns.

        **Errors**: `InvalidArgument` for unknown columns, kinds and roles, and for the target,
        which follows from the task.

        >>> schema = Schema((Column("zip", "integer", "feature"),))
        >>> schema.edit(kinds={"zip": "category"}).columns
        (Column(name='zip', kind='category', role='feature', reason='', format=''),)
        """
        changed = {column.name: column for column in self.columns}
        for name, kind in (kinds or {}).items():
            plain, pattern = parse_kind(name, kind)
            changed[name] = replace(self.column(name), kind=plain, format=pattern)
        for name, role in (roles or {}).items():
            column = changed[self.column(name).name]
            reason = ON_REQUEST if role == "dropped" else ""
            changed[name] = replace(column, role=role, reason=reason)
        for column in self.columns:
            if (
                "target" in (column.role, changed[column.name].role)
                and changed[column.name] != column
            ):
                raise InvalidArgument(
                    f"column {column.name!r}: the target follows from the table and the task. "
                    "Infer the schema again with another target or task."
                )
        return replace(self, columns=tuple(changed.values()))

    def check(
        self, table: Table, *, target: bool = False, passed: Collection[str] = ()
    ) -> list[str]:
        """Whether a table has the columns that are needed; sentences about what is ignored.

        Args:
            table: rows to predict, in any order of columns.
            target: whether the target is needed as well.
            passed: columns that are passed through, and so are not ignored.

        **Errors**: `InvalidData` that lists every missing column, with the nearest name there is.
        """
        present = [str(name) for name in table.frame.columns]
        needed = [column.name for column in self.features]
        if target and self.target is not None:
            needed.append(self.target)
        missing = [name for name in needed if name not in set(present)]
        if missing:
            known = {column.name for column in self.columns}
            spare = [name for name in present if name not in known]
            raise InvalidData(f"{table.name} lacks {_missing(missing, spare)}")
        notes = []
        known = {*(column.name for column in self.columns), *passed}
        extra = [name for name in present if name not in known]
        if extra:
            notes.append(
                f"{_columns(extra)} {'is' if len(extra) == 1 else 'are'} not among those the model "
                "was trained with: ignored."
            )
        ids = [name for name in self.role("id") if name not in set(present)]
        if ids:
            notes.append(f"{_columns(ids)} to pass through: not in {table.name}.")
        return notes

    def values(
        self,
        table: Table,
        name: str,
        rows: NDArray[np.int64] | None = None,
        *,
        unknown: Unknown | None = None,
    ) -> NDArray[Any]:
        """The cells of one column, read as its kind says.

        Args:
            table: any table that has the column.
            name: of the column.
            rows: row numbers; None: all rows.
            unknown: is told of words that are neither yes nor no; they are missing then, as a
                category that training did not have is unknown. None: they are refused.

        **Shape**: one value a row: float64 for ``numeric``, ``integer`` (NaN: missing) and
        ``boolean`` (0, 1, NaN); ``datetime64[ns]`` for ``datetime`` (NaT); for ``category`` and
        ``text`` an object array of text (None), in which 3 and 3.0 are ``"3"``.

        **Errors**: `InvalidData` with file, line, column and value of the first cell that is not
        of this kind.
        """
        column = self.column(name)
        cells = table.frame[name]
        if rows is not None:
            cells = cells.iloc[rows]
        read, bad = _read(column, cells, table.decimal)
        if bad is not None and bad.any():
            first = int(np.argmax(bad))
            if unknown is not None and column.kind == "boolean" and storage.of(cells) == "text":
                unknown(name, int(bad.sum()), storage.canonical(cells.iloc[first]))
                return read
            row = first if rows is None else int(rows[first])
            raise InvalidData(
                f"{place(table, row, name)}: {shown(cells.iloc[first])} is not "
                f"{_WANTED[column.kind]}{_as_format(column)}.{_others(bad)} "
                "Correct the cell or leave it empty."
            )
        return read

    def targets(self, table: Table, rows: NDArray[np.int64] | None = None) -> Doubles:
        """The target of each row: a number, or the number of its class.

        **Errors**: `InvalidData` with the place of the first cell that is missing, no number, or
        none of the classes.
        """
        name = self.target
        if name is None:
            raise InvalidArgument("this schema has no target.")
        cells = table.frame[name]
        if rows is not None:
            cells = cells.iloc[rows]
        if self.task == REGRESSION or isinstance(self.classes[0], bool):
            found: Doubles = self.values(table, name, rows)
            unknown = np.zeros(len(found), np.bool_)
        else:
            found, unknown = _class_numbers(cells, self.classes, table.decimal)
        wrong = np.isnan(found)
        if wrong.any():
            first = int(np.argmax(wrong))
            row = first if rows is None else int(rows[first])
            where = place(table, row, name)
            if unknown[first]:
                raise InvalidData(
                    f"{where}: {shown(cells.iloc[first])} is none of the classes the model knows: "
                    f"{listed(map(repr, self.classes), 9)}."
                )
            raise InvalidData(f"{where}: the target is missing.{_others(wrong)}")
        return found

    def usable_rows(self, table: Table) -> NDArray[np.int64]:
        """Numbers of the rows that have a target; all rows where there is no target."""
        if self.target is None:
            return np.arange(len(table), dtype=np.int64)
        present = table.frame[self.target].notna().to_numpy(dtype=np.bool_)
        return np.flatnonzero(present).astype(np.int64)

    def record(self) -> dict[str, Any]:
        """Plain data for JSON; :meth:`from_record` takes it back."""
        return records.to_record(self, without=("notes",))

    @classmethod
    def from_record(cls, record: Any) -> Schema:
        """The schema that :meth:`record` wrote.

        Raises:
            InvalidArgument: the record is no schema. Nothing in it is executed.
        """
        return records.from_record(cls, record, notes=())


@dataclass(frozen=True)
class Told:
    """What people say of a table's columns."""

    target: str | None = None
    task: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    weight: str | None = None


_WANTED = {
    "numeric": "a number",
    "integer": "a number",
    "boolean": "yes or no",
    "datetime": "a date",
}


def _read(
    column: Column, cells: pd.Series, decimal: str
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Cells by the column's kind, and which of them are of another kind (None: there are none)."""
    if column.kind in ("category", "text"):
        return storage.texts(cells), None
    if column.kind == "boolean":
        return storage.booleans(cells, decimal)
    if column.kind == "datetime":
        return storage.moments(cells, column.format or dates.ISO)
    return storage.numbers(cells, decimal)


def _class_numbers(
    cells: pd.Series, classes: tuple[Label, ...], decimal: str
) -> tuple[Doubles, NDArray[np.bool_]]:
    """Class numbers (NaN: missing or unknown), and which cells are unknown."""
    import pandas as pd

    written = cells.notna().to_numpy(dtype=np.bool_)
    if not isinstance(classes[0], str):
        numbers, _ = storage.numbers(cells, decimal)
        cells = pd.Series(numbers)
    number = {storage.canonical(label): float(place) for place, label in enumerate(classes)}
    codes, uniques = pd.factorize(cells)
    places = [number.get(storage.canonical(value), math.nan) for value in uniques]
    found = np.array([*places, math.nan])[codes]
    return found, np.isnan(found) & written


def place(table: Table, row: int, name: str) -> str:
    """Where a cell stands, for messages: file, line and column."""
    return f"{table.name}, {table.place(row)}, column {name!r}"


def _as_format(column: Column) -> str:
    return f" as {column.format}" if column.format and column.format != dates.ISO else ""


def _others(bad: NDArray[np.bool_]) -> str:
    more = int(bad.sum()) - 1
    return f" {more:,} more like it." if more else ""


def _columns(names: Collection[str]) -> str:
    return f"Column{'s' if len(names) > 1 else ''} {listed(map(repr, names), 9)}"


def _hint(hint: str) -> str:
    return f" {hint}" if hint else ""


def _missing(missing: list[str], present: list[str]) -> str:
    hints = []
    for name in missing:
        hint = checks.nearest(name, present).removeprefix("Did you mean ").removesuffix("?")
        hints.append(f"{name!r} (there is {hint})" if hint else repr(name))
    return (
        f"{len(missing)} of the columns that the model was trained with: {', '.join(hints)}. "
        "Columns are matched by name, in any order."
        if len(missing) > 1
        else f"a column that the model was trained with: {hints[0]}. "
        "Columns are matched by name, in any order."
    )
