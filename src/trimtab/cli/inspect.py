"""``trimtab inspect``: what a table is, before anything is trained on it."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from trimtab.cli.arguments import AsJson, Data, as_source
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals
from trimtab.core.paragraphs import WIDEST
from trimtab.core.words import count, folded, listed
from trimtab.tables.columns.left_out import left_out

if TYPE_CHECKING:
    from rich.console import Console

    from trimtab.tables import Schema
    from trimtab.tables.columns.inspection import Inspection
    from trimtab.tables.columns.suspicions import Suspicion

__all__ = ["inspect"]

#: So many suspicions of one kind are printed whole.
_MOST_ALIKE = 6


@with_options(
    "Reading", "Columns", "Splitting", leave_out=("valid", "test", "fold", "stratify", "copies")
)
def inspect(data: Data, as_json: AsJson = False, *, options: dict[str, Any]) -> None:
    """Show how a table would be read, and what looks suspicious.

    Lists the kind and role of each column, its missing and distinct values, their range and their
    distribution; then what to check before training. With --target it also finds leaks: columns
    that give the target away.
    """
    with refusals():
        found = _look(as_source(data), given(options))
    if as_json:
        typer.echo(json.dumps(found.record(), allow_nan=False))
    else:
        _print(found)


def _look(data: str | list[str], values: dict[str, Any]) -> Inspection:
    from trimtab.predictor.training.options import TrainOptions
    from trimtab.tables.columns.inference import infer
    from trimtab.tables.columns.inspection import inspect as look
    from trimtab.tables.columns.schema import told_numbers, told_texts
    from trimtab.tables.columns.total_rows import leave_out_totals
    from trimtab.tables.files.reading import SHIPPED, read

    chosen = TrainOptions.of(values, owner="inspect")
    table = read(
        data,
        chosen.read_options(),
        text=told_texts(chosen.types, chosen.id),
        numbers=told_numbers(chosen.types),
    )
    table = leave_out_totals(table, chosen.totals)
    if chosen.target is None and isinstance(data, str) and table.name == data in SHIPPED:
        chosen = dataclasses.replace(chosen, target=SHIPPED[data].target)
    found = look(table, schema=infer(table, chosen.told(), strict=False))
    # A type that is given is known.
    settled = [
        each
        for each in found.suspicions
        if each.what not in ("identifier", "codes") or not {*each.columns} <= chosen.types.keys()
    ]
    return dataclasses.replace(found, suspicions=tuple(settled))


def _print(found: Inspection) -> None:
    """Prints the report, in a terminal cut to its width, in a pipe whole."""
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
    from trimtab.cli.column_table import column_table

    width = min(console.width, WIDEST) if live else None
    size = f"{count(found.rows, 'row')}, {count(len(found.columns), 'column')}"
    console.print(f"{found.name}: {size}", style="bold", markup=False)
    if found.guesses:
        _paragraph(console, ", ".join(map(str, found.guesses)), width, style="dim")
    if found.schema.target_names:
        _paragraph(console, _task(found.schema), width)
    console.print()
    console.print(column_table(found, width, console.encoding))
    sections = {
        "Left out": left_out(
            ((column.name, column.reason) for column in found.columns if column.reason), ": {}"
        ),
        "Notes": folded(found.notes),
        "Worth a look": _suspicious(found),
    }
    for title, sentences in sections.items():
        if sentences:
            console.print()
            console.print(title, style="bold")
            for sentence in sentences:
                _paragraph(console, sentence, width, bullet="- ")


def _suspicious(found: Inspection) -> list[str]:
    """What is worth a look; of one kind the first ones, and which columns else."""
    kinds: dict[str, list[Suspicion]] = {}
    for each in found.suspicions:
        kinds.setdefault(each.what, []).append(each)
    said: list[str] = []
    for alike in kinds.values():
        said += [each.text for each in alike[:_MOST_ALIKE]]
        if rest := alike[_MOST_ALIKE:]:
            names = dict.fromkeys(name for each in rest for name in each.columns)
            said.append(f"The same of {len(rest):,} more: {listed(names)}.")
    return said


def _task(schema: Schema) -> str:
    classes = listed(map(repr, schema.classes), 9)
    classes = f", {len(schema.classes):,} classes: {classes}" if classes else ""
    targets = f"target{'s' * (len(schema.target_names) > 1)} {listed(schema.target_names)}"
    return f"{targets}: {schema.task}{classes}"


def _paragraph(
    console: Console, text: str, width: int | None, *, bullet: str = "", style: str = ""
) -> None:
    """Prints text on as many lines as it needs; without a width on one."""
    from rich.text import Text

    whole = Text(text, style)
    lines = [whole] if width is None else whole.wrap(console, width - len(bullet))
    for place, line in enumerate(lines):
        line.rstrip()
        console.print(Text(bullet if place == 0 else " " * len(bullet)) + line, soft_wrap=True)
