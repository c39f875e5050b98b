"""The beginning of a text file and its line of column names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trimtab.errors import InvalidData
from trimtab.tables.files import sources
from trimtab.tables.files.dialect import looks_like_number
from trimtab.tables.files.layout import Layout

if TYPE_CHECKING:
    from trimtab.tables.files.sources import Source

__all__ = ["check_names", "head_of", "names_of"]

#: The fewest lines of a head, and the most bytes.
_FEWEST_LINES = 5
_LARGEST = 1 << 26


def head_of(source: Source) -> tuple[bytes, bool]:
    """The beginning of a file, with some whole lines, and whether that is the whole file."""
    size = sources.HEAD
    while True:
        head = source.head(size)
        whole = len(head) < size
        # A line of many thousand columns is longer than a usual head.
        if whole or max(head.count(b"\n"), head.count(b"\r")) > _FEWEST_LINES or size >= _LARGEST:
            return head, whole
        size *= 4


def names_of(layout: Layout, name: str) -> tuple[list[str], bool]:
    """The column names, one for each field, and whether rows end with a delimiter."""
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
                f"{name}, line {layout.skip + 1:,}: {width} fields, like every line below it, but "
                f"there are only {len(names)} column names. If the first column has no name, add "
                f"one at the beginning of the line of names."
            )
    if width == len(names) - 1 and not names[-1].strip():
        return names[:-1], False
    if len(names) == 1 and width > 2:
        raise InvalidData(
            f"{name}: line {layout.skip:,} has 1 field ({names[0][:40]!r}), but the lines below it "
            f"have {width}. Remove everything above the line of names."
        )
    return names, False


def check_names(names: list[str], rows: list[list[str]], name: str) -> None:
    """Refuses a file without column names, whose first row would be lost as names."""
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
            f"{name}: the first line ({shown}) holds values, not column names. "
            f"Add a line of names above it."
        )
