"""The first stage of ``train``: the table is read, understood and divided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.options import IN_MEMORY
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.training import class_rules, defaults, events
from trimtab.predictor.training.fingerprint import fingerprint
from trimtab.predictor.training.held import held_rows
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.parts import Chosen, numbered
from trimtab.predictor.training.report_wish import kept_of
from trimtab.tables.files.several.several import named_files

if TYPE_CHECKING:
    from trimtab.predictor.reporting.rows import Kept
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.columns.suspicions import Suspicion
    from trimtab.tables.files.table import Table
    from trimtab.tables.splits.plan import Split

__all__ = ["Data", "load_data"]

#: Rows that are searched for what is suspicious: this takes less time than reading.
SUSPECTED_IN = 20_000


@dataclass(frozen=True, eq=False)
class Data:
    """A table whose columns and parts are known, and what that decides.

    Attributes:
        name: of the table.
        size: its rows and columns.
        schema: what its columns are.
        parts: rows by part: ``train``, ``valid``, ``test``; only those that there are.
        folds: of a cross-validation: row numbers to train and to validate on.
        how: the rows were divided, in words.
        fingerprint: of all rows and columns in use.
        options: with everything decided.
        owned: whether the table was read here, so that its columns may be released.
        kept: rows for the report, by the identity of their table; empty without a report.
    """

    name: str
    size: tuple[int, int]
    schema: Schema
    parts: Mapping[str, Chosen]
    folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
    how: str
    fingerprint: int
    options: TrainOptions
    owned: bool
    kept: Mapping[int, Kept] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """``regression``, ``binary`` or ``multiclass``."""
        assert self.schema.task is not None
        return self.schema.task

    @property
    def outputs(self) -> int:
        """Columns that come out of a network."""
        if self.task == "multiclass":
            return len(self.schema.classes)
        return len(self.schema.target_names)


def load_data(job: Job, source: Any, *, overwrite: bool) -> Data:
    """Reads a table, finds out what its columns are, and divides its rows.

    Args:
        job: what was asked for.
        source: as in ``train``.
        overwrite: whether the model may replace whatever is in its place.

    Raises:
        InvalidData: the table cannot be used as it is.
        InvalidArgument: the options do not fit the table, the model may not be written to its
            place, or the table is not that of the run to resume.
    """
    place, given = job.place, job.given
    if place is not None:
        place.spare(source, given.valid, given.test)
    with job.stage("read"):
        table = _read(job, source)
    with job.stage("understand"):
        schema = _understand(job, table)
        if place is not None and not overwrite:
            named = bool(named_files(source))
            columns = None if named else list(table.frame.columns)
            place.check(table.name, schema.target_names, columns)
        return _divide(
            job, table, schema, owned=isinstance(source, str) or bool(named_files(source))
        )


def _read(job: Job, source: Any) -> Table:
    from trimtab.tables.columns.schema import told_numbers
    from trimtab.tables.columns.total_rows import leave_out_totals
    from trimtab.tables.files.reading import read

    table = read(
        source,
        job.given.read_options(),
        text=_told_texts(job.given),
        numbers=told_numbers(job.given.types),
    )
    table = leave_out_totals(table, job.given.totals)
    rows, columns = table.frame.shape
    guesses, notes = tuple(table.guesses), tuple(table.notes)
    job.report(events.Read(table.name, rows, columns, guesses, notes))
    return table


def _told_texts(given: TrainOptions) -> set[str]:
    """Columns to read as they stand in the file, so far as the options say."""
    from trimtab.tables.columns.schema import told_texts

    return set(told_texts(given.types, given.id))


# -- columns --------------------------------------------------------------------------------------


def _understand(job: Job, table: Table) -> Schema:
    from trimtab.tables.columns.inference import infer

    given = job.given
    if job.known is None:
        schema = infer(table, replace(given.told(), classes=job.classes))
    else:
        schema = job.known.schema
        schema.check(table, target=True)
    rows = len(schema.usable_rows(table))
    job.report(events.Understood(schema, rows, tuple(schema.notes)))
    if job.known is None and job.heard:
        found = tuple(_suspicions(given, table, schema))
        if found:
            job.report(events.Suspected(found))
    return schema


def _suspicions(given: TrainOptions, table: Table, schema: Schema) -> Iterable[Suspicion]:
    """What may make scores too good, unless the options show that it is known."""
    from trimtab.tables.columns.suspicions import suspicions

    kinds = ["leak", "identifier", "codes"]
    test_drawn = not isinstance(given.test, str) and given.test > 0
    drawn = test_drawn or not isinstance(given.valid, str)
    if drawn and given.group is None and given.time is None:
        kinds.append("groups")
    for each in suspicions(table, schema, only=kinds, most=SUSPECTED_IN):
        known = {*each.columns} <= given.types.keys()  # a type that is given is known
        if each.what not in ("identifier", "codes") or not known:
            yield each


#: Kinds of columns that become numbers.
NUMBERS = ("numeric", "integer", "datetime", "time")

# -- rows -----------------------------------------------------------------------------------------


def _divide(job: Job, table: Table, schema: Schema, *, owned: bool) -> Data:
    given, before = job.given, job.before
    class_rules.check_options(given, schema)
    options, split = _split(given, None if before is None else before.decided, table, schema)
    parts = _parts(job, table, schema, split)
    class_rules.check_held_out(given, schema, parts, split.folds)
    tables = {id(each.table): each.table for each in parts.values()}
    tables = {id(table): table, **tables}
    if len(tables) > 1:
        _check_groups(schema, parts)
    checksum = fingerprint(tables.values(), schema)
    if before is not None and before.run.fingerprint != checksum:
        began = before.predictor.provenance.get("data")
        raise InvalidArgument(
            f"{table.name} is not the table that the run in {before.path} started with "
            f"({began}): its columns or rows differ. Resume with that table, or train again "
            "without resume."
        )
    data = Data(
        name=table.name,
        size=table.frame.shape,
        schema=schema,
        parts=parts,
        folds=split.folds,
        how=_how(table, split, parts),
        fingerprint=checksum,
        options=options
        if before is not None
        else replace(
            defaults.decide(
                options,
                task=str(schema.task),
                rows=len(parts["train"]),
                numbers=sum(each.kind in NUMBERS for each in schema.features),
            ),
            target=schema.target or schema.target_names,
        ),
        owned=owned,
        kept={} if job.page is None else kept_of(parts, options.seed),
    )
    rows = {name: len(parts.get(name, ())) for name in ("train", "valid", "test")}
    job.report(events.Divided(how=data.how, folds=len(data.folds), **rows))
    return data


def _split(
    given: TrainOptions, decided: TrainOptions | None, table: Table, schema: Schema
) -> tuple[TrainOptions, Split]:
    """The options with it decided whether there are folds, and the rows of each part.

    Of folds that nobody asked for there are fewer where groups are too few or too unequal for so
    many, or none.
    """
    from trimtab.tables.splits.plan import make_split

    options = _divided(given, table, schema) if decided is None else decided
    while True:
        try:
            return options, make_split(table, schema, options.split_plan())
        except InvalidData:
            if decided is not None or given.fold is not None or not options.fold:
                raise
        number = options.fold - 1 if options.fold > 3 else 0
        options = defaults.divided(replace(given, fold=number), rows=0)


def _divided(given: TrainOptions, table: Table, schema: Schema) -> TrainOptions:
    """The options with it decided whether there are folds."""
    from trimtab.tables.columns.equality import coded

    rows = schema.usable_rows(table)
    groups = None
    for name in schema.role("group"):
        groups = len(np.unique(coded(table, schema.column(name), rows)[0]))
    test = given.test if isinstance(given.test, float) else 0.0
    return defaults.divided(given, rows=round((1 - test) * len(rows)), groups=groups)


def _parts(job: Job, table: Table, schema: Schema, split: Split) -> dict[str, Chosen]:
    """Rows of the table, or of tables of their own."""
    given = job.given
    drawn = {"train": split.train, "valid": split.valid, "test": split.test}
    parts = {
        name: Chosen.of(schema, table, rows, split.groups)
        for name, rows in drawn.items()
        if len(rows)
    }
    for name, source in (("valid", given.valid), ("test", given.test)):
        if isinstance(source, str):
            parts[name] = _part_of_its_own(job, schema, name, source)
    return parts


def _part_of_its_own(job: Job, schema: Schema, part: str, path: str) -> Chosen:
    """The rows of a file, or of a table in memory."""
    from trimtab.tables.columns.total_rows import leave_out_totals
    from trimtab.tables.files.reading import read

    given, source = job.given, path if path != IN_MEMORY else held_rows(job.held, schema, part)
    texts = {*_told_texts(given), *schema.text_columns}
    table = read(source, given.read_options(), text=texts)
    table = leave_out_totals(table, given.totals)
    if source is not path:
        table.name = f"the table for {part}"
    schema.check(table, target=True)
    rows = schema.rows_with_target(table)
    groups = None
    for name in schema.role("group"):
        if name not in table.frame.columns:
            raise InvalidData(
                f"{table.name} has no group column {name!r}. Add it, or train without group."
            )
        groups = numbered(schema, table, name)
    return Chosen.of(schema, table, rows, groups)


def _how(table: Table, split: Split, parts: Mapping[str, Chosen]) -> str:
    """How the rows were divided, in words."""
    from trimtab.tables.columns.total_rows import LEFT_OUT

    how = [split.how] if split.how != "All train." else []
    for name, word in (("valid", "Validation"), ("test", "Test")):
        if name in parts and parts[name].table is not table:
            how.append(f"{word} rows come from {parts[name].table.name}.")
            how += [note for note in parts[name].table.notes if LEFT_OUT in note]
    return " ".join(how)


def _check_groups(schema: Schema, parts: Mapping[str, Chosen]) -> None:
    """No group is in two parts, where parts are files of their own."""
    from trimtab.tables.columns.equality import coded, names_of

    for name in schema.role("group"):
        seen: dict[str, str] = {}
        for part in parts.values():
            own = {*names_of(coded(part.table, schema.column(name), part.rows)[1])}
            twice = sorted(own & seen.keys())
            if twice:
                raise InvalidData(
                    f"each group of {name!r} must be in one file only; {part.table.name} shares "
                    f"{len(twice):,} with {seen[twice[0]]}, such as {twice[0]!r}. Remove their "
                    "rows from one of the two files, or train without group."
                )
            seen.update(dict.fromkeys(own, part.table.name))
