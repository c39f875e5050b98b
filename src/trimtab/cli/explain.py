"""``trimtab explain``: which columns a trained model relies on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import AsJson, Model
from trimtab.cli.files import print_notes, spare_inputs
from trimtab.cli.model_and_table import in_order
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals
from trimtab.core.paragraphs import Paragraph, print_lines

__all__ = ["explain"]


@with_options("Reading")
def explain(
    model: Model,
    files: Annotated[
        list[str],
        typer.Argument(
            help="Rows with the target column. Of the training table, only rows are used that a "
            "network was not trained on.",
            metavar="FILE...",
        ),
    ],
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="COLUMN",
            help="Column to shuffle. Repeatable.  [default: every column the model uses]",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="COLUMN",
            help="Of several targets, the one whose error is measured.  [default: all]",
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(metavar="N", help="Number of shuffles per column.")] = 10,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the shuffles.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="PNG",
            help="Picture to write; with --json only if given.  [default: MODEL-importance.png]",
        ),
    ] = None,
    as_json: AsJson = False,
    *,
    options: dict[str, Any],
) -> None:
    """Rank the columns by permutation importance.

    The importance of a column is how much the loss grows when the column is shuffled.
    """
    from trimtab.predictor import Remarks

    remarks = Remarks()
    with refusals():
        from trimtab.core import checks
        from trimtab.predictor import importance
        from trimtab.predictor.loading import load
        from trimtab.tables.files.read_options import ReadOptions
        from trimtab.tables.files.reading import read

        checks.positive_integer("--repeats", repeats)
        checks.integer("--seed", seed, minimum=0, maximum=2**64 - 1)
        model, file = in_order(model, files)
        predictor = load(model)
        picture = _picture(out, model, file, as_json)
        told = predictor.reading(ReadOptions(**given(options)))
        table = read(file, told, text=predictor.schema.text_columns)
        with _watching() as watch:
            found = importance.explain(
                predictor,
                table,
                repeats=repeats,
                seed=seed,
                columns=columns or None,
                target=target,
                remarks=remarks,
                watch=watch,
            )
        if picture is not None:
            found.draw(picture, f"Permutation importance: {Path(model).stem}")
    if as_json:
        record = {**found.record(), "caveat": found.caveat(), "notes": remarks.sentences()}
        typer.echo(json.dumps(record, ensure_ascii=False, allow_nan=False))
        return
    print_notes(remarks)
    print_lines([Paragraph(found.sentence()), "", *found.lines(), "", Paragraph(found.caveat())])
    typer.echo(f"picture: {picture}")


def _picture(out: Path | None, model: str, file: str | list[str], as_json: bool) -> Path | None:
    """The path of the picture, checked before anything is computed; None: no picture."""
    from trimtab.errors import InvalidArgument

    if out is None:
        if as_json:
            return None
        out = Path(model).with_name(f"{Path(model).stem}-importance.png")
    elif out.suffix.lower() != ".png":
        raise InvalidArgument(f"--out must end in .png, received {str(out)!r}.")
    if out.is_dir():
        raise InvalidArgument(f"--out {out} is a folder. Name a file in it.")
    if not out.parent.is_dir():
        raise InvalidArgument(
            f"cannot write {out.name!r}: folder {str(out.parent)!r} does not exist. Create it "
            "first."
        )
    if not os.access(out.parent, os.W_OK):
        raise InvalidArgument(
            f"folder {str(out.parent)!r} is not writable. Use --out to write elsewhere."
        )
    spare_inputs(out, model, file)
    return out


@contextmanager
def _watching() -> Iterator[Callable[[str, int, int], None]]:
    """A line on stderr that says which column is being shuffled, on terminals only."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda column, number, columns: None
        return
    with console.status("shuffling", spinner="line") as status:
        yield lambda column, number, columns: status.update(
            f"shuffling column {number} of {columns}"
        )
