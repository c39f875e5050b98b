"""The bytes of a text file as UTF-8 with plain line feeds, block by block."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import IO

import numpy as np

from trimtab.errors import InvalidData
from trimtab.tables.files.dialect import Dialect

__all__ = ["BLOCK", "NotUtf8", "blocks_of", "line_feeds", "unaligned"]

#: Bytes of a block: large beside the cost of a call, small beside a cache.
BLOCK = 1 << 22

_LINE_FEED = 10


class NotUtf8(InvalidData):
    """Text that was detected as UTF-8 is not UTF-8."""


def blocks_of(
    file: IO[bytes], encoding: str, name: str, *, told: bool, size: int | None = None
) -> Iterator[bytes]:
    """A text file as UTF-8 with plain line feeds, in blocks that are cut anywhere.

    Args:
        file: The bytes.
        encoding: Python's name of their encoding.
        name: What messages call the file.
        told: Whether the encoding was given, not detected.
        size: Bytes of a block.

    Raises:
        NotUtf8: The encoding was detected as UTF-8, and the text is not.
        InvalidData: The text is not of the given encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    plain = encoding in ("utf-8", "utf-8-sig")
    held, line = b"", 1
    first = True
    while True:
        block = file.read(size or BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as problem:
            line += block[: problem.start].count(b"\n")
            kind = InvalidData if told or not plain else NotUtf8
            raise kind(
                f"{name}, line {line:,}: not {encoding} text ({problem.reason}). "
                f"Use the right encoding, such as encoding='cp1252' for text from Windows."
            ) from None
        line += line_feeds(block)
        # The decoder keeps the bytes of a character that the block cuts in two.
        same = plain and block.isascii()
        data = held + (block if same else text.encode("utf-8", "replace"))
        if first:
            data, first = data.removeprefix(codecs.BOM_UTF8), False
        held = b""
        if block and data.endswith(b"\r"):  # the next block may start with its line feed
            data, held = data[:-1], b"\r"
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if data:
            yield data
        if not block:
            return


def line_feeds(data: bytes | memoryview) -> int:
    """The number of line feeds; NumPy counts them several times faster than Python."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == _LINE_FEED))


def unaligned(blocks: Iterator[bytes], dialect: Dialect) -> Iterator[bytes]:
    """Lines whose fields are separated by blanks, separated by tabs instead."""
    held = b""
    for block in blocks:
        *lines, held = (held + block).split(b"\n")
        yield b"".join(_tabbed(line, dialect) for line in lines)
    if held:
        yield _tabbed(held, dialect)


def _tabbed(line: bytes, dialect: Dialect) -> bytes:
    if dialect.quote is None or dialect.quote.encode() not in line:
        return b"\t".join(line.split()) + b"\n"
    text = line.decode().strip().replace("\t", " ")
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", quotechar=dialect.quote, lineterminator="\n")
    writer.writerows(dialect.rows([text]))
    return out.getvalue().encode()
