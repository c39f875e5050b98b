"""The two arguments of commands that take a model and a table, in the order they were meant."""

from __future__ import annotations

import typer

__all__ = ["in_order"]


def in_order(model: str, file: str) -> tuple[str, str]:
    """Model and table; swapped, with a word, where only the second argument is a model.

    Args:
        model: The first argument.
        file: The second one.
    """
    from trimtab.core.container import is_container

    if is_container(file) and not is_container(model):
        typer.echo(f"Note: {file} is the model, so {model} is read as the table.", err=True)
        return file, model
    return model, file
