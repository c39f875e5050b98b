"""The rows on the screen: a toy, a table that comes with trimtab, or one from the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import brief, count
from trimtab.errors import InvalidArgument
from trimtab.play.choices import Choices
from trimtab.play.toys import TOYS, toy

if TYPE_CHECKING:
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table

__all__ = ["GIVEN", "MOST_ROWS", "VALID", "Data", "Shelf"]

#: The name by which a page knows the table of the command line.
GIVEN = "your-table"

#: Share of the rows to validate on.
VALID = 0.25

#: Rows of a table that train, at most: an epoch has to end soon.
MOST_ROWS = 20_000

#: Tables that come with trimtab, and what the page calls them.
_SHIPPED = {"red-wine": "Red wine (a table)", "concrete": "Concrete (a table)"}


@dataclass(frozen=True, eq=False)
class Data:
    """Rows to train and to validate on, as a network sees them.

    Attributes:
        task: ``regression``, ``binary`` or ``multiclass``.
        x, y, x_valid, y_valid: float32; classes are numbers.
        classes: their names; empty where numbers are predicted.
        target: the name of what is predicted.
        sizes: of the categories that are embedded: the last inputs are their codes.
        source: what the table is called on a command line; empty for toys.
        to_units: from outputs and targets of the network to the units of the table.
        notes: what a page says of the rows.
        cut: whether the table has more rows, of which these are the first.
    """

    task: str
    x: Floats
    y: Floats
    x_valid: Floats
    y_valid: Floats
    classes: tuple[str, ...] = ()
    target: str = "y"
    sizes: tuple[int, ...] = ()
    source: str = ""
    to_units: Callable[[Any], Doubles] = field(default=np.asarray)
    notes: tuple[str, ...] = ()
    cut: bool = False

    @property
    def toy(self) -> bool:
        """Whether all of it can be drawn: it has one or two inputs."""
        return not self.source

    @property
    def outputs(self) -> int:
        """Columns that come out of a network."""
        return len(self.classes) if self.task == "multiclass" else 1


class Shelf:
    """All data that the page may choose from.

    Args:
        source: a table besides, as :func:`trimtab.tables.read` takes it; None: there is none.
        target: its column to predict; None: that of a table that comes with trimtab.

    Raises:
        InvalidData: the table cannot be used.
        InvalidArgument: a target without a table, or a table without a target.
    """

    def __init__(self, source: str | None = None, target: str | None = None) -> None:
        self._tables: dict[str, tuple[Table, Schema]] = {}
        self._sources: dict[str, tuple[str, str | None]] = {name: (name, None) for name in _SHIPPED}
        self.titles = {name: each.title for name, each in TOYS.items()} | _SHIPPED
        self.first = Choices().data
        if source is None:
            if target is not None:
                raise InvalidArgument(
                    "--target is for a table. Use trimtab play TABLE --target COLUMN."
                )
            return
        name = source if source in _SHIPPED and target is None else GIVEN
        self._sources[name] = (source, target)
        table, _ = self._table(name)
        if name == GIVEN:
            self.titles = {GIVEN: f"{table.name} (your table)", **self.titles}
        self.first = name

    def data(self, choices: Choices) -> Data:
        """The rows that are chosen.

        Raises:
            InvalidArgument: there is no such data.
            InvalidData: the table cannot be divided.
        """
        name = checks.choice("data", choices.data, self.titles)
        return _of_toy(choices) if name in TOYS else self._of_table(name, choices)

    def _table(self, name: str) -> tuple[Table, Schema]:
        if name not in self._tables:
            from trimtab.tables.columns.inference import infer_schema
            from trimtab.tables.files.named import SHIPPED
            from trimtab.tables.files.reading import read

            source, target = self._sources[name]
            if target is None and source in SHIPPED:
                target = SHIPPED[source].target
            table = read(source)
            if target is None:
                last = str(table.frame.columns[-1])
                raise InvalidArgument(
                    f"--target is missing: the column of {table.name} to predict, such as "
                    f"--target {last!r}."
                )
            schema = infer_schema(table, target)
            if len(schema.target_names) > 1:
                raise InvalidArgument(
                    f"the playground predicts one column, received {brief(target)}. Use --target "
                    f"{schema.target_names[0]!r}."
                )
            self._tables[name] = table, schema
        return self._tables[name]

    def _of_table(self, name: str, choices: Choices) -> Data:
        from trimtab.tables.preprocessing.preprocessor import Preprocessor
        from trimtab.tables.splits.plan import SplitPlan, make_split

        table, schema = self._table(name)
        split = make_split(table, schema, SplitPlan(valid=VALID, seed=choices.seed))
        train, valid = split.train[:MOST_ROWS], split.valid[:MOST_ROWS]
        fitted = Preprocessor.fit(table, schema, train)
        notes = [
            f"{count(len(train), 'row')} to train on, {len(valid):,} to validate on, "
            f"{count(len(schema.features), 'column')}; predicts {schema.target_names[0]}."
        ]
        cut = len(train) < len(split.train) or len(valid) < len(split.valid)
        if cut:
            notes.append(
                f"The table has {len(split.train):,} rows to train on; these are the first."
            )
        return Data(
            task=str(schema.task),
            x=fitted.transform(table, train),
            y=fitted.targets(table, train)[:, 0],
            x_valid=fitted.transform(table, valid),
            y_valid=fitted.targets(table, valid)[:, 0],
            classes=tuple(str(each) for each in schema.classes),
            target=schema.target_names[0],
            sizes=tuple(size for _, size in fitted.embeddings),
            source=self._sources[name][0],
            to_units=fitted.to_units,
            notes=tuple(notes),
            cut=cut,
        )

    def listed(self) -> Mapping[str, str]:
        """Name -> title of all data."""
        return self.titles


def _of_toy(choices: Choices) -> Data:
    made = TOYS[choices.data]
    x, y = toy(choices.data, rows=choices.rows, noise=choices.noise, seed=choices.seed)
    cut = int(len(x) * (1 - VALID))  # as validation_split has it
    return Data(
        task=made.task,
        x=x[:cut],
        y=y[:cut],
        x_valid=x[cut:],
        y_valid=y[cut:],
        classes=("0", "1") if made.task == "binary" else (),
        notes=(f"{cut:,} points to train on, {len(x) - cut:,} to validate on.",),
    )
