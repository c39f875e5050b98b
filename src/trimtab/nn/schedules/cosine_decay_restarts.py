"""Cosine decay of the learning rate that starts again and again."""

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

#: A cycle counts as done where no more than this share of it is left: rounding of the logarithm.
_ROUNDING = 1e-9


@REGISTRY.register()
class CosineDecayRestarts(VectorSchedule):
    """The learning rate falls along half a cosine, jumps up and falls again.

    Formula:
        ``initial * ((1 - alpha) * m_mul**i * (1 + cos(pi s)) / 2 + alpha)``, i being the number of
        restarts so far and s the share of the cycle that is done. Cycle i has ``first_decay_steps *
        t_mul**i`` batches; at its end, cycle i + 1 begins.

    Source:
        Loshchilov & Hutter 2017, "SGDR", equation 5.

    Args:
        initial_learning_rate: at step 0.
        first_decay_steps: batches of the first cycle, not epochs.
        t_mul: each cycle is so many times as long as the one before.
        m_mul: each cycle begins so many times as high as the one before.
        alpha: share of the initial rate below which it does not fall.

    Raises:
        InvalidArgument: first_decay_steps is not above 0, t_mul is below 1, or another number is
            negative.

    Example:
        >>> from trimtab import schedules
        >>> schedule = schedules.CosineDecayRestarts(0.5, first_decay_steps=10)
        >>> schedule([0, 5, 10, 20, 30]).round(3).tolist()
        [0.5, 0.25, 0.5, 0.25, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = checks.non_negative_number(
            "initial_learning_rate", initial_learning_rate
        )
        checks.positive_number("first_decay_steps", first_decay_steps)
        self.first_decay_steps = first_decay_steps
        self.t_mul = checks.non_negative_number("t_mul", t_mul)
        if self.t_mul < 1:
            raise InvalidArgument(
                f"t_mul must be 1 or more, received {brief(t_mul)}: cycles that become shorter "
                "end. Use t_mul=1 for cycles of one length."
            )
        self.m_mul = checks.non_negative_number("m_mul", m_mul)
        self.alpha = checks.non_negative_number("alpha", alpha)
        self.name = name

    def compute(self, steps: Floats) -> Floats:
        # In float64: at a restart, a logarithm just below a whole number is the cycle before.
        done = np.asarray(steps, np.float64) / self.first_decay_steps
        if self.t_mul == 1:
            cycle = np.floor(done)
            share = done - cycle
        else:
            grown = 1 + done * (self.t_mul - 1)
            cycle = np.floor(np.log(grown) / math.log(self.t_mul) + _ROUNDING)
            length = self.t_mul**cycle
            share = (grown / length - 1) / (self.t_mul - 1)
        half = 0.5 * (1 + np.cos(math.pi * np.clip(share, 0, 1)))
        with np.errstate(over="ignore"):  # an m_mul above 1 ends in infinity
            top = np.power(self.m_mul, cycle) * (1 - self.alpha)
            return np.asarray(self.initial_learning_rate * (top * half + self.alpha), np.float32)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }
