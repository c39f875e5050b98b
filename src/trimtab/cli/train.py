"""``trimtab train``: from a table to a model file."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import Data, as_source
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals
from trimtab.cli.trial_options import LivePort, live_wish
from trimtab.core.lost_terminal import without_terminal
from trimtab.predictor.training.listeners import listener

__all__ = ["default_out", "train"]

#: Endings of files that are not part of a table's name.
_ENDINGS = frozenset(
    ".arrow .bz2 .csv .dat .data .feather .gz .json .jsonl .ndjson .parquet .pq .tab .tsv .txt "
    ".xls .xlsx .xz .zip .zst".split()
)


@with_options()
def train(
    data: Data,
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file of options; the command line overrides it.", metavar="FILE"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Model file; curves (.png), report (.html) and options (.toml) go next to it.  "
            "[default: wine.trimtab for wine.csv]",
            metavar="FILE",
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace the file even if it is not a model of this table."
        ),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume the unfinished run in the model file.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report/--no-report",
            help="Make a report, one HTML file.  [default: on]",
            show_default=False,
        ),
    ] = True,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines/--no-baselines",
            help="Compare with a linear model and gradient boosting in the report.  [default: on]",
            show_default=False,
        ),
    ] = True,
    private: Annotated[
        bool, typer.Option("--private", help="Leave every value of a row out of the report.")
    ] = False,
    coach: Annotated[
        bool,
        typer.Option(
            "--coach",
            help="Once the model is saved, try what would help, and say what does. What helps is "
            "saved beside it as .coached.trimtab.",
        ),
    ] = False,
    coach_time: Annotated[
        str | None,
        typer.Option(
            help="With --coach: time for it, on top of the training, which --time-limit is for.  "
            "[default: 5m]",
            metavar="TIME",
        ),
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Show the training while it runs: curves, layers, findings, time left and a stop "
            "button, as a page on this machine; in a terminal without a browser as text.",
        ),
    ] = False,
    live_port: LivePort = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only the final score.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print events as JSON, one object per line.")
    ] = False,
    *,
    options: dict[str, Any],
) -> None:
    """Train networks on a table and save them as one model.

    Reads the table, infers and prepares its columns, and divides its rows into folds. A network is
    trained without each fold and scored on it, and their average predicts. --effort quick trains
    one network and holds rows out to validate on. Ctrl-C (or SIGTERM) stops early and keeps the
    best networks so far.
    """
    with refusals() as signals, listener(quiet=quiet, json=json) as listening:
        from trimtab.core.durations import seconds_in
        from trimtab.errors import InvalidArgument
        from trimtab.predictor.training import options as trained
        from trimtab.predictor.training.train import train as run

        source, values = as_source(data), given(options)
        if coach_time is not None and not coach:
            raise InvalidArgument("--coach-time is for --coach. Use both, or neither.")
        seconds = None if coach_time is None else seconds_in("--coach-time", coach_time)
        if config is not None:
            set_there = trained.read_toml(config)
            if "valid" in values and "fold" not in values:  # validation rows stand for folds
                set_there.pop("fold", None)
            values = {**set_there, **values}
        try:
            run(
                source,
                out=out or default_out(source),
                overwrite=overwrite,
                resume=resume,
                report=report,
                baselines=baselines,
                private=private,
                coach=coach if seconds is None else seconds,
                live=live_wish(live, live_port),
                listener=listening,
                **values,
            )
        except KeyboardInterrupt:
            listening.close()
            said = (
                "Interrupted before there was a model; nothing was written."
                if listening.saved is None
                else f"Interrupted; {listening.saved} holds the last saved state. Use --resume."
            )
            with without_terminal():
                typer.echo(said, err=True)
            raise typer.Exit(signals.status) from None
        if listening.interrupted:
            raise typer.Exit(signals.status)


def default_out(data: str | list[str]) -> Path:
    """The default model file: the table's name with ``.trimtab``, in the current folder.

    Of several files it is what their names begin with, or the name of their folder.

    Example:
        >>> print(default_out("data/wine.2024.csv.gz"))
        wine.2024.trimtab
        >>> print(default_out("sales/*.csv"), default_out(["may-1.csv", "may-2.csv"]))
        sales.trimtab may.trimtab
    """
    if isinstance(data, list):
        pairs = enumerate(zip(min(data), max(data), strict=False))
        data = data[0][: next((at for at, (a, b) in pairs if a != b), None)] + "*"
    path = Path("model" if data == "-" else data)
    name = path.name
    if (glob.has_magic(name) and not path.exists()) or (not path.suffix and os.path.isdir(data)):
        # What stands before the first sign for others: "sales-*.csv", "sales/*.csv".
        begin = re.split(r"[*?\[]", os.path.abspath(data))[0]
        name = Path(begin).name
        if not os.path.isdir(begin):
            name = name.rstrip("-_.= 0123456789") or Path(begin).parent.name
    while Path(name).suffix.lower() in _ENDINGS:
        name = Path(name).stem
    return Path(f"{name or 'model'}.trimtab")
