"""``trimtab train``: from a table to a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.cli.options import given, with_options
from trimtab.cli.refusals import INTERRUPTED, refusals
from trimtab.cli.terminal import listener

__all__ = ["default_out", "train"]

#: Endings of files that are no part of a table's name.
_ENDINGS = frozenset(
    ".arrow .bz2 .csv .dat .data .feather .gz .json .jsonl .ndjson .parquet .pq .tab .tsv .txt "
    ".xls .xlsx .xz .zip .zst".split()
)


@with_options()
def train(
    data: Annotated[
        str,
        typer.Argument(
            help="A table: a file, - for standard input, or one that comes with trimtab: red-wine, "
            "concrete.",
            metavar="DATA",
        ),
    ],
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file of options; what stands here goes first.", metavar="FILE"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The model's file; its learning curves and options lie beside it, as .png and "
            ".toml.  [default: DATA's name and .trimtab, in this folder]",
            metavar="FILE",
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace a file there, even if it holds another table's model."
        ),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run that the model's file holds.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but how good the model is.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print what happens as JSON, an object a line.")
    ] = False,
    *,
    options: dict[str, Any],
) -> None:
    """Train a network on a table and write it to a file.

    The table is read, its columns are understood and prepared, rows to validate on are put aside,
    and a network is trained until it no longer becomes better on them. Ctrl-C ends that early and
    keeps the best network so far.
    """
    with refusals(), listener(quiet=quiet, json=json) as listening:
        from trimtab.predictor.training import options as trained
        from trimtab.predictor.training.train import train as run

        values = given(options)
        if config is not None:
            values = {**trained.read_toml(config), **values}
        try:
            run(
                data,
                out=out or default_out(data),
                overwrite=overwrite,
                resume=resume,
                report=listening,
                **values,
            )
        except KeyboardInterrupt:
            listening.close()
            said = (
                "Interrupted before there was a model: nothing is written."
                if listening.saved is None
                else f"Interrupted: {listening.saved} holds what was saved on the way."
            )
            typer.echo(said, err=True)
            raise typer.Exit(INTERRUPTED) from None
        if listening.interrupted:
            raise typer.Exit(INTERRUPTED)


def default_out(data: str) -> Path:
    """The model's file where nobody names one.

    >>> from trimtab.cli.train import default_out
    >>> print(default_out("data/wine.2024.csv.gz"))
    wine.2024.trimtab
    """
    name = Path("model" if data == "-" else data).name
    while Path(name).suffix.lower() in _ENDINGS:
        name = Path(name).stem
    return Path(f"{name or 'model'}.trimtab")
