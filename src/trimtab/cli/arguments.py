"""Parameters that several commands have, so that they look and read the same in each."""

from __future__ import annotations

from typing import Annotated

import typer

from trimtab.core import checks
from trimtab.core.options import percentage_in

__all__ = ["AsJson", "Data", "Model", "Threshold", "share_told"]

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
