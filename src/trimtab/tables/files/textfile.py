"""Text files with delimiters as tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.errors import InvalidData
from trimtab.tables.files import cells, encodings, text_blocks
from trimtab.tables.files.assembly import Names, assemble
from trimtab.tables.files.dialect import count_numbers
from trimtab.tables.files.fields import columns_of, texts_of
from trimtab.tables.files.growing import Growing
from trimtab.tables.files.header import check_names, head_of, names_of
from trimtab.tables.files.layout import lay_out
from trimtab.tables.files.passing.passing import NOTHING, Passing
from trimtab.tables.files.row_cutter import RowBlock, RowCutter
from trimtab.tables.files.table import Guess, NoRows, Table

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.sources import Source

__all__ = ["Reader"]

#: Cells from which columns are expected to be numbers or text, and the fewest rows of them.
_SEEN = 20_000
_FEWEST = 20

#: With this share of numbers in the first cells, a column may be one of numbers with bad cells.
_LIKELY = 0.5


class Reader:
    """Reads CSV and its relatives; the layout is detected from the beginning of the file."""

    def __init__(
        self, source: Source, options: ReadOptions, guesses: list[Guess], notes: list[str]
    ) -> None:
        self._source = source
        self._options = options
        head, whole = head_of(source)
        found, why = encodings.encoding_of(head, whole)
        self._encoding = options.encoding or found
        encoding = Guess(
            "encoding",
            f"{self._encoding} ({why})" if why and not options.encoding else self._encoding,
            options.encoding is not None,
        )
        text = self._text_of(head, whole)
        encodings.check_text(text, source.name)
        layout = lay_out(
            text,
            source.name,
            whole=whole,
            delimiter=options.delimiter,
            decimal=options.decimal,
            quote=options.quote,
        )
        self._dialect = layout.dialect
        self._guesses = [*guesses, encoding, *layout.guesses]
        self._notes = [*notes, *layout.notes]
        raw, self._trailing = names_of(layout, source.name)
        if not layout.rows and whole:
            raise NoRows(f"{source.name} has a line of names but no rows. Add rows below it.")
        check_names(raw, layout.rows, source.name)
        self._names = Names(raw, source.name)
        self._rows = RowCutter(self._dialect, self._names.names, source.name, layout.skip)
        #: Columns whose first cells are not all numbers, and those in which most are.
        self._textual, self._likely = self._seen(layout.rows)

    def _text_of(self, head: bytes, whole: bool) -> str:
        import codecs
        import io

        decoder = codecs.getincrementaldecoder(self._encoding)("replace")
        blocks = text_blocks.blocks_of(
            io.BytesIO(decoder.decode(head, final=whole).encode("utf-8", "replace")),
            "utf-8",
            self._source.name,
            told=True,
            size=len(head) * 4,
        )
        return b"".join(blocks).decode()

    def _seen(self, rows: list[list[str]]) -> tuple[set[int], set[int]]:
        width = len(self._names.names)
        missing = cells.spellings(self._options.missing)
        even = [row for row in rows if len(row) == width][: max(_SEEN // width, _FEWEST)]
        textual, likely = set(), set()
        for at in range(width):
            filled = [row[at] for row in even if row[at] not in missing]
            numbers = count_numbers(filled, self._dialect.decimal)
            if numbers < len(filled):
                textual.add(at)
            if numbers >= _LIKELY * len(filled):
                likely.add(at)
        return textual, likely

    def _pieces(self) -> Iterator[RowBlock]:
        told = self._options.encoding is not None
        with self._source.opened() as file:
            blocks = text_blocks.blocks_of(file, self._encoding, self._source.name, told=told)
            if self._dialect.aligned:
                blocks = text_blocks.unaligned(blocks, self._dialect)
            yield from self._rows.pieces(blocks)

    def _columns(
        self, piece: RowBlock, wanted: Collection[int], text: Collection[int]
    ) -> dict[int, cells.Settled]:
        return columns_of(piece, self._rows.dialect, wanted, text, self._options.missing)

    def _passed(self, passing: Passing) -> list[int]:
        """Places of the columns to hand over."""
        return passing.places(self._names.names, trailing=self._trailing)

    def _wanted(
        self, text: Collection[str], columns: Collection[str] | None, passing: Passing
    ) -> tuple[list[int], set[int], frozenset[str]]:
        """Places of the columns to read, of those to keep as text, and the names asked for."""
        places = range(len(self._names.names))
        wanted = [
            at
            for at in places
            if (columns is None or self._names.names[at] in columns)
            and passing.reads(self._names.names[at])
        ]
        return (
            wanted,
            {at for at in wanted if self._names.names[at] in text},
            frozenset([*text, *(columns or ())]),
        )

    def whole(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        passing: Passing = NOTHING,
    ) -> Table:
        """All rows."""
        try:
            return self._whole(text, columns, passing)
        except text_blocks.NotUtf8:
            # The beginning is UTF-8, the rest is not: text in a one-byte encoding with few accents.
            self._encoding = "latin-1" if self._gaps() else "cp1252"
            why = "a later line is not UTF-8"
            guess = Guess("encoding", f"{self._encoding} ({why})")
            self._guesses = [guess if old.what == "encoding" else old for old in self._guesses]
            return self._whole(text, columns, passing)

    def _gaps(self) -> bool:
        """Whether the file has bytes that mean nothing in cp1252."""
        with self._source.opened() as file:
            while block := file.read(text_blocks.BLOCK):
                if encodings.single_byte(block)[0] == "latin-1":
                    return True
        return False

    def _whole(
        self, text: Collection[str], columns: Collection[str] | None, passing: Passing
    ) -> Table:
        import pandas as pd

        wanted, kept, asked = self._wanted(text, columns, passing)
        handed = self._passed(passing)
        passed: dict[int, list[pd.Series]] = {at: [] for at in handed}
        textual = kept | (self._textual & set(wanted))
        growing = {at: Growing() for at in wanted}
        late: set[int] = set()
        lines = []
        for piece in self._pieces():
            lines.append(piece.lines)
            found = self._columns(piece, [at for at in wanted if at not in late], textual)
            for at, column in found.items():
                if at not in textual and not column.numeric:
                    textual.add(at)
                    if len(growing[at]):  # numbers so far: read again as text
                        late.add(at)
                        growing[at] = Growing()
                        continue
                growing[at].add(column)
            for at, texts in texts_of(piece, self._rows.dialect, handed).items():
                passed[at].append(texts)
        rows = sum(map(len, lines))
        if not rows:
            raise NoRows(f"{self._source.name} has a line of names but no rows. Add rows below it.")
        if late:
            for piece in self._pieces():
                for at, column in self._columns(piece, sorted(late), late).items():
                    growing[at].add(column)
        settled = {}
        for at in wanted:
            looked_at = at not in kept and (at in self._likely or at in late)
            settled[at] = growing[at].settled(self._looked_at if looked_at else None)
        every = np.concatenate(lines)
        self._check_trailing(settled, every)
        return assemble(
            self._source.name,
            self._names,
            settled,
            rows,
            kept=asked,
            guesses=self._guesses,
            notes=self._notes,
            decimal=self._dialect.decimal,
            lines=every,
            from_lines=True,
            passed={at: pd.concat(texts, ignore_index=True) for at, texts in passed.items()},
        )

    def _looked_at(self, text: pd.Series) -> cells.Settled:
        """Text, with its bad cells if most of it is numbers."""
        settled = cells.settle_text(text, self._dialect.decimal, self._options.missing)
        if settled.numeric or len(settled.bad):
            return cells.Settled(text, bad=settled.bad)
        return settled

    def parts(
        self,
        text: Collection[str],
        columns: Collection[str] | None,
        rows: int,
        passing: Passing = NOTHING,
    ) -> Iterator[Table]:
        """The rows in chunks."""
        wanted, kept, asked = self._wanted(text, columns, passing)
        handed = self._passed(passing)
        count = 0
        for piece in self._pieces():
            for first in range(0, len(piece), rows):
                part = piece.part(first, min(first + rows, len(piece)))
                settled = self._columns(part, wanted, kept)
                self._check_trailing(settled, part.lines)
                yield assemble(
                    self._source.name,
                    self._names,
                    settled,
                    len(part),
                    kept=asked,
                    guesses=self._guesses,
                    notes=() if count else self._notes,
                    decimal=self._dialect.decimal,
                    lines=part.lines,
                    from_lines=True,
                    first_row=count,
                    quiet=count > 0,
                    passed=texts_of(part, self._rows.dialect, handed),
                )
                count += len(part)
        if not count:
            raise NoRows(f"{self._source.name} has a line of names but no rows. Add rows below it.")

    def _check_trailing(self, settled: dict[int, cells.Settled], lines: Any) -> None:
        """Refuses a line with a value behind its last delimiter, where other lines have none."""
        import pandas as pd

        last = len(self._names.names) - 1
        if not self._trailing or last not in settled:
            return
        filled = np.flatnonzero(pd.notna(settled[last].values))
        if len(filled):
            line = int(lines[filled[0]])
            raise InvalidData(
                f"{self._source.name}, line {line:,}: {last + 1} fields, but there are {last} "
                f"column names. Other lines end with a delimiter and nothing behind it: correct "
                f"this line."
            )
