"""Options of the steps of the training: their rates, their decay, and the labels they aim at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.options import number_in, one_of, option, optional, share_in
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = ["SCHEDULES", "OptimizerOptions"]

#: Courses of the learning rate.
SCHEDULES = ("flat", "cosine", "warmup", "cycles", "constant")


def _smoothing(name: str, value: Any) -> float:
    number = checks.probability(name, value, hint=f"Use {name}=0.1.")
    if number == 1:
        raise InvalidArgument(
            f"{name} must be below 1, received {brief(value)}. Use {name}=0.1 to spread 10 % of "
            "each label over all classes."
        )
    return number


@dataclass(frozen=True)
class OptimizerOptions:
    """How the optimizer goes about its steps."""

    schedule: str = option(
        "Training",
        "Course of the learning rate: flat stays for half of the steps and falls to 0; cosine "
        "falls from the start; warmup rises for 5 % of the steps first; cycles rises and falls "
        "four times; constant stays.",
        one_of(SCHEDULES),
        default="flat",
        metavar="NAME",
    )
    beta_2: float | None = option(
        "Training",
        "Memory of AdamW for squares of gradients, such as 0.95 for a short one.",
        optional(checks.decay_factor),
        unset="0.999",
        parse=number_in,
        metavar="RATE",
    )
    decay_all: bool = option(
        "Training",
        "Weight decay of biases, batch normalization and embeddings, too, not of kernels alone.",
        checks.boolean,
        default=True,
        switch=True,
    )
    label_smoothing: float = option(
        "Training",
        "Share of each label that is spread over all classes.",
        _smoothing,
        default=0.0,
        parse=share_in,
        metavar="SHARE",
    )
