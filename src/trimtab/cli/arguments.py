"""Parameters that several commands have, so that they look and read the same in each."""

from __future__ import annotations

import os
import re
from shlex import quote
from typing import Annotated

import typer

from trimtab.core import checks
from trimtab.core.options import percentage_in
from trimtab.errors import InvalidArgument

__all__ = ["AsJson", "Data", "Model", "Threshold", "as_source", "share_told"]

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

#: When the positive class is predicted.
Threshold = Annotated[
    str | None,
    typer.Option(
        metavar="P",
        help="Probability from which on the positive class is predicted, such as 0.3.  "
        "[default: as trained]",
    ),
]


def share_told(name: str, text: str | None) -> float | None:
    """The share that was typed, ``0.3``, ``30%`` or ``30``.

    Args:
        name: Of the option, for the message.
        text: As typed; None: it was not.

    Raises:
        InvalidArgument: It is no share.
    """
    if text is None:
        return None
    return checks.probability(name, percentage_in(text))


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
