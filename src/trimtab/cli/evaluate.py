"""``trimtab evaluate``: the scores of a trained model on rows with a known target."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import AsJson, Model
from trimtab.cli.files import print_notes
from trimtab.cli.model_and_table import in_order
from trimtab.cli.options import given, with_options
from trimtab.cli.paragraphs import Paragraph, print_lines
from trimtab.cli.refusals import refusals

__all__ = ["evaluate"]


@with_options("Reading")
def evaluate(
    model: Model,
    files: Annotated[
        list[str],
        typer.Argument(
            help="Rows with the target column: a file, several files, a folder or a pattern, or - "
            "for standard input.",
            metavar="FILE...",
        ),
    ],
    part: Annotated[
        str,
        typer.Option(
            metavar="PART",
            help="Rows to score: all, or the train, valid or test rows of the training table.",
        ),
    ] = "all",
    as_json: AsJson = False,
    *,
    options: dict[str, Any],
) -> None:
    """Score a trained model on rows with a known target."""
    from trimtab.predictor import Remarks

    remarks = Remarks()
    with refusals():
        from trimtab.predictor.loading import load
        from trimtab.tables.files.read_options import ReadOptions

        model, file = in_order(model, files)
        scores = load(model).evaluate(
            file, part=part, options=ReadOptions(**given(options)), remarks=remarks
        )
    if as_json:
        record = {**scores.record(), "sentence": scores.sentence(), "notes": remarks.sentences()}
        typer.echo(json.dumps(record, allow_nan=False))
        return
    print_notes(remarks)
    print_lines([Paragraph(scores.sentence()), "", *scores.lines()])
