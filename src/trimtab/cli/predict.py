"""``trimtab predict``: the predictions of a trained model for new rows."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trimtab.cli.arguments import Model, as_source
from trimtab.cli.files import print_notes, spare_inputs
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import INTERRUPTED, refusals
from trimtab.core.words import count

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.predictor import Remarks

__all__ = ["predict"]

#: Stands for standard input and standard output.
STANDARD = "-"


@with_options("Reading")
def predict(
    model: Model,
    files: Annotated[
        list[str],
        typer.Argument(
            help="Rows to predict: a file, several files, a folder or a pattern, or - for standard "
            "input.",
            metavar="FILE...",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Output: .csv, .tsv, .jsonl (all also with .gz), .parquet or .feather, or - for "
            "CSV on standard output.",
        ),
    ] = STANDARD,
    interval: Annotated[
        float | None,
        typer.Option(
            metavar="LEVEL",
            help="Add a prediction interval (lower, upper) or prediction set (classes) at this "
            "level, such as 0.9.",
        ),
    ] = None,
    proba: Annotated[
        bool, typer.Option("--proba", help="Add the probability of each class.")
    ] = False,
    ids: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="COLUMN",
            help="Column to pass through, besides the model's own identifiers. Repeatable.",
        ),
    ] = None,
    all_columns: Annotated[
        bool, typer.Option("--all-columns", help="Pass every column through.")
    ] = False,
    chunk_rows: Annotated[
        int,
        typer.Option(metavar="N", help="Rows to read and predict at a time."),
    ] = 100_000,
    *,
    options: dict[str, Any],
) -> None:
    """Predict the rows of a table with a trained model.

    Columns are matched by name, in any order. Predictions keep the order of the rows.
    """
    from trimtab.predictor import Remarks

    start, remarks = time.perf_counter(), Remarks()
    with refusals():
        from trimtab.predictor.loading import load
        from trimtab.tables.files.read_options import ReadOptions

        predictor, file = load(model), as_source(files)
        target = _target(out, file, model)
        frames = predictor.predict_chunks(
            file,
            rows=chunk_rows,
            interval=interval,
            proba=proba,
            ids=ids or (),
            all_columns=all_columns,
            options=ReadOptions(**given(options)),
            remarks=remarks,
        )
        try:
            with _sink(target) as write:
                for frame in frames:
                    write(frame)
        except KeyboardInterrupt:
            typer.echo("Interrupted; nothing was written.", err=True)
            raise typer.Exit(INTERRUPTED) from None
    _report(remarks, time.perf_counter() - start, out)


def _target(out: str, *sources: str | list[str]) -> Path | None:
    """The file to write, or None for standard output."""
    from trimtab.tables.files.writing import checked_output

    if out == STANDARD:
        return None
    path = checked_output(out)
    spare_inputs(path, *sources)
    return path


@contextmanager
def _sink(path: Path | None) -> Iterator[Callable[[pd.DataFrame], None]]:
    """What takes the predictions, table by table."""
    from trimtab.tables.files.writing import delimited, writer

    if path is not None:
        with writer(path) as write:
            yield write
        return
    header = True
    output = sys.stdout.buffer  # as files are: UTF-8, whatever the terminal has

    def to_standard_output(frame: pd.DataFrame) -> None:
        nonlocal header
        output.write(delimited(frame, header=header).encode())
        header = False

    yield to_standard_output
    output.flush()


def _report(remarks: Remarks, seconds: float, out: str) -> None:
    """Says what was done, on standard error: standard output may be the table."""
    print_notes(remarks)
    where = "" if out == STANDARD else f": {out}"
    typer.echo(f"{count(remarks.rows, 'row')} predicted in {seconds:.1f} s{where}", err=True)
