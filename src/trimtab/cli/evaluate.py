"""``trimtab evaluate``: the scores of a trained model on rows with a known target."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import AsJson, Model, Threshold, share_told
from trimtab.cli.files import print_notes
from trimtab.cli.model_and_table import in_order
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals
from trimtab.core.paragraphs import Paragraph, print_lines

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
            help="Rows to score: all, or the train, valid or test rows of the training table; "
            "folds: each row by the networks that were trained without it.",
        ),
    ] = "all",
    threshold: Threshold = None,
    as_json: AsJson = False,
    *,
    options: dict[str, Any],
) -> None:
    """Score a trained model on rows with a known target."""
    from trimtab.predictor import Remarks

    remarks = Remarks()
    with refusals():
        from trimtab.predictor.class_words import advised, decides_by
        from trimtab.predictor.loading import load
        from trimtab.predictor.training.own_words import own_words
        from trimtab.tables.files.read_options import ReadOptions

        model, file = in_order(model, files)
        predictor = load(model)
        scores = predictor.evaluate(
            file,
            part=part,
            options=ReadOptions(**given(options)),
            remarks=remarks,
            threshold=share_told("--threshold", threshold),
        )
        notes = decides_by(predictor, scores.threshold)
        notes += advised(predictor, scores)
    if as_json:
        record = {
            **scores.record(),
            "sentence": scores.sentence(),
            "notes": [*remarks.sentences(), *notes],
        }
        typer.echo(json.dumps(record, allow_nan=False))
        return
    print_notes(remarks)
    said = [scores.sentence(), *map(own_words, notes)]
    print_lines([*map(Paragraph, said), "", *scores.lines()])
