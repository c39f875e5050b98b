"""The first line of a text file: the names of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trimtab.errors import InvalidData
from trimtab.tables.files import sources
from trimtab.tables.files.dialect import looks_like_number
from trimtab.tables.files.layout import Layout

if TYPE_CHECKING:
    from trimtab.tables.files.sources import Source

__all__ = ["check_names", "head_of", "names_of"]

#: Lines that a head has, and bytes beyond which it does not grow.
_FEWEST_LINES = 5
_LARGEST = 1 << 26


def head_of(source: Source) -> tuple[bytes, bool]:
    """The beginning of a file, with some whole lines in it, and whether that is all."""
    size = sources.HEAD
    while True:
        head = source.head(size)
        whole = len(head) < size
        # A line of many thousand columns may be longer than a usual head.
        if whole or max(head.count(b"\n"), head.count(b"\r")) > _FEWEST_LINES or size >= _LARGEST:
            return head, whole
        size *= 4


def names_of(layout: Layout, name: str) -> tuple[list[str], bool]:
    """The names, one for each field of a row, and whether rows end with a delimiter."""
    names, rows = layout.names, layout.rows
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        return names, False
    width = widths.pop()
    if width == len(names) + 1:
        if all(not row[-1].strip() for row in rows):
            return [*names, ""], True
        if len(names) > 1:
            raise InvalidData(
                f"{name}, line {layout.skip + 1:,}: {width} fields where the line of names has "
                f"{len(names)}, and so has every line that was looked at. If the first column has "
                f"no name, write one and a delimiter at the beginning of the line of names."
            )
    if width == len(names) - 1 and not names[-1].strip():
        return names[:-1], False
    if len(names) == 1 and width > 2:
        raise InvalidData(
            f"{name}: line {layout.skip:,} has 1 field ({names[0][:40]!r}) and the lines below it "
            f"have {width}. Remove what stands above the line of names."
        )
    return names, False


def check_names(names: list[str], rows: list[list[str]], name: str) -> None:
    """Refuses a file whose first line holds values: its first row would be lost as names."""
    if not names or not rows:
        return
    numbers = [looks_like_number(one) for one in names]
    if all(one.strip().isdigit() for one in names):
        counted = [int(one) for one in names]
        if counted == list(range(counted[0], counted[0] + len(counted))):
            return  # columns without names, as pandas writes them
    columns = list(zip(*(row for row in rows if len(row) == len(names)), strict=True))
    like_values = any(numbers) and all(
        number or (columns and one in columns[at])
        for at, (one, number) in enumerate(zip(names, numbers, strict=True))
    )
    if like_values:
        shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        raise InvalidData(
            f"{name}: the first line ({shown}) holds values, not the names of the columns. "
            f"Write a line of names above it."
        )
