"""``trimtab show``: what a model file holds, as text or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trimtab.cli.arguments import AsJson
from trimtab.cli.refusals import refusals
from trimtab.core.paragraphs import print_lines

if TYPE_CHECKING:
    from trimtab.cli.show_text import Network
    from trimtab.predictor import Predictor

__all__ = ["show"]


def show(
    model: Annotated[str, typer.Argument(help="Model file.", metavar="MODEL")],
    layers: Annotated[
        bool, typer.Option("--layers", help="Also list the layers with their parameters.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the data, columns, network, training and scores of a model."""
    with refusals():
        from trimtab.cli.show_text import code, network_lines, predictor_lines
        from trimtab.model.committee import members_of
        from trimtab.predictor import Predictor
        from trimtab.predictor.loading import load_any

        found = load_any(model)
        if isinstance(found, Predictor):
            network, record, lines = found.model, _record(found), predictor_lines(found)
        else:
            network, record, lines = found, _network_record(found), network_lines(found)
        if as_json:
            typer.echo(json.dumps(record, ensure_ascii=False, allow_nan=False))
            return
        print_lines([*lines, "", code(network)])
        if layers:
            typer.echo("")
            members_of(network)[0].summary(print_fn=typer.echo)


def _record(predictor: Predictor) -> dict[str, Any]:
    from trimtab.core.words import plain

    preprocessor = predictor.preprocessor
    deciding, curves = predictor.deciding, predictor.recalibration
    return {
        "kind": "predictor",
        "target": plain(predictor.target),
        "task": predictor.task,
        "schema": predictor.schema.record(),
        "inputs": [
            {"name": each.name, "source": each.source, "how": each.how}
            for each in preprocessor.columns
        ],
        "split": plain(predictor.split),
        "options": plain(predictor.options),
        "network": _network_record(predictor.model),
        "history": plain(predictor.history.history),
        "scores": {
            part: {**scores.record(), "sentence": scores.sentence()}
            for part, scores in predictor.scores.items()
        },
        "caveat": predictor.caveat,
        "classes": {
            "positive": predictor.positive,
            "threshold": None if deciding is None else plain(deciding),
            "calibration": None if curves is None else plain(curves),
        },
        "provenance": plain(predictor.provenance),
        "unfinished": None if predictor.unfinished is None else predictor.unfinished.reason,
    }


def _network_record(network: Network) -> dict[str, Any]:
    from trimtab.cli.show_text import code
    from trimtab.model.committee import members_of

    every = members_of(network)
    first = every[0]
    return {
        "kind": "model" if network is first else "committee",
        "members": len(every),
        **({"sharing": len(first)} if len(first) > 1 else {}),
        "inputs": first.input_shape[1],
        "outputs": first.output_shape[1],
        "weights": sum(member.count_params() for member in every),
        "python": code(network),
    }
