"""Cosine decay of the learning rate, with a linear warm-up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.schedules.base import VectorSchedule
from trimtab.nn.schedules.table import REGISTRY


@REGISTRY.register()
class CosineDecay(VectorSchedule):
    """The learning rate rises along a line, then falls along half a cosine, then stays.

    Formula:
        With a ``warmup_target``, ``initial + (target - initial) * step / warmup_steps`` for
        ``warmup_steps`` batches. Then, s being the batches since, at most ``decay_steps``: ``top *
        ((1 - alpha) * (1 + cos(pi s / decay_steps)) / 2 + alpha)``, top being the target, or the
        initial rate without a warm-up.

    Source:
        Loshchilov & Hutter 2017, "SGDR"; warm-up: Goyal et al. 2017.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: batches, not epochs, without the warm-up.
        alpha: share of the top that is left at the end.
        warmup_target: rate after the warm-up; None: no warm-up.
        warmup_steps: batches of the warm-up.

    Raises:
        InvalidArgument: decay_steps is not above 0, another number is negative, or there are
            warm-up steps but no target.

    Example:
        >>> from trimtab import schedules
        >>> schedules.CosineDecay(0.5, decay_steps=10)([0, 5, 10, 99]).round(3).tolist()
        [0.5, 0.25, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = checks.non_negative_number(
            "initial_learning_rate", initial_learning_rate
        )
        checks.positive_number("decay_steps", decay_steps)
        self.decay_steps = decay_steps
        self.alpha = checks.non_negative_number("alpha", alpha)
        self.name = name
        self.warmup_target = (
            None
            if warmup_target is None
            else checks.non_negative_number("warmup_target", warmup_target)
        )
        checks.non_negative_number("warmup_steps", warmup_steps)
        self.warmup_steps = warmup_steps
        if warmup_steps and warmup_target is None:
            raise InvalidArgument(
                f"warmup_steps must be 0 without a warmup_target, received {brief(warmup_steps)}. "
                "Set warmup_target to the rate that the warm-up ends in."
            )

    def compute(self, steps: Floats) -> Floats:
        initial = np.float32(self.initial_learning_rate)
        if self.warmup_target is None:
            return self._decay(steps, initial)
        target, warmup_steps = np.float32(self.warmup_target), np.float32(self.warmup_steps)
        rates = self._decay(steps - warmup_steps, target)
        warming = steps < warmup_steps
        share = steps[warming] / warmup_steps if warming.any() else steps[warming]
        rates[warming] = (target - initial) * share + initial
        return rates

    def _decay(self, steps: Floats, top: np.float32) -> Floats:
        decay_steps = np.float32(self.decay_steps)
        done = np.minimum(steps, decay_steps) / decay_steps
        half = np.float32(0.5) * (np.float32(1) + np.cos(np.float32(math.pi) * done))
        return top * (np.float32(1 - self.alpha) * half + np.float32(self.alpha))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }
