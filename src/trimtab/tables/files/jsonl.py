"""JSON lines: one object on each line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.errors import InvalidData
from trimtab.tables.files import cells
from trimtab.tables.files.assembly import Names, assemble
from trimtab.tables.files.objects import numbers_among, settle_objects
from trimtab.tables.files.passing.cell_text import Written
from trimtab.tables.files.passing.passed_objects import column_of, kind_of
from trimtab.tables.files.passing.passing import NOTHING, Passing
from trimtab.tables.files.table import Guess, Table
from trimtab.tables.files.text_blocks import blocks_of

if TYPE_CHECKING:
    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.sources import Source

__all__ = ["Reader"]


class Reader:
    """Reads one object per line; a name that an object lacks is a missing value."""

    def __init__(
        self, source: Source, options: ReadOptions, guesses: list[Guess], notes: list[str]
    ) -> None:
        self._source = source
        self._options = options
        self._guesses = guesses
        self._notes = notes

    def _objects(self, exact: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
        name = self._source.name
        encoding = self._options.encoding or "utf-8-sig"
        held, line = b"", 1
        with self._source.opened() as file:
            for block in blocks_of(file, encoding, name, told=True):
                *lines, held = (held + block).split(b"\n")
                for text in lines:
                    yield from self._object(text, line, exact)
                    line += 1
            yield from self._object(held, line, exact)

    def _object(self, text: bytes, line: int, exact: bool) -> Iterator[tuple[int, dict[str, Any]]]:
        if not text.strip():
            return
        try:
            # What is passed through keeps the text of its numbers.
            found = json.loads(text, parse_float=Written) if exact else json.loads(text)
        except (ValueError, RecursionError) as problem:
            raise InvalidData(
                f"{self._source.name}, line {line:,}: not JSON ({problem}). "
                f'Each line must hold one object: {{"name": value, ...}}.'
            ) from None
        if not isinstance(found, dict):
            raise InvalidData(
                f"{self._source.name}, line {line:,}: a JSON {type(found).__name__}. "
                f'Each line must hold one object: {{"name": value, ...}}.'
            )
        yield line, found

    def whole(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        passing: Passing = NOTHING,
    ) -> Table:
        """All rows."""
        objects = [*self._objects(exact=bool(passing))]
        return self._table(objects, text, columns, kinds_in(objects, passing), passing)

    def parts(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        rows: int,
        passing: Passing = NOTHING,
    ) -> Iterator[Table]:
        """The rows in chunks, all with the columns of the whole file."""
        exact = bool(passing)
        kinds = kinds_in(self._objects(exact), passing)
        held: list[tuple[int, dict[str, Any]]] = []
        count = 0
        for item in self._objects(exact):
            held.append(item)
            if len(held) == rows:
                yield self._table(held, text, columns, kinds, passing, count)
                count, held = count + len(held), []
        if held or not count:
            yield self._table(held, text, columns, kinds, passing, count)

    def _table(
        self,
        objects: list[tuple[int, dict[str, Any]]],
        text: Collection[str],
        columns: Collection[str] | None,
        kinds: dict[str, set[str]],
        passing: Passing,
        count: int = 0,
    ) -> Table:
        raw = [*kinds]
        if not raw:
            raise InvalidData(
                f"{self._source.name} has no columns. "
                f'Each line must hold one object: {{"name": value, ...}}.'
            )
        names = Names(raw, self._source.name)
        names.nameless = []
        wanted = [
            at
            for at, one in enumerate(names.names)
            if (columns is None or one in columns) and passing.reads(one)
        ]
        settled = {}
        for at in wanted:
            values = [found.get(raw[at]) for _, found in objects]
            plain = None
            if names.names[at] in text:
                plain = numbers_among(values)
                values = [
                    value
                    if value is None or isinstance(value, list | dict)
                    else cells.canonical(value)
                    for value in values
                ]
            settled[at] = settle_objects(
                [None if value == "" else value for value in values],
                names.names[at],
                self._source.name,
                told=self._options.missing,
            )
            settled[at].plain = settled[at].plain if plain is None else plain
            if names.names[at] in text:  # JSON may have had numbers there
                settled[at].said = ""
        passed = {
            at: column_of([found.get(raw[at]) for _, found in objects], kinds[raw[at]])
            for at in passing.places(names.names)
        }
        return assemble(
            self._source.name,
            names,
            settled,
            len(objects),
            kept=frozenset(names.names),
            guesses=self._guesses,
            notes=() if count else self._notes,
            lines=np.array([line for line, _ in objects], np.int64) if count or objects else None,
            from_lines=True,
            first_row=count,
            quiet=count > 0,
            passed=passed,
        )


def kinds_in(
    objects: Iterable[tuple[int, dict[str, Any]]], passing: Passing
) -> dict[str, set[str]]:
    """The names of all objects, in order of appearance, and what cells to pass through hold."""
    found: dict[str, set[str]] = {}
    for _, one in objects:
        for key in one:
            kinds = found.setdefault(key, set())
            if passing and key.strip() in passing.names and one[key] is not None:
                kinds.add(kind_of(one[key]))
    return found
