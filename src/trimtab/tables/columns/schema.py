"""The schema of a table: the kind and role of each column, and the task.

A :class:`Schema` is plain data. It is inferred from a table
(:func:`trimtab.tables.infer_schema`), can be edited, is saved with the model, and reads the cells
of later tables in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks, records
from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION, TASKS
from trimtab.core.types import Doubles
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns import storage
from trimtab.tables.columns.column import ON_REQUEST, Column, Label, parse_kind
from trimtab.tables.columns.positive import positive_number
from trimtab.tables.columns.storage import shown
from trimtab.tables.columns.values import (
    Unknown,
    class_numbers,
    others,
    place,
    read_cells,
    read_numbers,
)

if TYPE_CHECKING:
    from trimtab.tables.files.table import Table

__all__ = ["Schema", "Told", "told_numbers", "told_texts"]

#: Columns that a message lists.
_LISTED = 20

_ONE_AT_MOST = ("group", "time", "weight")


def told_texts(kinds: Mapping[str, str], ids: Collection[str] = ()) -> tuple[str, ...]:
    """The columns that reading must keep as text.

    Args:
        kinds: Column -> kind, as given by the user.
        ids: Columns to pass through to predictions.

    Example:
        >>> told_texts({"zip": "category", "size": "numeric", "sold": "datetime"}, ids=["name"])
        ('zip', 'sold', 'name')
    """
    texts = ("category", "text", "datetime")
    parsed = {name: parse_kind(name, kind) for name, kind in kinds.items()}
    told = [name for name, (kind, pattern) in parsed.items() if kind in texts or pattern]
    return (*told, *ids)


def told_numbers(kinds: Mapping[str, str]) -> dict[str, str]:
    """How the numbers of columns are written, as given by the user: column -> example.

    Example:
        >>> told_numbers({"price": "numeric:1.234,5", "size": "numeric", "zip": "category"})
        {'price': '1.234,5'}
    """
    parsed = {name: parse_kind(name, kind) for name, kind in kinds.items()}
    numbers = {name: pair for name, pair in parsed.items() if pair[0] in ("numeric", "integer")}
    return {name: example for name, (_, example) in numbers.items() if example}


@dataclass(frozen=True)
class Schema:
    """The columns of a table and the task.

    Args:
        columns: The columns, in the order of the table; several targets in the order in which they
            are predicted.
        task: ``"regression"``, ``"binary"`` or ``"multiclass"``; None without a target.
        classes: The classes of the target, in the order of their numbers.
        positive: The class that scores speak of; None: the second of two, or none of several.
        notes: Notes of the inference, a sentence each; not saved.

    Raises:
        InvalidArgument: Columns, task and classes do not fit together.

    Example:
        >>> schema = Schema(
        ...     (Column("size", "numeric", "feature"), Column("kind", "category", "target")),
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
    positive: Label | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidArgument(
                f"a schema must have each column once, received {brief(twice)} twice."
            )
        for role in _ONE_AT_MOST:
            if len(self.role(role)) > 1:
                raise InvalidArgument(
                    f"only one column can be the {role}, received "
                    f"{checks.listing(self.role(role))}."
                )
        if (self.task is None) != (not self.target_names):
            raise InvalidArgument("a schema must have both a task and a target, or neither.")
        if len(self.target_names) > 1 and self.task != REGRESSION:
            raise InvalidArgument(
                "only numbers can be predicted several at once, received the task "
                f"{self.task!r} for {listed(map(repr, self.target_names), 9, last=' and ')}."
            )
        if self.task is not None:
            checks.choice("task", self.task, TASKS)
        wanted = {BINARY: len(self.classes) == 2, MULTICLASS: len(self.classes) >= 2}
        if not wanted.get(self.task or "", not self.classes):
            raise InvalidArgument(
                f"the task {self.task!r} does not fit {len(self.classes)} classes."
            )
        if not all(math.isfinite(label) for label in self.classes if isinstance(label, float)):
            raise InvalidArgument(f"classes must be finite, received {self.classes}.")
        if len({bool if type(c) is bool else isinstance(c, str) for c in self.classes}) > 1:
            raise InvalidArgument(
                f"classes must be all text, all numbers, or False and True, received "
                f"{self.classes}."
            )
        if bool in map(type, self.classes) and self.classes != (False, True):
            raise InvalidArgument(
                f"boolean classes must be (False, True), received {self.classes}."
            )
        if len(set(map(storage.canonical, self.classes))) != len(self.classes):
            raise InvalidArgument(f"classes must all be different, received {self.classes}.")
        if self.positive is not None:
            positive_number(self.positive, self.classes)

    @property
    def target(self) -> str | None:
        """The name of the target column; None without one, and with several."""
        names = self.target_names
        return names[0] if len(names) == 1 else None

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of all target columns, in the order in which they are predicted."""
        return self.role("target")

    @property
    def target_words(self) -> str:
        """The target columns for messages: ``'a'``, or ``'a' and 'b'``."""
        return listed(map(repr, self.target_names), 9, last=" and ")

    def for_target(self, name: str) -> Schema:
        """The schema for one of several targets, without the others.

        Example:
            >>> columns = (Column("a", "numeric", "target"), Column("b", "numeric", "target"))
            >>> Schema(columns, task="regression").for_target("b").target
            'b'
        """
        others = {each for each in self.target_names if each != name}
        columns = tuple(column for column in self.columns if column.name not in others)
        return replace(self, columns=columns)

    @property
    def positive_class(self) -> int | None:
        """The number of the class that scores speak of; None: there is none."""
        if self.positive is not None:
            return positive_number(self.positive, self.classes)
        return 1 if len(self.classes) == 2 else None

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that the network learns from."""
        return tuple(column for column in self.columns if column.role == "feature")

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that must be read as text, exactly as in the file.

        In them ``007`` and ``1.50`` are names, not numbers, and dates keep their format.
        """
        return tuple(
            column.name
            for column in self.columns
            if column.role == "id" or column.kind in ("category", "text") or column.format
        )

    def column(self, name: str) -> Column:
        """The column of this name.

        Raises:
            InvalidArgument: There is none; the message suggests the nearest name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        names = [column.name for column in self.columns]
        raise InvalidArgument(
            f"there is no column {brief(name)}.{_hint(checks.nearest(name, names))}"
        )

    def role(self, role: str) -> tuple[str, ...]:
        """The names of the columns with this role."""
        return tuple(column.name for column in self.columns if column.role == role)

    def edit(
        self, kinds: Mapping[str, str] | None = None, roles: Mapping[str, str] | None = None
    ) -> Schema:
        """The schema with other kinds or roles for some columns.

        Args:
            kinds: Column -> kind; for dates, a format may follow: ``"datetime:%d/%m/%Y"``.
            roles: Column -> role.

        Raises:
            InvalidArgument: A column, kind or role is unknown, or a column is or would become the
                target.

        Example:
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
                    f"column {brief(column.name)}: the target cannot be edited. Infer the schema "
                    "again with another target or task."
                )
        return replace(self, columns=tuple(changed.values()))

    def check(
        self, table: Table, *, target: bool = False, passed: Collection[str] = ()
    ) -> list[str]:
        """Checks that a table has the needed columns.

        Args:
            table: Rows to predict, with columns in any order.
            target: Whether the target is needed as well.
            passed: Columns that are passed through and so not ignored.

        Returns:
            Notes on columns that are ignored or missing, a sentence each.

        Raises:
            InvalidData: A needed column is missing; the message lists all, with the nearest names.
        """
        present = table.names
        needed = [column.name for column in self.features]
        if target:
            needed += self.target_names
        missing = [name for name in needed if name not in set(present)]
        if missing:
            known = {column.name for column in self.columns}
            spare = [name for name in present if name not in known]
            verb = "lack" if table.name == "the columns" else "lacks"
            raise InvalidData(f"{table.name} {verb} {_missing(missing, spare)}")
        notes = []
        known = {*(column.name for column in self.columns), *passed}
        extra = [name for name in present if name not in known]
        if extra:
            notes.append(
                f"{_columns(extra)} {'is' if len(extra) == 1 else 'are'} ignored: the model was "
                f"not trained with {'it' if len(extra) == 1 else 'them'}."
            )
        notes += filter(None, (_written_otherwise(table, self.column(name)) for name in needed))
        ids = [name for name in self.role("id") if name not in set(present)]
        if ids:
            notes.append(f"{_columns(ids)} cannot be passed through: not in {table.name}.")
        return notes

    def values(
        self,
        table: Table,
        name: str,
        rows: NDArray[np.int64] | None = None,
        *,
        unknown: Unknown | None = None,
    ) -> NDArray[Any]:
        """The cells of a column, read by its kind.

        Args:
            table: Any table with this column.
            name: The column.
            rows: Row numbers. None: all.
            unknown: Called with cells that are not of this kind, which then count as missing. None:
                words that are neither yes nor no are refused, and so are other cells if they are
                more than half.

        Returns:
            A value per row: float64 for ``numeric``, ``integer`` (NaN: missing) and ``boolean``
            (0, 1, NaN); ``datetime64[ns]`` for ``datetime`` (NaT); for ``category`` and ``text`` an
            object array of text (None), in which 3 and 3.0 are both ``"3"``.

        Raises:
            InvalidData: A cell of the target, the time or the weight is not of this kind, or too
                many are. The message names file, line, column and value.
        """
        return read_cells(table, self.column(name), rows, unknown)

    def targets(self, table: Table, rows: NDArray[np.int64] | None = None) -> Doubles:
        """The target of each row: a number, or the number of its class.

        Args:
            table: Any table with the target column.
            rows: Row numbers. None: all.

        Returns:
            ``(rows,)``; with several targets ``(rows, targets)``.

        Raises:
            InvalidData: A cell is missing, not a number, or none of the classes. The message names
                file, line, column and value.
        """
        names = self.target_names
        if not names:
            raise InvalidArgument("this schema has no target.")
        if len(names) > 1:
            each = [self.for_target(name).targets(table, rows) for name in names]
            return np.stack(each, axis=1)
        name = names[0]
        cells = table.frame[name]
        if rows is not None:
            cells = cells.iloc[rows]
        if self.task == REGRESSION or isinstance(self.classes[0], bool):
            found: Doubles = self.values(table, name, rows)
            unknown = np.zeros(len(found), np.bool_)
        else:
            column = self.column(name)
            found, unknown = class_numbers(cells, self.classes, table.decimal, column)
        wrong = np.isnan(found)
        if wrong.any():
            first = int(np.argmax(wrong))
            row = first if rows is None else int(rows[first])
            where = place(table, row, name)
            if unknown[first]:
                raise InvalidData(
                    f"{where}: {shown(cells.iloc[first])} is none of the model's classes: "
                    f"{listed(map(repr, self.classes), 9)}."
                )
            raise InvalidData(f"{where}: the target is missing.{others(wrong)}")
        return found

    def usable_rows(self, table: Table) -> NDArray[np.int64]:
        """The numbers of the rows with a target; all rows without a target column.

        With several targets: of the rows that have all of them.
        """
        present = np.ones(len(table), np.bool_)
        for name in self.target_names:
            present &= self._has_target(table, name)
        return np.flatnonzero(present).astype(np.int64)

    def _has_target(self, table: Table, name: str) -> NDArray[np.bool_]:
        """Which rows have a target; what is no number is named later."""
        if self.column(name).written is not None:
            numbers, bad = read_numbers(table, self.column(name))
            return np.asarray(~np.isnan(numbers) | bad)
        return table.frame[name].notna().to_numpy(dtype=np.bool_)

    def rows_with_target(self, table: Table) -> NDArray[np.int64]:
        """:meth:`usable_rows`, of which there is at least one.

        Raises:
            InvalidData: No row has a target.
        """
        rows = self.usable_rows(table)
        if not len(rows):
            several = len(self.target_names) > 1
            raise InvalidData(
                f"{table.name}: no row has a target in column{'s' * several} {self.target_words}"
                f"{' at once' * several}. Pass rows whose target{'s are' if several else ' is'} "
                "known."
            )
        return rows

    def record(self) -> dict[str, Any]:
        """Plain data for JSON; :meth:`from_record` reads it."""
        record = records.to_record(self, without=("notes",))
        for column in record["columns"]:
            if column["numbers"] is None:  # as in files of earlier versions
                del column["numbers"]
        if self.positive is None:
            del record["positive"]
        return record

    @classmethod
    def from_record(cls, record: Any) -> Schema:
        """The schema that :meth:`record` wrote.

        Raises:
            InvalidArgument: It is no record of a schema. Nothing in it is executed.
        """
        return records.from_record(cls, record, notes=())


@dataclass(frozen=True)
class Told:
    """What the user says about the columns of a table; see :func:`trimtab.tables.infer_schema`.

    ``classes`` are those that there are, whichever of them the rows at hand have.
    """

    target: str | tuple[str, ...] | None = None
    task: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    positive: Label | None = None
    classes: tuple[Label, ...] = ()


def _columns(names: Collection[str]) -> str:
    return f"Column{'s' if len(names) > 1 else ''} {listed(map(repr, names), 9)}"


def _written_otherwise(table: Table, column: Column) -> str:
    """A note on numbers that are written otherwise than in training, or ""."""
    own, here = column.written, table.forms.get(column.name)
    if own is None and here is not None and column.kind in ("numeric", "integer"):
        return (
            f"Column {column.name!r} is written otherwise than in training, like {here.example!r}, "
            "and read as numbers."
        )
    if own is not None and own.unit and storage.of(table.frame[column.name]) == "number":
        return f"Column {column.name!r} has no unit here and is taken to be in {own.unit}."
    return ""


def _hint(hint: str) -> str:
    return f" {hint}" if hint else ""


def _missing(missing: list[str], present: list[str]) -> str:
    hints = []
    for name in missing:
        hint = checks.nearest(name, present).removeprefix("Did you mean ").removesuffix("?")
        hints.append(f"{brief(name)} (there is {hint})" if hint else brief(name))
    return (
        f"{len(missing)} columns that the model was trained with: {listed(hints, _LISTED)}. "
        "Columns are matched by name, in any order."
        if len(missing) > 1
        else f"a column that the model was trained with: {hints[0]}. "
        "Columns are matched by name, in any order."
    )
