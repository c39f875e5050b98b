"""Options of the network and of how it is trained.

Those that nobody sets are decided by :func:`trimtab.predictor.training.defaults.decide`, which
says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.options import number_in, option, optional, text, texts
from trimtab.errors import InvalidArgument
from trimtab.nn import losses, metrics
from trimtab.predictor import notation

__all__ = ["RecipeOptions"]


def _layers(name: str, value: Any) -> str:
    return notation.canonical(value, name=name)


def _rate(name: str, value: Any) -> float:
    hint = f"Use {name}=0.3 to drop 30 % of the units."
    number = checks.probability(name, value, hint=hint)
    if number == 1:
        raise InvalidArgument(f"{name} must be below 1, received {value!r}. {hint}")
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
    """The network, and how it is trained."""

    layers: str | None = option(
        "Network",
        'Hidden layers, as in "256 bn relu dropout:0.2, 128 relu".',
        optional(_layers),
        unset="two of 256; see trimtab.defaults",
        metavar="LAYERS",
    )
    dropout: float | None = option(
        "Network",
        "Rate of dropout in the default layers.",
        optional(_rate),
        unset="0.1; 0.3 for classes",
        parse=number_in,
        metavar="RATE",
    )
    batch_norm: bool | None = option(
        "Network",
        "Batch normalization in the default layers.",
        optional(checks.boolean),
        unset="for classes and raw numbers",
        switch=True,
    )

    epochs: int | None = option(
        "Training",
        "Epochs at most.",
        optional(checks.positive_integer),
        unset="by the number of rows",
        parse=number_in,
        metavar="N",
    )
    batch_size: int | None = option(
        "Training",
        "Rows of a step.",
        optional(checks.positive_integer),
        unset="by the number of rows",
        parse=number_in,
        metavar="N",
    )
    lr: float | None = option(
        "Training",
        "Learning rate at the top; it falls along a cosine.",
        optional(checks.positive_number),
        unset="0.002; 0.0005 for classes",
        parse=number_in,
        metavar="RATE",
    )
    weight_decay: float | None = option(
        "Training",
        "Decoupled weight decay of AdamW.",
        optional(checks.non_negative_number),
        unset="0.01",
        parse=number_in,
        metavar="RATE",
    )
    loss: str | None = option(
        "Training",
        "What training minimizes: mae or mse for numbers.",
        optional(_loss),
        unset="mae, or cross-entropy for classes",
        metavar="NAME",
    )
    metric: tuple[str, ...] = option(
        "Training",
        "A metric to follow beside the loss. Several: repeat it.",
        _metrics,
        default=(),
        metavar="NAME",
        many=True,
    )
    patience: int | None = option(
        "Training",
        "Epochs without a better validation loss after which training stops.",
        optional(checks.positive_integer),
        unset="a quarter of them, at least 10",
        parse=number_in,
        metavar="N",
    )

    def check_recipe(self) -> None:
        """Refuses options that contradict each other."""
        for name in ("dropout", "batch_norm"):
            value = getattr(self, name)
            if self.layers is not None and value is not None:
                word = f"dropout:{value:g}" if name == "dropout" else "bn"
                raise InvalidArgument(
                    f"{name} is about the default layers, and layers says others, received "
                    f"{name}={value!r} and layers={self.layers!r}. Write {word} into the layers "
                    f"where you want it, and leave {name} out."
                )
