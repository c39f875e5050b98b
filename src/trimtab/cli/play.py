"""``trimtab play``: the playground."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from trimtab.cli.refusals import refusals

__all__ = ["play"]


def play(
    table: Annotated[
        str | None,
        typer.Argument(
            help="Table to play with besides points and built-in tables: a file, or built-in: "
            "red-wine, concrete.",
            metavar="[TABLE]",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of the table to predict.  [default: known for built-in tables]",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(metavar="PORT", help="Port of the page; 0: any that is free.")
    ] = 0,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser/--no-browser",
            help="Open the page in the browser.  [default: where there is a screen]",
            show_default=False,
        ),
    ] = True,
) -> None:
    """Open the playground: change a network while it learns.

    A page on this machine trains a small network on points or a table. Layers, dropout, batch
    normalization and learning rate change while curves, predictions and layers are drawn; the page
    shows the same as Python and as a command. Ctrl-C ends it. Nothing is written.
    """
    with refusals("the playground has ended"):
        from trimtab.live.server import LocalServer
        from trimtab.live.view import can_open, open_browser
        from trimtab.play.data import Shelf
        from trimtab.play.page import resources
        from trimtab.play.playground import Playground

        playground = Playground(Shelf(table, target))
        try:
            offered = resources(), playground.actions(), playground.log
            with LocalServer(*offered, port=port) as server:
                playground.watched = lambda: server.watched
                typer.echo(f"The playground is at {server.url}")
                typer.echo("Ctrl-C ends it.")
                if browser and can_open():
                    open_browser(server.url)
                threading.Event().wait()
        finally:
            playground.close()
