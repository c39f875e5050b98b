"""Parameters that several commands have, so that they look and read the same in each."""

from __future__ import annotations

import os
import re
from shlex import quote
from typing import Annotated

import typer

from trimtab.errors import InvalidArgument

__all__ = ["AsJson", "Data", "Model", "as_source"]

#: A table to learn from.
Data = Annotated[
    list[str],
    typer.Argument(
        help="Table: a file, several files with the same columns, a folder of them, a pattern "
        "('sales/*.csv'), - (standard input), or built-in: red-wine, concrete.",
        metavar="DATA...",
    ),
]

#: A trained model.
Model = Annotated[str, typer.Argument(help="Model file written by trimtab train.", metavar="MODEL")]

#: Output for programs.
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def as_source(paths: list[str]) -> str | list[str]:
    """What was typed as a table: a path, or several.

    Several are sorted: a shell puts the files that a pattern fits in an order of its own, which
    differs between machines.

    Raises:
        InvalidArgument: One of several is no file and looks like the name of a column.
    """
    if len(paths) == 1:
        return paths[0]
    for path in paths[1:]:
        if not os.path.exists(path) and not re.search(r"[.*?/\\]", path):
            raise InvalidArgument(
                f"there is no file {path!r}. To predict a column of that name, use "
                f"--target {quote(path)}."
            )
    return sorted(paths)
