"""The command that trains a model again."""

from __future__ import annotations

import shlex
from typing import Any

from trimtab.core.options import IN_MEMORY
from trimtab.predictor.training.options import OPTIONS, TrainOptions

__all__ = ["command_of"]


def command_of(data: str, given: TrainOptions) -> str:
    """The command with the options that were given.

    Args:
        data: what messages call the table.
        given: the options, before trimtab decided what they leave open.

    Example:
        >>> command_of("new wine.csv", TrainOptions(target="quality", fold=5, raw=True))
        "trimtab train 'new wine.csv' --target quality --fold 5 --raw"
    """
    words = ["trimtab", "train", shlex.quote(data)]
    for name, value in given.changed().items():
        words += _words(OPTIONS[name].flag, value)
    return " ".join(words)


def _words(flag: str, value: Any) -> list[str]:
    if value is None or value == IN_MEMORY:
        return []
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    if isinstance(value, dict):
        values = [f"{key}={each}" for key, each in value.items()]
    else:
        values = list(map(str, value)) if isinstance(value, list | tuple) else [str(value)]
    return [word for each in values for word in (f"--{flag}", shlex.quote(each))]
