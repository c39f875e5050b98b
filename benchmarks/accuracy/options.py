"""A variant's options as typed: `committee=4`, or for one kind of task `classes.lr=0.01`."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from typing import Any

from benchmarks.accuracy.tables import Table

KINDS = ("numbers", "classes")


def parse(text: str) -> dict[str, Any]:
    """Names and values; a value is TOML (`4`, `true`, `[1, 2]`) or else text.

    Raises:
        ValueError: a part is no `name=value`, or an option is of an unknown kind of task.
    """
    options: dict[str, Any] = {}
    for part in shlex.split(text):
        name, equals, value = part.partition("=")
        kind, dot, _ = name.rpartition(".")
        if not equals or not name or (dot and kind not in KINDS):
            raise ValueError(
                f"{part!r} is no option: use name=value, numbers.name=value or classes.name=value"
            )
        options[name] = _value(value)
    return options


def applied(options: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """The options that count for this table, without their kind."""
    other = KINDS[not table.classes] + "."
    return {
        name.rpartition(".")[2]: value
        for name, value in options.items()
        if not name.startswith(other)
    }


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
