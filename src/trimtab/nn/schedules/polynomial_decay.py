"""Polynomial decay of the learning rate, once or in cycles."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.schedules.base import VectorSchedule
from trimtab.nn.schedules.table import REGISTRY


@REGISTRY.register()
class PolynomialDecay(VectorSchedule):
    """The learning rate goes from one rate to another along a power of the steps left.

    Formula:
        ``(initial - end) * (1 - s) ** power + end``, s being ``step / decay_steps``, at most 1.
        With ``cycle``, the steps beyond go on: s is ``step / n``, n the first multiple of
        ``decay_steps`` that is not below the step.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: batches, not epochs.
        end_learning_rate: at the end.
        power: 1 is a line; above 1, most of the decay comes early.
        cycle: go on beyond ``decay_steps``, from a lower start each time, instead of staying.

    Raises:
        InvalidArgument: decay_steps is not above 0, or another number is negative.

    Example:
        >>> from trimtab import schedules
        >>> schedule = schedules.PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.5)
        >>> schedule([0, 5, 10, 99]).tolist()
        [1.0, 0.75, 0.5, 0.5]
        >>> schedule = schedules.PolynomialDecay(1.0, 10, end_learning_rate=0.5, cycle=True)
        >>> schedule([10, 15, 20]).tolist()
        [0.5, 0.625, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = checks.non_negative_number(
            "initial_learning_rate", initial_learning_rate
        )
        checks.positive_number("decay_steps", decay_steps)
        self.decay_steps = decay_steps
        self.end_learning_rate = checks.non_negative_number("end_learning_rate", end_learning_rate)
        self.power = checks.non_negative_number("power", power)
        self.cycle = checks.boolean("cycle", cycle)
        self.name = name

    def compute(self, steps: Floats) -> Floats:
        decay_steps = np.float32(self.decay_steps)
        if self.cycle:
            # Step 0 belongs to the first cycle.
            share = steps / (decay_steps * np.maximum(np.ceil(steps / decay_steps), np.float32(1)))
            share = np.minimum(share, np.float32(1))
        else:
            share = np.minimum(steps, decay_steps) / decay_steps
        end = np.float32(self.end_learning_rate)
        left: Floats = np.power(np.float32(1) - share, np.float32(self.power))
        return (np.float32(self.initial_learning_rate) - end) * left + end

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }
