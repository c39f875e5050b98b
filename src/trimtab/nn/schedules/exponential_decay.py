"""Exponential decay of the learning rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.schedules.base import VectorSchedule
from trimtab.nn.schedules.table import REGISTRY


@REGISTRY.register()
class ExponentialDecay(VectorSchedule):
    """The learning rate falls by one factor every ``decay_steps`` batches.

    Formula:
        ``initial_learning_rate * decay_rate ** (step / decay_steps)``, the exponent rounded down
        with ``staircase``.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: batches, not epochs.
        decay_rate: factor.
        staircase: in steps rather than smoothly.

    Raises:
        InvalidArgument: an argument is not above 0.

    Example:
        >>> from trimtab import schedules
        >>> schedule = schedules.ExponentialDecay(0.5, decay_steps=10, decay_rate=0.5)
        >>> schedule([0, 10, 20]).tolist()
        [0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = checks.non_negative_number(
            "initial_learning_rate", initial_learning_rate
        )
        checks.positive_number("decay_steps", decay_steps)
        self.decay_steps = decay_steps
        self.decay_rate = checks.positive_number("decay_rate", decay_rate)
        self.staircase = checks.boolean("staircase", staircase)
        self.name = name

    def compute(self, steps: Floats) -> Floats:
        exponent = steps / np.float32(self.decay_steps)
        if self.staircase:
            exponent = np.floor(exponent)
        with np.errstate(over="ignore"):  # a rate above 1 ends in infinity
            factor: Floats = np.power(np.float32(self.decay_rate), exponent)
        return np.float32(self.initial_learning_rate) * factor

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }
