"""``trimtab evaluate``: how good a trained model is on rows whose target is known."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals


@with_options("Reading")
def evaluate(
    model: Annotated[str, typer.Argument(help="A file of trimtab train.", metavar="MODEL")],
    file: Annotated[
        str,
        typer.Argument(
            help="Rows with the target's column: a file, or - for standard input.", metavar="FILE"
        ),
    ],
    part: Annotated[
        str,
        typer.Option(
            metavar="PART",
            help="all rows; or train, valid or test: those that were so in training, of the same "
            "file.",
        ),
    ] = "all",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    *,
    options: dict[str, Any],
) -> None:
    """Score a model of trimtab train on rows whose target is known."""
    from trimtab.predictor import Remarks

    remarks = Remarks()
    with refusals():
        from trimtab.predictor.loading import load
        from trimtab.tables.files.read_options import ReadOptions

        scores = load(model).evaluate(
            file, part=part, options=ReadOptions(**given(options)), remarks=remarks
        )
    if as_json:
        record = {**scores.record(), "sentence": scores.sentence(), "notes": remarks.sentences()}
        typer.echo(json.dumps(record, allow_nan=False))
        return
    for sentence in remarks.sentences():
        typer.echo(f"Note: {sentence}", err=True)
    for line in scores.lines():
        typer.echo(line)
    typer.echo("")
    typer.echo(scores.sentence())
