"""One table from several files with the same columns."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.words import count, listed
from trimtab.errors import InvalidData
from trimtab.tables.files import cells
from trimtab.tables.files.numbers.whole import is_large
from trimtab.tables.files.passing.passing import NOTHING, Passing
from trimtab.tables.files.several.several import Files
from trimtab.tables.files.table import BadCell, Guess, NoRows, Table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["chunks", "whole"]

#: Bad cells and notes that are kept for messages.
_SHOWN = 5

#: Reads a file, given the columns to keep as text and the columns to read.
Read = Callable[..., Table]
#: The same in chunks.
ReadParts = Callable[["Path"], Iterator[Table]]


def whole(
    files: Files,
    read: Read,
    text: Collection[str],
    columns: Collection[str] | None,
    missing: Collection[str],
    passing: Passing = NOTHING,
) -> Table:
    """All rows of all files.

    Args:
        files: The files.
        read: Reads one of them.
        text: Columns to keep as text.
        columns: Columns to read. None: all.
        missing: Spellings of a missing value in addition to the usual ones.
        passing: Columns to hand over as they are.

    Raises:
        InvalidData: A file has other columns or another format than the first, or none has rows.
    """
    tables: dict[int, Table] = {}
    said: dict[str, list[str]] = {}
    for at, path in enumerate(files.paths):
        try:
            table = read(path, text, columns, passing)
        except NoRows:
            said.setdefault("It has no rows.", []).append(files.labels[at])
            continue
        _add_partitions(table, files.partitions[at], columns, passing)
        _same(files, at, table, tables)
        tables[at] = table
        for note in table.notes:
            said.setdefault(note, []).append(files.labels[at])
    if not tables:
        raise NoRows(f"{files.name}: none of its {count(len(files.paths), 'file')} has rows.")
    places = list(tables)
    names = [str(name) for name in tables[places[0]].frame.columns]
    sizes = [len(table) for table in tables.values()]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).tolist()
    joined = dataclasses.replace(
        tables[places[0]],
        name=files.name,
        guesses=_guesses(files, [*tables.values()]),
        notes=[*files.notes, *_notes(said, len(tables))],
        decimal=next((t.decimal for t in tables.values() if t.decimal != "."), "."),
        lines=_lines([*tables.values()]),
        bad={},
        bad_counts={},
        skipped={name: why for table in tables.values() for name, why in table.skipped.items()},
        plain=_plain([*tables.values()]),
        said={name: said for table in tables.values() for name, said in table.said.items()},
        passed=_passed([*tables.values()]),
        files=tuple((start, files.labels[at]) for start, at in zip(starts, places, strict=True)),
    )
    data: dict[str, Any] = {}
    columns_of = [{str(n): cells for n, cells in t.frame.items()} for t in tables.values()]
    for table in tables.values():
        table.frame = table.frame.iloc[:, :0]
    for name in names:
        # Each column is there twice only while it is joined.
        parts = [own.pop(name) for own in columns_of]
        if _mixed(parts) and name not in joined.skipped:
            parts = _as_text(parts, name, files, places, read)
        column = _joined(parts)
        if any(name in table.bad for table in tables.values()) or _mixed(parts):
            found = cells.settle_text(column, joined.decimal, missing).bad
            _keep_bad(joined, name, column, found)
        data[name] = column
    joined.frame = _frame(data, sum(sizes))
    return joined


def chunks(
    files: Files,
    read: ReadParts,
    columns: Collection[str] | None,
    passing: Passing = NOTHING,
) -> Iterator[Table]:
    """The rows of all files in chunks; no chunk holds rows of two files.

    Args:
        files: The files.
        read: Reads the chunks of one.
        columns: Columns to read. None: all.
        passing: Columns to hand over as they are.
    """
    first: dict[int, Table] = {}
    rows = 0
    for at, path in enumerate(files.paths):
        before = 0
        try:
            for table in read(path):
                _add_partitions(table, files.partitions[at], columns, passing)
                if not before:
                    _same(files, at, table, first)
                    first = first or {at: table.part(0, 0)}
                (reference,) = first.values()
                yield dataclasses.replace(
                    table,
                    frame=table.frame[[*reference.frame.columns]],
                    passed=table.passed[[*reference.passed.columns]],
                    name=files.name,
                    notes=[f"{files.labels[at]}: {note}" for note in table.notes],
                    first_row=rows,
                    files=((-before, files.labels[at]),),
                )
                before += len(table)
                rows += len(table)
        except NoRows:
            continue
    if not rows:
        raise NoRows(f"{files.name}: none of its {count(len(files.paths), 'file')} has rows.")


def _add_partitions(
    table: Table, values: Mapping[str, Any], columns: Collection[str] | None, passing: Passing
) -> None:
    """Adds the columns that the folders name; a column of the file itself stands."""
    import pandas as pd

    for name, value in values.items():
        if name in table.names or (columns is not None and name not in columns):
            continue
        dtype = np.int64 if isinstance(value, int) else np.float64 if value is None else object
        column = np.full(len(table), np.nan if value is None else value, dtype)
        if name in passing.names:
            own = pd.Series(column, index=table.passed.index)
            table.passed = table.passed.assign(**{name: own})
        if passing.reads(name):
            table.frame = table.frame.assign(**{name: pd.Series(column)})


def _passed(tables: Sequence[Table]) -> pd.DataFrame:
    """The columns of all files that are passed through."""
    import pandas as pd

    names = [*tables[0].passed.columns]
    index = pd.RangeIndex(sum(map(len, tables)))
    if not names:
        return pd.DataFrame(index=index)
    return pd.concat([table.passed[names] for table in tables], ignore_index=True)


def _plain(tables: Sequence[Table]) -> dict[str, Any]:
    """Of columns of text, the cells that were numbers in the files."""
    names = dict.fromkeys(name for table in tables for name in table.plain)
    return {
        name: np.concatenate([t.plain.get(name, np.zeros(len(t), np.bool_)) for t in tables])
        for name in names
    }


def _same(files: Files, at: int, table: Table, before: Mapping[int, Table]) -> None:
    """Refuses a file with another format or other columns than the first one."""
    if not before:
        return
    first, known = next(iter(before.items()))
    one, other = files.labels[first], files.labels[at]
    forms = [next((g.value for g in t.guesses if g.what == "format"), "") for t in (known, table)]
    if forms[0] != forms[1]:
        raise InvalidData(
            f"{files.name}: {one} is {forms[0]} and {other} is {forms[1]}. Name files of one "
            "format."
        )
    have, want = table.names, known.names
    lacking = [name for name in want if name not in set(have)]
    extra = [name for name in have if name not in set(want)]
    if lacking or extra:
        what = f"lacks {_named(lacking)}" if lacking else f"has {_named(extra)}"
        raise InvalidData(
            f"{files.name}: {other} {what}, which {one} {'has' if lacking else 'lacks'}. Files of "
            "one table must have the same columns, in any order."
        )


def _named(names: Sequence[str]) -> str:
    return f"column{'s' if len(names) > 1 else ''} {listed(map(repr, names), 4)}"


def _kind(part: pd.Series) -> str:
    """How a column is stored; empty if all its cells are missing, which goes with anything."""
    kind = {"i": "number", "u": "number", "f": "number", "b": "boolean", "M": "datetime"}.get(
        getattr(part.dtype, "kind", "O"), "text"
    )
    return "" if kind in ("number", "text") and not part.notna().any() else kind


def _mixed(parts: Sequence[pd.Series]) -> bool:
    return len({_kind(part) for part in parts} - {""}) > 1


def _as_text(
    parts: Sequence[pd.Series], name: str, files: Files, places: Sequence[int], read: Read
) -> list[pd.Series]:
    """A column that is text in some files, as it is written in all of them."""
    import pandas as pd

    texts = []
    for part, at in zip(parts, places, strict=True):
        if _kind(part) not in ("text", "") and name not in files.partitions[at]:
            part = read(files.paths[at], [name], [name]).frame[name]
        if _kind(part) != "text":
            there = part.notna().to_numpy()
            values = [cells.canonical(v) if ok else None for v, ok in zip(part, there, strict=True)]
            part = pd.Series(values, dtype=object)
        texts.append(part)
    return texts


def _joined(parts: Sequence[pd.Series]) -> pd.Series:
    """Parts as one column; all are stored alike, or hold nothing."""
    import pandas as pd

    if len(parts) == 1:
        return parts[0]
    kinds = {_kind(part) for part in parts} - {""}
    if kinds == {"text"}:
        dtypes = {str(part.dtype): part.dtype for part in parts if _kind(part)}
        dtype: Any = next(iter(dtypes.values())) if len(dtypes) == 1 else object
        parts = [
            (part if _kind(part) else pd.Series([None] * len(part), dtype=dtype)).astype(dtype)
            for part in parts
        ]
    elif kinds == {"boolean"} and any(not _kind(part) for part in parts):
        parts = [
            part.astype("boolean")
            if _kind(part)
            else pd.Series(pd.NA, dtype="boolean", index=part.index)
            for part in parts
        ]
    elif kinds == {"number"} and len({str(part.dtype) for part in parts}) > 1:
        parts = _whole(parts)
    elif kinds == {"datetime"}:
        parts = [part.astype("datetime64[ns]") for part in parts]
    return pd.concat(parts, ignore_index=True)


def _whole(parts: Sequence[pd.Series]) -> Sequence[pd.Series]:
    """Numbers of several types, as integers with gaps where ``float64`` would change them."""
    large = [
        is_large(part.dropna().to_numpy())
        for part in parts
        if getattr(part.dtype, "kind", "") in "iu"
    ]
    if not any(large):
        return parts
    unsigned = any(getattr(part.dtype, "kind", "") == "u" for part in parts)
    try:
        return [part.astype("UInt64" if unsigned else "Int64") for part in parts]
    except (TypeError, ValueError, OverflowError):  # fractions: numbers, not names
        return parts


def _keep_bad(table: Table, name: str, column: pd.Series, rows: Any) -> None:
    if len(rows):
        table.bad[name] = [
            BadCell(int(row), table.line(row), str(column.iloc[row])) for row in rows[:_SHOWN]
        ]
        table.bad_counts[name] = len(rows)


def _lines(tables: Sequence[Table]) -> Any:
    if not all(table.from_lines for table in tables):
        return None
    return np.concatenate(
        [np.arange(2, len(t) + 2) if t.lines is None else t.lines for t in tables]
    ).astype(np.int64)


def _guesses(files: Files, tables: Sequence[Table]) -> list[Guess]:
    """What was detected in all files, or in each."""
    told = f"{len(files.paths):,}, {files.order}: {listed(files.labels, 6)}"
    guesses = [Guess("files", told)] if len(files.paths) > 1 else []
    for what in dict.fromkeys(guess.what for table in tables for guess in table.guesses):
        own = [guess for table in tables for guess in table.guesses if guess.what == what]
        values = Counter(guess.value for guess in own)
        said = [
            value if len(values) == 1 else f"{value} in {count(times, 'file')}"
            for value, times in values.most_common()
        ]
        guesses.append(Guess(what, listed(said, 4), own[0].told))
    return guesses


def _notes(said: Mapping[str, Sequence[str]], tables: int) -> list[str]:
    """Each note once, with the files it is about unless these are all."""
    notes = [
        note if len(where) == tables else f"{listed(where, 3)}: {note}"
        for note, where in said.items()
    ]
    if len(notes) > 2 * _SHOWN:
        more = len(notes) - 2 * _SHOWN
        notes = [*notes[: 2 * _SHOWN], f"And {count(more, 'more note')} on single files."]
    return notes


def _frame(data: Mapping[str, Any], rows: int) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(data, index=pd.RangeIndex(rows), copy=False)
