"""``trimtab card``: a model card, Markdown to publish beside a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import Model, as_source
from trimtab.cli.files import print_notes, spare_inputs
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals

__all__ = ["card"]

#: Stands for standard output.
STANDARD = "-"


@with_options("Reading")
def card(
    model: Model,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Rows with the target column, for ranges, intervals and importance. Repeatable.  "
            "[default: none, only what the model itself knows]",
        ),
    ] = None,
    out: Annotated[
        str,
        typer.Option("--out", "-o", metavar="MD", help="File to write, or - for standard output."),
    ] = STANDARD,
    private: Annotated[
        bool, typer.Option("--private", help="Leave every value of a row out of the card.")
    ] = False,
    *,
    options: dict[str, Any],
) -> None:
    """Write a model card: data, scores, findings.

    It is Markdown with the metadata block of Hugging Face, and says how rows were divided and how
    sure each score is. What only you know, such as the intended use, is marked TO FILL IN. A file
    that exists is not replaced: it may have been filled in.
    """
    from trimtab.predictor import Remarks

    remarks = Remarks()
    with refusals():
        from trimtab.core.replacing import replacing
        from trimtab.predictor.loading import load
        from trimtab.predictor.reporting.facts import Settings
        from trimtab.predictor.reporting.writing import facts_of
        from trimtab.report.card import card as written
        from trimtab.tables.files.read_options import ReadOptions
        from trimtab.tables.files.reading import read

        source = as_source(data) if data else None
        place = None if out == STANDARD else _place(Path(out), model, source)
        predictor = load(model)
        table = None
        if source is not None:
            reading = predictor.reading(ReadOptions(**given(options)))
            table = read(source, reading, text=predictor.schema.text_columns)
        settings = Settings(baselines=False, private=private)
        text = written(facts_of(predictor, table, settings, remarks), Path(model).name)
        if place is not None:
            with replacing(place) as file:
                file.write(text.encode("utf-8", "replace"))
    print_notes(remarks)
    typer.echo(text if place is None else f"card: {place}", nl=place is not None)


def _place(path: Path, model: str, source: str | list[str] | None) -> Path:
    """The path of the card, checked before anything is computed."""
    from trimtab.errors import InvalidArgument

    if path.suffix.lower() not in (".md", ".markdown"):
        raise InvalidArgument(
            f"--out must end in .md, received {str(path)!r}. Use {str(path.with_suffix('.md'))!r}."
        )
    if not path.parent.is_dir():
        raise InvalidArgument(
            f"cannot write {path.name!r}: folder {str(path.parent)!r} does not exist. Create it "
            "first."
        )
    spare_inputs(path, model, *([] if source is None else [source]))
    if path.exists():
        raise InvalidArgument(
            f"{path} exists and may have been filled in. Use --out to write another file, or "
            "remove it first."
        )
    return path
