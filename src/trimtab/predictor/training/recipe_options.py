"""Options of the network and its training.

What is unset is decided by :mod:`trimtab.predictor.training.defaults`, which gives the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.options import number_in, option, optional, share_in, text, texts
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn import losses, metrics
from trimtab.predictor import notation

__all__ = ["RecipeOptions"]


def _layers(name: str, value: Any) -> str:
    return notation.spelled(value, name=name)


def _rate(name: str, value: Any) -> float:
    hint = f"Use {name}=0.3 to drop 30 % of the units."
    number = checks.probability(name, value, hint=hint)
    if number == 1:
        raise InvalidArgument(f"{name} must be below 1, received {brief(value)}. {hint}")
    return number


def _loss(name: str, value: Any) -> str:
    text(name, value)
    losses.get(value)
    return str(value)


def _metrics(name: str, value: Any) -> tuple[str, ...]:
    found = texts(name, value)
    for each in found:
        metrics.get(each)
    return found


@dataclass(frozen=True)
class RecipeOptions:
    """The network, its optimizer, and when training stops."""

    layers: str | None = option(
        "Network",
        'Hidden layers, such as "256 bn relu dropout:0.2, 128 relu"; "64, 64" has relu after each.',
        optional(_layers),
        unset="two of 256 units",
        metavar="LAYERS",
    )
    dropout: float | None = option(
        "Network",
        "Dropout rate of the default layers.",
        optional(_rate),
        unset="0.1; 0.3 for classification",
        parse=share_in,
        metavar="RATE",
    )
    batch_norm: bool | None = option(
        "Network",
        "Batch normalization in the default layers.",
        optional(checks.boolean),
        unset="on for classification and raw numbers",
        switch=True,
    )

    epochs: int | None = option(
        "Training",
        "Maximum number of epochs.",
        optional(checks.positive_integer),
        unset="from the number of rows",
        parse=number_in,
        metavar="N",
    )
    batch_size: int | None = option(
        "Training",
        "Rows per batch.",
        optional(checks.positive_integer),
        unset="from the number of rows",
        parse=number_in,
        metavar="N",
    )
    lr: float | None = option(
        "Training",
        "Initial learning rate; it decays along a cosine.",
        optional(checks.positive_number),
        unset="0.002; 0.0005 for classification",
        parse=number_in,
        metavar="RATE",
    )
    weight_decay: float | None = option(
        "Training",
        "Weight decay of AdamW (decoupled).",
        optional(checks.non_negative_number),
        unset="0.01",
        parse=number_in,
        metavar="RATE",
    )
    loss: str | None = option(
        "Training",
        "Training loss; mae or mse for regression.",
        optional(_loss),
        unset="mae; cross-entropy for classification",
        metavar="NAME",
    )
    metric: tuple[str, ...] = option(
        "Training",
        "Metric to track besides the loss. Repeatable.",
        _metrics,
        default=(),
        metavar="NAME",
        many=True,
    )
    patience: int | None = option(
        "Training",
        "Epochs without improvement before training stops.",
        optional(checks.positive_integer),
        unset="a quarter of the epochs, at least 10",
        parse=number_in,
        metavar="N",
    )

    def check_recipe(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            InvalidArgument: Two options exclude each other.
        """
        for name in ("dropout", "batch_norm"):
            value = getattr(self, name)
            if self.layers is not None and value is not None:
                word = f"dropout:{value:g}" if name == "dropout" else "bn"
                raise InvalidArgument(
                    f"{name} applies to the default layers only, but layers was given, received "
                    f"{name}={brief(value)} and layers={brief(self.layers)}. Remove {name} and "
                    f"write {word} "
                    "into layers."
                )
