"""Parameters that ``compare`` and ``coach`` have in common: both train networks side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "DECIDED",
    "Live",
    "LivePort",
    "Metric",
    "Plot",
    "Quiet",
    "Seed",
    "Seeds",
    "Smallest",
    "Test",
    "Threads",
    "live_wish",
    "target_told",
]

#: Options of ``train`` that both decide themselves, or that mean something else for them.
DECIDED = ("seed", "threads", "test", "time_limit", "metric", "resume")

Seeds = Annotated[int, typer.Option(help="Seeds of each split.", metavar="N")]

Test = Annotated[
    float, typer.Option(help="Share of the rows of a split to test on.", metavar="SHARE")
]

Metric = Annotated[
    str | None,
    typer.Option(
        help="Metric that decides.  [default: mae or log loss, or --optimize]", metavar="NAME"
    ),
]

Smallest = Annotated[
    float | None,
    typer.Option(
        help="Difference that matters.  [default: 1 % of the base's metric]", metavar="NUMBER"
    ),
]

Seed = Annotated[int, typer.Option(help="Seed of the splits.", metavar="N")]

Threads = Annotated[
    int | None, typer.Option(help="Trials at a time.  [default: one a core]", metavar="N")
]

Plot = Annotated[
    Path | None,
    typer.Option(help="Write a picture of differences and curves (PNG).", metavar="FILE"),
]

Live = Annotated[
    bool,
    typer.Option(
        "--live",
        help="Show the trials while they run, as a page on this machine with a stop button.",
    ),
]

LivePort = Annotated[
    int | None,
    typer.Option(
        help="With --live: port of the page, to forward it over SSH.  [default: any free one]",
        metavar="N",
    ),
]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Draw no table meanwhile.")]


def live_wish(live: bool, port: int | None) -> bool | int:
    """The argument ``live`` of what a command calls.

    Raises:
        InvalidArgument: there is a port for nothing.
    """
    from trimtab.errors import InvalidArgument

    if port is None:
        return live
    if not live:
        raise InvalidArgument("--live-port is for --live. Use both, or neither.")
    return port


def target_told(command: str, source: Any, values: dict[str, Any]) -> Any:
    """Takes the column to predict out of the options; tables that come with trimtab have one.

    Args:
        command: for the message.
        source: the table, as it was typed.
        values: the options that were given.

    Raises:
        InvalidArgument: there is none.
    """
    from trimtab.errors import InvalidArgument
    from trimtab.tables.files.reading import SHIPPED

    target = values.pop("target", None)
    if target is None and isinstance(source, str) and not Path(source).exists():
        target = SHIPPED[source].target if source in SHIPPED else None
    if target is None:
        raise InvalidArgument(f"{command} needs the column to predict: --target COLUMN.")
    return target
