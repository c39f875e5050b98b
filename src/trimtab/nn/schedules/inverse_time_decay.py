"""Decay of the learning rate with the inverse of the time."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.schedules.base import VectorSchedule
from trimtab.nn.schedules.table import REGISTRY


@REGISTRY.register()
class InverseTimeDecay(VectorSchedule):
    """The learning rate falls fast at first, then ever more slowly.

    Formula:
        ``initial_learning_rate / (1 + decay_rate * step / decay_steps)``, ``step / decay_steps``
        rounded down with ``staircase``.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: batches, not epochs.
        decay_rate: after ``decay_steps / decay_rate`` batches, half of the rate is left.
        staircase: in steps rather than smoothly.

    Raises:
        InvalidArgument: decay_steps is not above 0, or another number is negative.

    Example:
        >>> from trimtab import schedules
        >>> schedule = schedules.InverseTimeDecay(0.5, decay_steps=10, decay_rate=1.0)
        >>> schedule([0, 10, 30]).tolist()
        [0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = checks.non_negative_number(
            "initial_learning_rate", initial_learning_rate
        )
        checks.positive_number("decay_steps", decay_steps)
        self.decay_steps = decay_steps
        self.decay_rate = checks.non_negative_number("decay_rate", decay_rate)
        self.staircase = checks.boolean("staircase", staircase)
        self.name = name

    def compute(self, steps: Floats) -> Floats:
        times = steps / np.float32(self.decay_steps)
        if self.staircase:
            times = np.floor(times)
        divisor = np.float32(1) + np.float32(self.decay_rate) * times
        rates: Floats = np.float32(self.initial_learning_rate) / divisor
        return rates

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }
