"""``trimtab predict``: what a trained model says of new rows."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import INTERRUPTED, refusals

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.predictor import Remarks

#: Stands for standard input and standard output.
STANDARD = "-"


@with_options("Reading")
def predict(
    model: Annotated[str, typer.Argument(help="A file of trimtab train.", metavar="MODEL")],
    file: Annotated[
        str,
        typer.Argument(
            help="Rows to predict: a file, or - for standard input. Columns in any order.",
            metavar="FILE",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="File to write: .csv, .tsv, .jsonl, .parquet or .feather; text also .gz. "
            "- for CSV on standard output.",
        ),
    ] = STANDARD,
    interval: Annotated[
        float | None,
        typer.Option(
            metavar="LEVEL",
            help="Add where the target lies with this probability, such as 0.9: columns lower and "
            "upper, or classes.",
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
            help="A column to pass through, beside the identifiers the model knows. "
            "Several: repeat it.",
        ),
    ] = None,
    all_columns: Annotated[
        bool, typer.Option("--all-columns", help="Pass all columns through.")
    ] = False,
    chunk_rows: Annotated[
        int,
        typer.Option(metavar="N", help="Rows to read and predict at a time."),
    ] = 100_000,
    *,
    options: dict[str, Any],
) -> None:
    """Predict the rows of a table, in their order, with a model of trimtab train."""
    from trimtab.predictor import Remarks

    start, remarks = time.perf_counter(), Remarks()
    with refusals():
        from trimtab.predictor.loading import load
        from trimtab.tables.files.read_options import ReadOptions

        predictor = load(model)
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
            typer.echo("Interrupted: no file was written.", err=True)
            raise typer.Exit(INTERRUPTED) from None
    _report(remarks, time.perf_counter() - start, out)


def _target(out: str, *sources: str) -> Path | None:
    """The file to write, or None for standard output."""
    from trimtab.errors import InvalidArgument
    from trimtab.tables.files.writing import checked_output

    if out == STANDARD:
        return None
    path = checked_output(out)
    for source in sources:
        if os.path.exists(source) and path.exists() and os.path.samefile(path, source):
            raise InvalidArgument(f"--out {out} is a file that is read here. Name another one.")
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
    """What was done, on stderr: standard output may be the table."""
    for sentence in remarks.sentences():
        typer.echo(f"Note: {sentence}", err=True)
    rows = f"{remarks.rows:,} row{'s' * (remarks.rows != 1)}"
    where = "" if out == STANDARD else f": {out}"
    typer.echo(f"{rows} predicted in {seconds:.1f} s{where}", err=True)
