"""The table that ``trimtab inspect`` prints: a row for each column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trimtab.core.words import figure, one_line

if TYPE_CHECKING:
    from rich.table import Table

    from trimtab.tables.columns.inspection import ColumnFacts, Inspection

__all__ = ["column_table"]

#: Heights of bars; the second ones for terminals that lack the first.
_BLOCKS, _PLAIN = "▁▂▃▄▅▆▇█", ".:-=+*#@"
#: Least width of names and of values, however narrow the terminal is.
_NARROWEST = 12
#: Greatest width of values where there is no terminal.
_VALUES = 60
#: From this width on numbers come with their median.
_WIDE = 100


def column_table(found: Inspection, width: int | None, encoding: str) -> Table:
    """A row for each column of the inspected table.

    Args:
        found: What is shown.
        width: Width of the terminal; without one, names are not cut.
        encoding: Encoding of the terminal, which decides between blocks and plain characters.
    """
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    bars = _bars(encoding)
    missing = any(column.missing for column in found.columns)
    headings = ["column", "kind", "role", "missing", "distinct", "", "values"]
    rows = [
        [
            " ".join(column.name.split()),
            column.kind,
            _ROLES.get(column.role, column.role),
            _missing(column, found.rows),
            f"{column.distinct:,}{'' if column.distinct_exact else '+'}",
            _histogram(column, bars),
            _values(column, found.rows, median=width is None or width >= _WIDE),
        ]
        for column in found.columns
    ]
    if not missing:  # as in most tables
        place = headings.index("missing")
        for texts in (headings, *rows):
            del texts[place]
    widths = [max(cell_len(text) for text in texts) for texts in zip(headings, *rows, strict=True)]
    if width is None:
        widths[-1] = min(widths[-1], _VALUES)
    else:
        left = width - sum(widths[1:-1]) - 2 * (len(widths) - 1)
        # Names are cut only where half of what is left does not hold them.
        widths[0] = max(_NARROWEST, min(widths[0], max(left - widths[-1], left // 2)))
        widths[-1] = max(_NARROWEST, min(widths[-1], left - widths[0]))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading, space in zip(headings, widths, strict=True):
        table.add_column(
            heading,
            justify="right" if heading in ("missing", "distinct") else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=space,
        )
    for column, row in zip(found.columns, rows, strict=True):
        style = {"dropped": "dim", "target": "bold"}.get(column.role, "")
        table.add_row(*(Text(text, style) for text in row))
    return table


#: A feature is the usual case and has no word.
_ROLES = {"feature": "", "dropped": "left out"}


def _missing(column: ColumnFacts, rows: int) -> str:
    if not column.missing:
        return ""
    percent = 100 * column.missing / rows
    return (
        f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %" if percent >= 0.1 else "< 0.1 %"
    )


#: Whole numbers that may be years, which have no comma.
_YEARS = (1000, 2999)


def _value(number: float, years: bool) -> str:
    if isinstance(number, int):  # too large for a float
        return f"{number:,}"
    return figure(number).replace(",", "") if years else figure(number)


def _values(column: ColumnFacts, rows: int, *, median: bool) -> str:
    """The range of a column, or its most frequent values."""
    numbers = column.numbers
    if numbers is not None:
        # One form for all three numbers: they stand side by side.
        unit = f" {column.unit}" if column.unit else ""
        low, high = numbers.minimum, numbers.maximum
        whole = all(abs(each - round(each)) <= 1e-9 * abs(each) for each in (low, high))
        years = whole and _YEARS[0] <= low + 0.5 and high - 0.5 <= _YEARS[1]
        middle = f", median {_value(numbers.median, years)}" if median else ""
        ends = f"{_value(low, years)} to {_value(high, years)}{unit}"
        return _value(low, years) + unit if column.distinct == 1 else ends + middle
    if column.first is not None:
        return f"{column.first} to {column.last}" if column.first != column.last else column.first
    top = [(one_line(" ".join(text.split())), 100 * count / rows) for text, count in column.top]
    if column.kind == "category" and top and top[0][1] >= 1:
        return ", ".join(f"{text} {percent:.0f} %" for text, percent in top if percent >= 1)
    return ", ".join(text for text, _ in top)


def _histogram(column: ColumnFacts, bars: str) -> str:
    """A bar for each count, the highest for the largest; none for texts and empty bins."""
    if column.kind == "text":
        return ""
    highest = max(column.histogram, default=0)
    return "".join(
        bars[-(-count * len(bars) // highest) - 1] if count else " " for count in column.histogram
    )


def _bars(encoding: str) -> str:
    try:
        _BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _PLAIN
    return _BLOCKS
