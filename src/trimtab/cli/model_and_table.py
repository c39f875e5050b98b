"""The two arguments of commands that take a model and a table, in the order they were meant."""

from __future__ import annotations

import typer

from trimtab.cli.arguments import as_source
from trimtab.core.words import listed

__all__ = ["in_order"]


def in_order(model: str, files: list[str]) -> tuple[str, str | list[str]]:
    """Model and table; swapped, with a word, where another argument is the model.

    Args:
        model: The first argument.
        files: The others.
    """
    from trimtab.core.container import is_container

    models = [file for file in files if is_container(file)]
    if models and not is_container(model):
        tables = [model, *(file for file in files if file is not models[0])]
        typer.echo(
            f"Note: {models[0]} is the model, so {listed(tables, 4)} is read as the table.",
            err=True,
        )
        return models[0], as_source(tables)
    return model, as_source(files)
