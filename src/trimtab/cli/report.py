"""``trimtab report``: a page about a trained model, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.arguments import Model, as_source
from trimtab.cli.files import page_place, print_notes, spare_inputs
from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import refusals

__all__ = ["report"]


@with_options("Reading")
def report(
    model: Model,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Rows with the target column. Of the training table, the rows held out are used. "
            "Repeatable.  [default: none, only what the model itself knows]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="HTML", help="Page to write.  [default: MODEL.html]"),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option("--facts", metavar="JSON", help="Also write the facts of the page as JSON."),
    ] = None,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines/--no-baselines",
            help="Compare with a linear model and gradient boosting.  [default: on]",
            show_default=False,
        ),
    ] = True,
    private: Annotated[
        bool, typer.Option("--private", help="Leave every value of a row out of the page.")
    ] = False,
    *,
    options: dict[str, Any],
) -> None:
    """Write a report on a trained model, as one HTML file.

    It works offline and shows how good the model is, what may go wrong, how it was trained, what it
    relies on and which rows it predicts worst. train makes one beside each model.
    """
    from trimtab.predictor import Remarks

    remarks = Remarks()
    with refusals():
        from trimtab.predictor.loading import load
        from trimtab.tables.files.read_options import ReadOptions

        source = as_source(data) if data else None
        page = _page(out, model, source)
        if facts is not None:
            _check_facts(facts, model, source)
        predictor = load(model)
        predictor.report(
            page,
            source,
            baselines=baselines,
            private=private,
            facts=facts,
            options=ReadOptions(**given(options)),
            remarks=remarks,
        )
    print_notes(remarks)
    typer.echo(f"report: {page}")
    if facts is not None:
        typer.echo(f"facts: {facts}")


def _page(out: Path | None, model: str, source: str | list[str] | None) -> Path:
    """The path of the page, checked before anything is computed."""
    from trimtab.errors import InvalidArgument
    from trimtab.predictor.reporting.writing import is_ours

    inputs = [model, *([] if source is None else [source])]
    if out is not None:
        return page_place(out, "--out", *inputs)
    page = Path(model).with_suffix(".html")
    if page.exists() and not is_ours(page):
        raise InvalidArgument(
            f"{page} is not a report that trimtab made. Use --out to write another file."
        )
    return page_place(page, "--out", *inputs)


def _check_facts(facts: Path, model: str, source: str | list[str] | None) -> None:
    from trimtab.errors import InvalidArgument

    if facts.suffix.lower() != ".json":
        raise InvalidArgument(f"--facts must end in .json, received {str(facts)!r}.")
    if not facts.parent.is_dir():
        raise InvalidArgument(
            f"cannot write {facts.name!r}: folder {str(facts.parent)!r} does not exist. Create it "
            "first."
        )
    spare_inputs(facts, model, *([] if source is None else [source]))
