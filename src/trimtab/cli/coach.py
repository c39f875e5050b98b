"""``trimtab coach``: what is wrong with a network on a table, and which change surely helps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import AsJson, Data, as_source
from trimtab.cli.files import page_place
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals
from trimtab.cli.train import default_out
from trimtab.cli.trial_options import (
    DECIDED,
    Live,
    LivePort,
    Metric,
    Plot,
    Quiet,
    Seed,
    Seeds,
    Smallest,
    Test,
    Threads,
    live_wish,
    target_told,
)
from trimtab.core.lost_terminal import without_terminal
from trimtab.core.paragraphs import Paragraph, print_lines

__all__ = ["coach"]


@with_options(leave_out=DECIDED)
def coach(
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Model file, written only if something is better.  "
            "[default: wine.coached.trimtab for wine.csv]",
            metavar="FILE",
        ),
    ] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(
            help="Time for all: seconds, or 90s, 10m, 1h30m.  [default: 5m, or none with --trials]",
            metavar="TIME",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            help="Trainings at most.  [default: as many as there is time for]", metavar="N"
        ),
    ] = None,
    splits: Annotated[
        int | None,
        typer.Option(help="Pairs that report.  [default: as many as fit, up to 16]", metavar="N"),
    ] = None,
    seeds: Seeds = 1,
    design: Annotated[
        str,
        typer.Option(
            help="holdout: nearly all rows in each training; parts that share no row; folds; auto.",
            metavar="NAME",
        ),
    ] = "holdout",
    test: Test = 0.25,
    metric: Metric = None,
    smallest: Smallest = None,
    seed: Seed = 0,
    threads: Threads = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write a page about the coaching (one HTML file).", metavar="HTML"),
    ] = None,
    plot: Plot = None,
    live: Live = False,
    live_port: LivePort = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    options: dict[str, Any],
) -> None:
    """Find what is wrong with a network, and try what may help.

    Trains what the options say, watches it, and tries remedies beside it on the same rows and
    seeds. Writes a model only if something is better. Ctrl-C ends it with what is done.
    """
    with refusals() as signals:
        from trimtab.coaching import coach as run

        values = given(options)
        source = as_source(data)
        target = target_told("coach", source, values)
        named = default_out(source)
        place = out or named.with_name(f"{named.stem}.coached.trimtab")
        _check_place(place)
        page = None if report is None else page_place(report, "--report", source)
        found = run(
            source,
            target,
            trials=trials,
            time_limit=time_limit,
            splits=splits,
            seeds=seeds,
            design=design,
            test=test,
            metric=metric,
            smallest=smallest,
            seed=seed,
            jobs=threads,
            live=live_wish(live, live_port),
            verbose=0 if quiet or as_json else "auto",
            **values,
        )
        saved = found.save(place) if found.edits else None
        if plot is not None:
            found.plot(plot)
        if page is not None:
            found.report(page, f"predicting {target} of {named.stem}")
        with without_terminal():
            if as_json:
                written = {"saved": saved, "report": page}
                paths = {name: each and str(each) for name, each in written.items()}
                record = {**found.record(), **paths}
                typer.echo(json.dumps(record, allow_nan=False, default=str))
            else:
                end = [] if saved is None else [f"Saved {saved}, trained on all rows."]
                end += [] if page is None else [f"Report: {page}"]
                said = [*found.sentences(), *end, *found.notes()]
                print_lines([*found.lines(), "", *map(Paragraph, said)])
        if found.comparison.unfinished == "interrupted":
            raise typer.Exit(signals.status)


def _check_place(place: Path) -> None:
    """Refuses a place that could not be written to, or holds something else, before it begins."""
    from trimtab.errors import InvalidArgument, TrimtabError
    from trimtab.predictor.loading import load

    if not place.parent.is_dir():
        raise InvalidArgument(f"--out: there is no folder {str(place.parent)!r}. Make it first.")
    if place.exists():
        try:
            load(place)
        except TrimtabError:
            raise InvalidArgument(
                f"--out: {place} is there and is no model of trimtab. Choose another name, or "
                "remove it."
            ) from None
