"""``trimtab predict``: the predictions of a trained model for new rows."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trimtab.cli.arguments import Model, Threshold, share_told
from trimtab.cli.files import print_notes, spare_inputs
from trimtab.cli.model_and_table import in_order
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals
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
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Add a prediction interval (lower, upper) or prediction set (classes) at this "
            "level, such as 0.9 or 90%.",
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
    threshold: Threshold = None,
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
    with refusals("the output is incomplete" if out == STANDARD else "nothing was written"):
        from trimtab.predictor.class_words import decides_by
        from trimtab.predictor.loading import load
        from trimtab.predictor.predicting import intervals_said
        from trimtab.tables.files.read_options import ReadOptions

        level = None if interval is None else level_in(interval)
        model, file = in_order(model, files)
        predictor, least = load(model), share_told("--threshold", threshold)
        target = _target(out, file, model)
        frames = predictor.predict_chunks(
            file,
            rows=chunk_rows,
            interval=level,
            proba=proba,
            ids=ids or (),
            all_columns=all_columns,
            options=ReadOptions(**given(options)),
            remarks=remarks,
            threshold=least,
        )
        with _sink(target) as write:
            for frame in frames:
                write(frame)
        rules = list(decides_by(predictor, least))
        if level is not None:
            rules.append(intervals_said(predictor, level))
    _report(remarks, rules, time.perf_counter() - start, out)


def level_in(text: str) -> float:
    """The level of an interval: a share, or a percentage; from 10 on its sign may be missing.

    Raises:
        InvalidArgument: It is neither.

    Example:
        >>> level_in("0.9"), level_in("90"), level_in("99.5 %")
        (0.9, 0.9, 0.995)
    """
    from trimtab.core.options import share_in
    from trimtab.errors import InvalidArgument

    level = share_in(text)
    if isinstance(level, int | float) and 10 <= level < 100:
        level = share_in(f"{text}%")
    if isinstance(level, str) or not 0 < level < 1:
        raise InvalidArgument(
            f"--interval must be a level between 0 and 1, received {text!r}. Use --interval 0.9 or "
            "--interval 90% for 90 %."
        )
    return float(level)


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


def _report(remarks: Remarks, rules: Sequence[str], seconds: float, out: str) -> None:
    """Says what was done, on standard error: standard output may be the table."""
    print_notes(remarks)
    for rule in rules:
        typer.echo(rule, err=True)
    where = "" if out == STANDARD else f": {out}"
    typer.echo(f"{count(remarks.rows, 'row')} predicted in {seconds:.1f} s{where}", err=True)
