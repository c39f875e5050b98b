"""``trimtab explain``: which columns a trained model relies on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import INTERRUPTED, refusals

__all__ = ["explain"]


@with_options("Reading")
def explain(
    model: Annotated[str, typer.Argument(help="A file of trimtab train.", metavar="MODEL")],
    file: Annotated[
        str,
        typer.Argument(
            help="Rows with the target's column: the file that it was trained on, of which its "
            "validation rows are used, or another one.",
            metavar="FILE",
        ),
    ],
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="COLUMN",
            help="A column to look at. Several: repeat it.  [default: all that the model uses]",
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option(metavar="N", help="How often each column is shuffled.")
    ] = 10,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the shuffling.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="PNG",
            help="The picture.  [default: MODEL's name and -importance.png, beside it; none with "
            "--json]",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    *,
    options: dict[str, Any],
) -> None:
    """Say how much worse a model of trimtab train becomes when a column is shuffled."""
    from trimtab.predictor import Remarks

    remarks = Remarks()
    with refusals():
        from trimtab.core import checks
        from trimtab.predictor import importance
        from trimtab.predictor.loading import load
        from trimtab.tables.files.read_options import ReadOptions
        from trimtab.tables.files.reading import read

        checks.positive_integer("--repeats", repeats)
        checks.seed("--seed", seed)
        predictor = load(model)
        picture = _picture(out, model, file, as_json)
        told = predictor.reading(ReadOptions(**given(options)))
        table = read(file, told, text=predictor.schema.text_columns)
        try:
            with _watching() as watch:
                found = importance.explain(
                    predictor,
                    table,
                    repeats=repeats,
                    seed=seed,
                    columns=columns or None,
                    remarks=remarks,
                    watch=watch,
                )
            if picture is not None:
                found.draw(picture, f"Permutation importance: {Path(model).stem}")
        except KeyboardInterrupt:
            typer.echo("Interrupted: nothing is written.", err=True)
            raise typer.Exit(INTERRUPTED) from None
    if as_json:
        record = {**found.record(), "caveat": found.caveat(), "notes": remarks.sentences()}
        typer.echo(json.dumps(record, ensure_ascii=False, allow_nan=False))
        return
    for sentence in remarks.sentences():
        typer.echo(f"Note: {sentence}", err=True)
    for line in (found.sentence(), "", *found.lines(), "", found.caveat()):
        typer.echo(line)
    typer.echo(f"picture: {picture}")


def _picture(out: Path | None, model: str, file: str, as_json: bool) -> Path | None:
    """Where the picture goes, if it can be written there; None where there is to be none."""
    from trimtab.errors import InvalidArgument

    if out is None:
        if as_json:
            return None
        out = Path(model).with_name(f"{Path(model).stem}-importance.png")
    elif out.suffix.lower() != ".png":
        raise InvalidArgument(f"--out must end in .png, received {str(out)!r}.")
    if out.is_dir():
        raise InvalidArgument(f"{str(out)!r} is a folder. Name a file in it.")
    if not out.parent.is_dir():
        raise InvalidArgument(
            f"there is no folder {str(out.parent)!r} to write {out.name!r} into. Make it first."
        )
    if not os.access(out.parent, os.W_OK):
        raise InvalidArgument(
            f"cannot write into {str(out.parent)!r}. Name a file elsewhere with --out."
        )
    for source in (model, file):
        if out.exists() and os.path.exists(source) and os.path.samefile(out, source):
            raise InvalidArgument(f"--out {out} is a file that is read here. Name another one.")
    return out


@contextmanager
def _watching() -> Iterator[Callable[[str, int, int], None]]:
    """A line on stderr that says whose turn it is, on terminals only; it goes away in the end."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda column, number, columns: None
        return
    with console.status("shuffling", spinner="line") as status:
        yield lambda column, number, columns: status.update(
            f"shuffling column {number} of {columns}"
        )
