"""The ``trimtab`` command: options common to all, and one row for each subcommand."""

from __future__ import annotations

from typing import Annotated

import typer

import trimtab
from trimtab.cli.card import card
from trimtab.cli.coach import coach
from trimtab.cli.compare import compare
from trimtab.cli.diff import diff
from trimtab.cli.evaluate import evaluate
from trimtab.cli.explain import explain
from trimtab.cli.export import export
from trimtab.cli.first_words import Commands
from trimtab.cli.help_text import SETTINGS, GroupedCommand
from trimtab.cli.inspect import inspect
from trimtab.cli.lesson import lesson
from trimtab.cli.play import play
from trimtab.cli.predict import predict
from trimtab.cli.refusals import STATUSES
from trimtab.cli.report import report
from trimtab.cli.serve import serve
from trimtab.cli.show import show
from trimtab.cli.train import train

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    context_settings=SETTINGS,
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
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Train neural networks on tables, look into them, and predict with them."""


_COMMANDS = (
    *(inspect, train, coach, compare, predict, serve, evaluate, explain),
    *(report, card, show, diff, export, lesson, play),
)
for _command in _COMMANDS:
    app.command(_command.__name__, cls=GroupedCommand, epilog=STATUSES)(_command)
