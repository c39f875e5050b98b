"""Parameters that several commands have, so that they look and read the same in each."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["AsJson", "Data", "Model"]

#: A table to learn from.
Data = Annotated[
    str,
    typer.Argument(
        help="Table: a file, - (standard input), or built-in: red-wine, concrete.",
        metavar="DATA",
    ),
]

#: A trained model.
Model = Annotated[str, typer.Argument(help="Model file written by trimtab train.", metavar="MODEL")]

#: Output for programs.
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
