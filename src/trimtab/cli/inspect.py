"""``trimtab inspect``: what a table is, before anything is trained on it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals
from trimtab.core.words import figure, listed

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from trimtab.tables import Schema
    from trimtab.tables.columns.inspection import ColumnFacts, Inspection

__all__ = ["inspect"]

#: Heights of bars; where the terminal has no such characters, the second ones.
_BLOCKS, _PLAIN = "▁▂▃▄▅▆▇█", ".:-=+*#@"
#: Columns of text that names and values have at least, however narrow the terminal is.
_NARROWEST = 12
#: Columns of text that values have at most where there is no terminal.
_VALUES = 60
#: From this width on numbers come with their median.
_WIDE = 100
#: Lines of text are no longer than this, however wide the terminal is.
_WIDEST = 120


@with_options(
    "Reading", "Columns", "Splitting", leave_out=("valid", "test", "fold", "stratify", "copies")
)
def inspect(
    data: Annotated[
        str,
        typer.Argument(
            help="A table: a file, - for standard input, or one that comes with trimtab: red-wine, "
            "concrete.",
            metavar="DATA",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object instead of text.")
    ] = False,
    *,
    options: dict[str, Any],
) -> None:
    """Show a table as training would understand it, and what is suspicious about it.

    For each column its kind, what part it would play, missing and different values, where its
    values lie and how they are distributed; then what is worth a look before training. With
    --target, leaks too: columns that tell it.
    """
    with refusals():
        found = _look(data, given(options))
    if as_json:
        typer.echo(json.dumps(found.record(), allow_nan=False))
    else:
        _print(found)


def _look(data: str, values: dict[str, Any]) -> Inspection:
    from trimtab.predictor.training.options import TrainOptions
    from trimtab.tables.columns.inference import infer
    from trimtab.tables.columns.inspection import inspect as look
    from trimtab.tables.columns.schema import Told, told_texts
    from trimtab.tables.files.reading import SHIPPED, read

    told = TrainOptions.of(values, owner="inspect")
    table = read(data, told.read_options(), text=told_texts(told.types, told.id))
    target = told.target
    if target is None and table.name in SHIPPED and data in SHIPPED:
        target = SHIPPED[data].target
    said = Told(
        target, told.task, told.types, told.drop, told.id, told.group, told.time, told.weight
    )
    return look(table, schema=infer(table, said, strict=False))


def _print(found: Inspection) -> None:
    """The report, in a terminal's width; in a pipe nothing is cut."""
    from rich.console import Console

    live = sys.stdout.isatty()
    console = Console(highlight=False, width=None if live else 1000)
    with console.capture() as captured:
        _report(found, console, live)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    # A terminal of another encoding must not end in a traceback over somebody's column name.
    encoding = sys.stdout.encoding or "utf-8"
    typer.echo("\n".join(lines).encode(encoding, "replace").decode(encoding))


def _report(found: Inspection, console: Console, live: bool) -> None:
    width = min(console.width, _WIDEST) if live else None
    counts = [(found.rows, "row"), (len(found.columns), "column")]
    size = ", ".join(f"{count:,} {what}{'' if count == 1 else 's'}" for count, what in counts)
    console.print(f"{found.name}: {size}", style="bold", markup=False)
    if found.guesses:
        _paragraph(console, ", ".join(map(str, found.guesses)), width, style="dim")
    if found.schema.target is not None:
        _paragraph(console, _task(found.schema), width)
    console.print()
    console.print(_table(found, width, _bars(console.encoding)))
    sections = {
        "Left out": [
            f"{column.name}: {column.reason}" for column in found.columns if column.reason
        ],
        "Notes": list(found.notes),
        "Worth a look": [suspicion.text for suspicion in found.suspicions],
    }
    for title, sentences in sections.items():
        if sentences:
            console.print()
            console.print(title, style="bold")
            for sentence in sentences:
                _paragraph(console, sentence, width, bullet="- ")


def _task(schema: Schema) -> str:
    classes = listed(map(repr, schema.classes), 9)
    classes = f", {len(schema.classes):,} classes: {classes}" if classes else ""
    return f"target {schema.target}: {schema.task}{classes}"


def _paragraph(
    console: Console, text: str, width: int | None, *, bullet: str = "", style: str = ""
) -> None:
    """Text on as many lines as it needs; without a width on one."""
    from rich.text import Text

    whole = Text(text, style)
    lines = [whole] if width is None else whole.wrap(console, width - len(bullet))
    for place, line in enumerate(lines):
        line.rstrip()
        console.print(Text(bullet if place == 0 else " " * len(bullet)) + line, soft_wrap=True)


def _bars(encoding: str) -> str:
    try:
        _BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _PLAIN
    return _BLOCKS


def _table(found: Inspection, width: int | None, bars: str) -> Table:
    """One row for each column of the table; without a width names are whole."""
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

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
    if not missing:  # most tables: nothing to say
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


#: Features are what is usual: nothing is said.
_ROLES = {"feature": "", "dropped": "left out"}


def _missing(column: ColumnFacts, rows: int) -> str:
    if not column.missing:
        return ""
    percent = 100 * column.missing / rows
    return (
        f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %" if percent >= 0.1 else "< 0.1 %"
    )


def _value(number: float) -> str:
    """Without a comma below 10,000: these are years at times."""
    return figure(number) if abs(number) >= 9999.5 else figure(number).replace(",", "")


def _values(column: ColumnFacts, rows: int, *, median: bool) -> str:
    """Where the values of a column lie, in a few words."""
    numbers = column.numbers
    if numbers is not None:
        middle = f", median {_value(numbers.median)}" if median else ""
        ends = f"{_value(numbers.minimum)} to {_value(numbers.maximum)}"
        return _value(numbers.minimum) if column.distinct == 1 else ends + middle
    if column.first is not None:
        return f"{column.first} to {column.last}" if column.first != column.last else column.first
    top = [(" ".join(text.split()), 100 * count / rows) for text, count in column.top]
    if column.kind == "category" and top and top[0][1] >= 1:
        return ", ".join(f"{text} {percent:.0f} %" for text, percent in top if percent >= 1)
    return ", ".join(text for text, _ in top)


def _histogram(column: ColumnFacts, bars: str) -> str:
    """A bar for each count, the highest for the largest; none for nothing, and for identifiers."""
    if column.kind == "text":
        return ""
    highest = max(column.histogram, default=0)
    return "".join(
        bars[-(-count * len(bars) // highest) - 1] if count else " " for count in column.histogram
    )
