"""The ``trimtab`` command: options common to all, and one row for each subcommand."""

from __future__ import annotations

from typing import Annotated

import typer

import trimtab
from trimtab.cli.evaluate import evaluate
from trimtab.cli.explain import explain
from trimtab.cli.inspect import inspect
from trimtab.cli.lesson import lesson
from trimtab.cli.options import GroupedCommand
from trimtab.cli.predict import predict
from trimtab.cli.refusals import STATUSES
from trimtab.cli.show import show
from trimtab.cli.train import train

app = typer.Typer(
    help="Neural networks on tables, trained steadily.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain text: no time spent on importing rich for --help
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"trimtab {trimtab.__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Neural networks on tables, trained steadily: dropout and batch normalization done right."""


app.command("inspect", cls=GroupedCommand, epilog=STATUSES)(inspect)
app.command("train", cls=GroupedCommand, epilog=STATUSES)(train)
app.command("predict", cls=GroupedCommand, epilog=STATUSES)(predict)
app.command("evaluate", cls=GroupedCommand, epilog=STATUSES)(evaluate)
app.command("explain", cls=GroupedCommand, epilog=STATUSES)(explain)
app.command("show", cls=GroupedCommand, epilog=STATUSES)(show)
app.command("lesson")(lesson)
