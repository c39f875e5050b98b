"""Cutting blocks of text into whole rows and fields.

NumPy finds where rows and fields begin, so that every row's number of fields and line are known:
pandas' reader silently fills short rows and drops surplus fields. Where quotes are in unusual
places, Python's csv module reads the block and writes it anew.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core import checks
from trimtab.core.words import count
from trimtab.errors import InvalidData
from trimtab.tables.files.dialect import Dialect
from trimtab.tables.files.text_blocks import line_feeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RowBlock", "RowCutter"]

#: A longer row has a quote that is never closed.
_LONGEST = 1 << 26

_LINE_FEED = 10


@dataclass
class RowBlock:
    """Whole rows of text.

    Args:
        lines: The line in which each row begins.
        data: The bytes of the rows.
        starts: Where in ``data`` each field begins, ``(rows, fields)``.
        ends: Where each field ends.
    """

    lines: NDArray[np.int64]
    data: bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of_no_rows(cls) -> RowBlock:
        """A block without rows."""
        none = np.empty(0, np.int64)
        return cls(none, b"", none, none)

    def __len__(self) -> int:
        return len(self.lines)

    def part(self, first: int, last: int) -> RowBlock:
        """Some of the rows."""
        starts, ends = self.starts[first:last], self.ends[first:last]
        base, stop = int(starts[0, 0]), int(ends[-1, -1]) + 1
        return RowBlock(self.lines[first:last], self.data[base:stop], starts - base, ends - base)


class RowCutter:
    """Cuts blocks of text into whole rows, and refuses rows with a wrong number of fields.

    Args:
        dialect: How the fields are written.
        names: The column names.
        name: What messages call the file.
        skip: Lines before the first row.
    """

    def __init__(self, dialect: Dialect, names: list[str], name: str, skip: int) -> None:
        self.dialect = Dialect("\t", dialect.quote) if dialect.aligned else dialect
        self.names = names
        self.name = name
        self.skip = skip

    def pieces(self, blocks: Iterator[bytes]) -> Iterator[RowBlock]:
        """The rows, in blocks about as large as those of the text."""
        if self.skip == 0:
            yield from self._pieces(blocks, 1)
            return
        left, begun = self.skip, False
        for block in blocks:
            at = 0
            while left and (found := block.find(b"\n", at)) >= 0:
                at, left = found + 1, left - 1
            if not left:
                rest, begun = block[at:], True
                break
        if begun:
            yield from self._pieces(_after(rest, blocks), self.skip + 1)

    def _pieces(self, blocks: Iterator[bytes], line: int) -> Iterator[RowBlock]:
        held = b""
        for block in blocks:
            data = held + block
            if b"\0" in block:
                at = line + data[: data.index(b"\0")].count(b"\n")
                raise InvalidData(
                    f"{self.name}, line {at:,}: a zero byte, which no text contains. The file is "
                    f"damaged, or has another encoding, such as encoding='utf-16'."
                )
            piece, used = self._cut(data, line, last=False)
            held = data[used:]
            if len(held) > _LONGEST:
                raise self._unclosed(line + data.count(b"\n", 0, used))
            line += line_feeds(memoryview(data)[:used])
            if len(piece):
                yield piece
        if held:
            piece, _ = self._cut(held if held.endswith(b"\n") else held + b"\n", line, last=True)
            if len(piece):
                yield piece

    def _cut(self, data: bytes, line: int, *, last: bool) -> tuple[RowBlock, int]:
        """The whole rows of ``data``, and how many bytes they take."""
        signs = np.frombuffer(data, np.uint8)
        cuts = (signs == ord(self.dialect.delimiter)) | (signs == _LINE_FEED)
        quoted = self.dialect.quote is not None and self.dialect.quote.encode() in data
        if quoted:
            quotes = signs == ord(self.dialect.quote or "")
            if not self._plain(signs, np.flatnonzero(quotes)):
                return self._read(data, line, last=last)
            inside = np.bitwise_xor.accumulate(quotes.view(np.uint8)).view(bool)
            cuts &= ~inside
            if last and inside[-1]:
                return self._read(data, line, last=last)
        ends = np.flatnonzero(cuts)
        closing = np.flatnonzero(signs[ends] == _LINE_FEED)
        if not len(closing):
            return RowBlock.of_no_rows(), 0
        ends = ends[: closing[-1] + 1]
        used = int(ends[-1]) + 1
        counts = np.diff(closing, prepend=-1)
        begins = np.concatenate([[0], ends[closing[:-1]] + 1])
        lines = line + np.arange(len(closing))
        if quoted:
            feeds = np.flatnonzero(signs[:used] == _LINE_FEED)
            if len(feeds) > len(closing):
                lines = line + np.searchsorted(feeds, begins)
        fields = len(self.names)
        odd = counts != fields
        if fields == 1 or odd.any():
            suspects = np.flatnonzero(odd | (signs[begins] <= ord(" ")))
            stops = ends[closing]
            blank = [at for at in suspects.tolist() if not data[begins[at] : stops[at]].strip()]
            odd[blank] = False
            if odd.any():
                at = int(np.argmax(odd))
                until = int(lines[at]) + data.count(b"\n", begins[at], stops[at])
                raise self._uneven(int(counts[at]), int(lines[at]), until)
            if blank:
                return self._without(data[:used], begins, stops, lines, blank), used
        starts = np.concatenate([[0], ends[:-1] + 1]).reshape(-1, fields)
        return RowBlock(lines, data[:used], starts, ends.reshape(-1, fields)), used

    def _without(
        self,
        data: bytes,
        begins: NDArray[np.int64],
        stops: NDArray[np.int64],
        lines: NDArray[np.int64],
        blank: list[int],
    ) -> RowBlock:
        """The rows without the blank lines among them."""
        kept = np.delete(np.arange(len(lines)), blank)
        if not len(kept):
            return RowBlock.of_no_rows()
        joined = b"".join(data[begins[at] : stops[at] + 1] for at in kept.tolist())
        piece, _ = self._cut(joined, 0, last=True)
        piece.lines = lines[kept]
        return piece

    def _plain(self, signs: NDArray[np.uint8], quotes: NDArray[np.int64]) -> bool:
        """Whether every quote is at the edge of a field, or doubled inside one."""
        quote, delimiter = ord(self.dialect.quote or ""), ord(self.dialect.delimiter)
        opening, closing = quotes[::2], quotes[1::2]
        before = signs[np.maximum(opening - 1, 0)]
        begins = (before == delimiter) | (before == _LINE_FEED) | (opening == 0)
        if self.dialect.blank_after:
            ahead = signs[np.maximum(opening - 2, 0)]
            begins |= (before == ord(" ")) & (ahead == delimiter)
        begins |= before == quote
        last = len(signs) - 1
        behind = signs[np.minimum(closing + 1, last)]
        ends = (behind == delimiter) | (behind == _LINE_FEED) | (behind == quote)
        return bool(begins.all() and (ends | (closing == last)).all())

    def _read(self, data: bytes, line: int, *, last: bool) -> tuple[RowBlock, int]:
        """The whole rows by the csv module, which writes anew what it has read."""
        rows, lines, used = self._by_lines(data, line, last=last)
        filled = [at for at, row in enumerate(rows) if not _blank(row)]
        if len(filled) < len(rows):
            rows, lines = [rows[at] for at in filled], [lines[at] for at in filled]
        if not rows:
            return RowBlock.of_no_rows(), used
        out = io.StringIO(newline="")
        csv.writer(
            out,
            delimiter=self.dialect.delimiter,
            quotechar=self.dialect.quote,
            lineterminator="\n",
        ).writerows(rows)
        piece, _ = self._cut(out.getvalue().encode(), 0, last=True)
        piece.lines = np.array(lines, np.int64)
        return piece, used

    def _by_lines(
        self, data: bytes, line: int, *, last: bool
    ) -> tuple[list[list[str]], list[int], int]:
        """Whole rows, the line in which each begins, and how many bytes they take."""
        whole = data[: data.rfind(b"\n") + 1]
        rows: list[list[str]] = []
        lines: list[int] = []
        used = 0
        try:
            rows = self.dialect.rows(written := [*io.StringIO(whole.decode(), newline="\n")])
            ended = not rows or not self._open(written[-1])
            if len(rows) == len(written) and ended:  # the usual case, at the speed of C
                for at, fields in enumerate(rows, start=line):
                    if len(fields) != len(self.names) and not _blank(fields):
                        raise self._uneven(len(fields), at, at)
                return rows, [*range(line, line + len(rows))], len(whole)
        except csv.Error:
            pass  # a field longer than the csv module takes; the loop below finds it
        rows, feed = [], _Lines(whole)
        reader = self.dialect.reader(feed)
        while True:
            begun = line + reader.line_num
            try:
                row = next(reader, None)
            except csv.Error:
                raise self._unclosed(begun) from None
            if row is None:
                return rows, lines, used
            if feed.over:  # the last row is not complete
                if last:
                    raise self._unclosed(begun)
                return rows, lines, used
            self._check(data[used : feed.at], begun)
            if len(row) != len(self.names) and not _blank(row):
                raise self._uneven(len(row), begun, line + reader.line_num - 1)
            used = feed.at
            rows.append(row)
            lines.append(begun)

    def _open(self, line: str) -> bool:
        """Whether a row that begins with this line continues on the next one."""
        feed = _Lines(line.encode())
        next(self.dialect.reader(feed), None)
        return feed.over

    def _check(self, row: bytes, line: int) -> None:
        """Refuses a row over several lines in which text follows a closing quote.

        That quote was meant to open a field, and has closed one that was left open lines before.
        """
        if row.count(b"\n") < 2:
            return
        try:
            [*self.dialect.reader(_Lines(row), strict=True)]
        except csv.Error:
            raise self._unclosed(line) from None

    def _uneven(self, found: int, line: int, until: int) -> InvalidData:
        names = len(self.names)
        message = (
            f"{self.name}, line {line:,}: {count(found, 'field')}, but there are {names} column "
            f"names."
        )
        if until > line:
            message += f" The row continues to line {until:,}: is a quote not closed?"
        elif found > names:
            called = checks.listing([self.dialect.delimiter])
            message += f" Put quotes around a field that contains a {called}, or correct the line."
        else:
            message += " Leave the field of a missing value empty, but keep its delimiter."
        return InvalidData(message)

    def _unclosed(self, line: int) -> InvalidData:
        return InvalidData(
            f"{self.name}, line {line:,}: a quote opens in this row and is never closed. "
            f"Close it, or use quote='none' if quotes have no meaning."
        )


def _after(rest: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if rest:
        yield rest
    yield from blocks


def _blank(row: list[str]) -> bool:
    """Whether a row is a blank line."""
    return len(row) < 2 and not "".join(row).strip()


class _Lines:
    """Lines for the csv module, which asks for one more when a row is not complete."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0
        self.over = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        end = self._data.find(b"\n", self.at) + 1
        if not end:
            self.over = True
            raise StopIteration
        line = self._data[self.at : end].decode()
        self.at = end
        return line
