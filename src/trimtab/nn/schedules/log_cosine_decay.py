"""A learning rate in cycles, each twice as long as the one before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.schedules.base import VectorSchedule
from trimtab.nn.schedules.table import REGISTRY


@REGISTRY.register()
class LogCosineDecay(VectorSchedule):
    """The learning rate rises and falls in cycles, each twice as long as the one before.

    Formula:
        ``initial * (1 - cos(2 pi log2(1 + (2**cycles - 1) s))) / 2``, s being the share of the
        steps that is done, at most 1. It begins and ends with 0.

    Source:
        Holzmüller, Grinsztajn & Steinwart 2024, "Better by Default" (``coslog``, of 4 cycles).

    Args:
        initial_learning_rate: the top of each cycle.
        decay_steps: batches, not epochs.
        cycles: how many.

    Raises:
        InvalidArgument: the rate is negative, decay_steps is not above 0, or cycles is no integer
            from 1 to 20.

    Example:
        >>> from trimtab import schedules
        >>> schedule = schedules.LogCosineDecay(0.5, decay_steps=15, cycles=4)
        >>> schedule([0, 1, 3, 7, 15, 99]).round(3).tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        >>> round(float(schedule(15 * (2**3.5 - 1) / 15)), 3)
        0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        cycles: int = 4,
        name: str = "LogCosineDecay",
    ) -> None:
        self.initial_learning_rate = checks.non_negative_number(
            "initial_learning_rate", initial_learning_rate
        )
        checks.positive_number("decay_steps", decay_steps)
        self.decay_steps = decay_steps
        self.cycles = checks.integer("cycles", cycles, minimum=1, maximum=20)
        self.name = name

    def compute(self, steps: Floats) -> Floats:
        done = np.minimum(np.asarray(steps, np.float64) / self.decay_steps, 1.0)
        turns = np.log2(1.0 + (2.0**self.cycles - 1.0) * done)
        rates: Floats = np.asarray(
            self.initial_learning_rate * 0.5 * (1.0 - np.cos(2.0 * math.pi * turns)), np.float32
        )
        return rates

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "cycles": self.cycles,
            "name": self.name,
        }
