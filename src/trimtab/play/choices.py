"""What can be chosen on the page: its limits, and what makes a new network necessary."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief, count
from trimtab.errors import InvalidArgument
from trimtab.play.toys import FEWEST_ROWS, MOST_ROWS

__all__ = ["ACTIVATIONS", "CONTINUES", "MOST_LAYERS", "MOST_UNITS", "SPEEDS", "Choices"]

#: Hidden layers, and units of each, at most: more would take a page's answer too long.
MOST_LAYERS, MOST_UNITS = 6, 512

ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu", "gelu", "silu")

#: Where batch normalization stands.
PLACES = ("none", "before", "after")

OPTIMIZERS = ("adam", "sgd")

#: Speed -> epochs a second; 0: as many as there can be.
SPEEDS = {"slow": 2, "normal": 10, "fast": 0}

#: What a network goes on with; any other change needs a new one.
CONTINUES = frozenset({"learning_rate", "dropout", "speed", "thinned"})


@dataclass(frozen=True)
class Choices:
    """What is on the screen.

    Attributes:
        data: name of a toy or of a table.
        rows, noise: of a toy.
        hidden: units of each hidden layer.
        activation: of all of them.
        dropout: rate after each of them.
        batch_norm: ``none``, or where it is in each hidden layer: ``before`` or ``after`` the
            activation.
        momentum: of its moving statistics.
        optimizer: ``adam`` or ``sgd``, which has momentum 0.9.
        learning_rate, weight_decay, batch_size: of training.
        seed: of the rows, weights, row orders and dropout.
        speed: how many epochs are trained in a second.
        thinned: whether thinned networks are shown.

    Example:
        >>> from trimtab.play.choices import Choices
        >>> choices = Choices().changed({"hidden": [32], "dropout": 0.5})
        >>> choices.layers
        '32 relu dropout:0.5'
        >>> choices.changed({"batch_norm": "before"}).layers
        '32 bn:0.9 relu dropout:0.5'
    """

    data: str = "spirals"
    rows: int = 300
    noise: float = 0.2
    hidden: tuple[int, ...] = (32, 32)
    activation: str = "relu"
    dropout: float = 0.0
    batch_norm: str = "none"
    momentum: float = 0.9
    optimizer: str = "adam"
    learning_rate: float = 0.01
    weight_decay: float = 0.0
    batch_size: int = 32
    seed: int = 0
    speed: str = "normal"
    thinned: bool = False

    def changed(self, asked: Mapping[str, Any]) -> Choices:
        """These choices with some changed.

        Args:
            asked: name -> value, from a page: nothing about it is known.

        Raises:
            InvalidArgument: there is no such choice, or a value is not one of its kind or out of
                range.
        """
        for name in asked:
            checks.choice("choice", name, _CHECKS)
        found = {name: _CHECKS[name](name, value) for name, value in asked.items()}
        return dataclasses.replace(self, **found)

    def continues(self, other: Choices) -> bool:
        """Whether a network of these choices can go on with the others."""
        return all(
            getattr(self, field.name) == getattr(other, field.name)
            for field in dataclasses.fields(self)
            if field.name not in CONTINUES
        )

    @property
    def layers(self) -> str:
        """The hidden layers in the notation of ``trimtab train --layers``."""
        return self.notation(dropout=self.dropout > 0)

    def notation(self, *, dropout: bool) -> str:
        """The hidden layers as text.

        Args:
            dropout: whether layers of dropout are among them, even if their rate is 0.
        """
        norm = f"bn:{_text(self.momentum)}"
        return ", ".join(
            " ".join(
                [
                    str(units),
                    *([norm] if self.batch_norm == "before" else []),
                    self.activation,
                    *([norm] if self.batch_norm == "after" else []),
                    *([f"dropout:{_text(self.dropout)}"] if dropout else []),
                ]
            )
            for units in self.hidden
        )

    def record(self) -> dict[str, Any]:
        """The choices as plain data."""
        return dataclasses.asdict(self) | {"hidden": list(self.hidden)}


def _text(value: float) -> str:
    return repr(value).removesuffix(".0")


# -- checks ---------------------------------------------------------------------------------------

Check = Callable[[str, Any], Any]


def _between(low: float, high: float, usual: str) -> Check:
    def check(name: str, value: Any) -> float:
        found = checks.number(name, value, hint=f"Use {usual}.")
        if not low <= found <= high:
            raise InvalidArgument(
                f"{name} must be from {low:g} to {high:g}, received {brief(value)}. Use {usual}."
            )
        return found

    return check


def _whole(low: int, high: int, usual: str) -> Check:
    def check(name: str, value: Any) -> int:
        return checks.integer(name, value, minimum=low, maximum=high, hint=f"Use {usual}.")

    return check


def _one_of(known: tuple[str, ...]) -> Check:
    return lambda name, value: checks.choice(name, value, known)


def _hidden(name: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise InvalidArgument(f"{name} must be a list of units, received {brief(value)}.")
    if len(value) > MOST_LAYERS:
        raise InvalidArgument(
            f"the playground has at most {MOST_LAYERS} hidden layers, received "
            f"{count(len(value), 'layer')}. In Python there may be any number."
        )
    check = _whole(1, MOST_UNITS, "32")
    return tuple(check(f"units of hidden layer {i}", units) for i, units in enumerate(value, 1))


def _name(name: str, value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[a-z-]{1,20}", value):
        return value  # whether there is such data, the shelf knows
    raise InvalidArgument(f"{name} must be the name of a toy or table, received {brief(value)}.")


_CHECKS: dict[str, Check] = {
    "data": _name,
    "rows": _whole(FEWEST_ROWS, MOST_ROWS, "300"),
    "noise": _between(0.0, 1.0, "0.2"),
    "hidden": _hidden,
    "activation": _one_of(ACTIVATIONS),
    "dropout": _between(0.0, 0.9, "0.3"),
    "batch_norm": _one_of(PLACES),
    "momentum": _between(0.0, 0.999, "0.9"),
    "optimizer": _one_of(OPTIMIZERS),
    "learning_rate": _between(1e-6, 10.0, "0.01"),
    "weight_decay": _between(0.0, 1.0, "0.01"),
    "batch_size": _whole(1, 4096, "32"),
    "seed": _whole(0, 2**32 - 1, "0"),
    "speed": _one_of(tuple(SPEEDS)),
    "thinned": checks.boolean,
}
