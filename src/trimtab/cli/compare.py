"""``trimtab compare``: variants of a network on one table, on the same rows and seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import AsJson, Data, as_source
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals
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

__all__ = ["compare"]


@with_options(leave_out=("layers", *DECIDED))
def compare(
    data: Data,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            "--variant",
            help="What to try: hidden layers ('256 bn relu'), options of train "
            "('lr=0.001 epochs=40'), or edits ('dropout(0.2) + units(2)'). Repeatable.",
            metavar="VARIANT",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="What to compare with: hidden layers or options. Without it the first of several "
            "variants; beside a single one, what train does.",
            metavar="VARIANT",
        ),
    ] = None,
    splits: Annotated[int, typer.Option(help="Pairs that report.", metavar="N")] = 16,
    seeds: Seeds = 1,
    design: Annotated[
        str,
        typer.Option(
            help="parts that share no row, holdout, folds, or auto: parts where each has 1,000 "
            "rows, else holdouts.",
            metavar="NAME",
        ),
    ] = "auto",
    test: Test = 0.25,
    metric: Metric = None,
    smallest: Smallest = None,
    seed: Seed = 0,
    threads: Threads = None,
    time_limit: Annotated[
        str | None,
        typer.Option(
            help="Stop after this time: seconds, or 90s, 10m, 1h30m.  [default: none]",
            metavar="TIME",
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            help="File of outcomes, one line of JSON each; the same command goes on from it.",
            metavar="FILE",
        ),
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option(help="Write all trials as Parquet, too.", metavar="FILE")
    ] = None,
    plot: Plot = None,
    stop_early: Annotated[
        bool,
        typer.Option(
            "--stop-early", help="Stop once all variants are decided; needs --design parts."
        ),
    ] = False,
    halving: Annotated[
        bool, typer.Option("--halving", help="Drop the weaker half of many variants early.")
    ] = False,
    live: Live = False,
    live_port: LivePort = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    options: dict[str, Any],
) -> None:
    """Compare variants of a network on the same rows and seeds.

    Trains each variant beside the base, split by split, and says which helped, by how much and how
    surely. Nothing is saved but --results, --parquet and --plot. Ctrl-C ends it with what is done.
    """
    with refusals() as signals:
        from trimtab.errors import InvalidArgument
        from trimtab.trials import compare as run

        values = given(options)
        source = as_source(data)
        target = target_told("compare", source, values)
        if not variant:
            raise InvalidArgument(
                "compare needs what to try: --variant '256 bn relu', once or several times."
            )
        variants = list(variant)
        if base is None and len(variants) > 1:
            base = variants.pop(0)
        found = run(
            _base(base),
            variants,
            source,
            target,
            splits=splits,
            seeds=seeds,
            design=design,
            test=test,
            metric=metric,
            smallest=smallest,
            seed=seed,
            jobs=threads,
            time_limit=time_limit,
            results=results,
            stop_early=stop_early,
            halving=halving,
            live=live_wish(live, live_port),
            verbose=0 if quiet or as_json else "auto",
            **values,
        )
        if parquet is not None:
            found.to_parquet(parquet)
        if plot is not None:
            found.plot(plot)
        with without_terminal():
            if as_json:
                typer.echo(json.dumps(found.record(), allow_nan=False))
            else:
                print_lines([*found.lines(), "", *map(Paragraph, said(found, base))])
        if found.unfinished == "interrupted":
            raise typer.Exit(signals.status)


def said(found: Any, base: str | None) -> list[str]:
    """What is printed below the table."""
    compared = f"Compared with {base or 'what train does by itself'}."
    again = (
        []
        if found.results is not None or not found.unfinished
        else ["Nothing was kept. With --results FILE the same command goes on where it ended."]
    )
    return [found.sentence(), compared, *found.notes(), *again]


def _base(text: str | None) -> Any:
    """The base as it was typed: hidden layers, or options."""
    from trimtab.trials.variants import typed_options

    return {} if text is None else typed_options(text)
