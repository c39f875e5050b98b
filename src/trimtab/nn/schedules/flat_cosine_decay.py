"""A learning rate that stays, then falls along half a cosine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.schedules.base import VectorSchedule
from trimtab.nn.schedules.table import REGISTRY


@REGISTRY.register()
class FlatCosineDecay(VectorSchedule):
    """The learning rate stays for a share of the steps, then falls along half a cosine to 0.

    Formula:
        ``initial`` up to ``flat * decay_steps``; then ``initial * (1 + cos(pi s)) / 2``, s being
        the share of the other steps that is done, at most 1.

    Source:
        Holzmüller, Grinsztajn & Steinwart 2024, "Better by Default" (``flat_cos``).

    Args:
        initial_learning_rate: at step 0.
        decay_steps: batches, not epochs, with the flat part.
        flat: share of the steps before it falls.

    Raises:
        InvalidArgument: the rate is negative, decay_steps is not above 0, or flat is not at least
            0 and below 1.

    Example:
        >>> from trimtab import schedules
        >>> schedules.FlatCosineDecay(0.5, decay_steps=20)([0, 10, 15, 20, 99]).round(3).tolist()
        [0.5, 0.5, 0.25, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        flat: float = 0.5,
        name: str = "FlatCosineDecay",
    ) -> None:
        self.initial_learning_rate = checks.non_negative_number(
            "initial_learning_rate", initial_learning_rate
        )
        checks.positive_number("decay_steps", decay_steps)
        self.decay_steps = decay_steps
        self.flat = checks.decay_factor("flat", flat)
        self.name = name

    def compute(self, steps: Floats) -> Floats:
        done = np.minimum(steps / np.float32(self.decay_steps), np.float32(1))
        falling = np.maximum(done - np.float32(self.flat), 0) / np.float32(1 - self.flat)
        half = np.float32(0.5) * (np.float32(1) + np.cos(np.float32(math.pi) * falling))
        rates: Floats = np.float32(self.initial_learning_rate) * half
        return rates

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "flat": self.flat,
            "name": self.name,
        }
