"""``trimtab export``: a trained model as a file that runs without trimtab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import AsJson, Model, as_source
from trimtab.cli.files import spare_inputs
from trimtab.cli.predict import level_in
from trimtab.cli.refusals import refusals

__all__ = ["export"]


def export(
    model: Model,
    out: Annotated[
        Path,
        typer.Argument(help="File to write: OUT.onnx, or OUT.py for NumPy alone.", metavar="OUT"),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="onnx or python.  [default: by the extension]",
            show_default=False,
        ),
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Add prediction intervals (lower, upper) or sets (classes) at this level, such as "
            "0.9 or 90%, as outputs.",
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Rows to check the file on, besides random ones. Repeatable.",
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option(metavar="N", help="Random rows to check the file on.")
    ] = 1000,
    gaps: Annotated[
        bool,
        typer.Option(
            "--gaps",
            help="Let any number be missing: inputs of whole numbers and of yes and no become "
            "float64.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a trained model as a file that runs without trimtab.

    An ONNX file takes the raw columns of a table and gives answers; a Python file does the same for
    rows and CSV files, and needs NumPy alone. The file has to agree with predict on random rows
    before it is written.
    """
    with refusals():
        import json

        from trimtab.interchange.exporting import export as write
        from trimtab.predictor.loading import load_any

        level = None if interval is None else level_in(interval)
        source = as_source(data) if data else None
        spare_inputs(out, model, *([] if source is None else [source]), name="OUT")
        done = write(load_any(model), out, to, interval=level, data=source, rows=rows, gaps=gaps)
    if not as_json:
        typer.echo(str(done))
        return
    facts: dict[str, Any] = {
        "path": str(done.path),
        "to": done.to,
        "inputs": done.inputs,
        "outputs": done.outputs,
        "rows": done.rows,
        "differences": done.differences,
    }
    typer.echo(json.dumps(facts))
