"""A learning rate that rises, falls back, and ends far below its start."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.schedules.base import VectorSchedule
from trimtab.nn.schedules.table import REGISTRY


@REGISTRY.register()
class OneCycle(VectorSchedule):
    """The learning rate rises along a line, falls back as fast, then falls far below its start.

    Formula:
        Straight lines from ``initial`` at step 0 to ``max_learning_rate`` after half of the cycle,
        back to ``initial`` at its end, and on to ``end`` at ``decay_steps``, where it stays. The
        cycle has ``cycle * decay_steps`` batches.

    Source:
        Smith 2018, "A disciplined approach to neural network hyper-parameters: part 1", section 4
        (the cycle is shorter than the training, and the rest goes orders of magnitude lower).

    Args:
        max_learning_rate: the top; the largest rate at which the loss still falls.
        decay_steps: batches of the whole course, not epochs.
        initial_learning_rate: at step 0; None: a tenth of the top.
        end_learning_rate: at the end; None: a hundredth of the initial rate.
        cycle: share of the steps that the cycle takes.

    Raises:
        InvalidArgument: a rate is negative, the top is below the initial rate, decay_steps is not
            above 0, or cycle is not above 0 and at most 1.

    Example:
        >>> from trimtab import schedules
        >>> schedule = schedules.OneCycle(1.0, 100, 0.125, end_learning_rate=0.0, cycle=0.5)
        >>> schedule([0, 25, 50, 75, 100, 999]).tolist()
        [0.125, 1.0, 0.125, 0.0625, 0.0, 0.0]
    """

    def __init__(
        self,
        max_learning_rate: float,
        decay_steps: int,
        initial_learning_rate: float | None = None,
        end_learning_rate: float | None = None,
        cycle: float = 0.9,
        name: str = "OneCycle",
    ) -> None:
        self.max_learning_rate = checks.non_negative_number("max_learning_rate", max_learning_rate)
        checks.positive_number("decay_steps", decay_steps)
        self.decay_steps = decay_steps
        self.initial_learning_rate = (
            self.max_learning_rate / 10
            if initial_learning_rate is None
            else checks.non_negative_number("initial_learning_rate", initial_learning_rate)
        )
        if self.initial_learning_rate > self.max_learning_rate:
            raise InvalidArgument(
                "initial_learning_rate must not be above max_learning_rate, received "
                f"initial_learning_rate={brief(initial_learning_rate)}, "
                f"max_learning_rate={brief(max_learning_rate)}. Leave initial_learning_rate out "
                "for a tenth."
            )
        self.end_learning_rate = (
            self.initial_learning_rate / 100
            if end_learning_rate is None
            else checks.non_negative_number("end_learning_rate", end_learning_rate)
        )
        self.cycle = checks.probability("cycle", cycle)
        if self.cycle == 0:
            raise InvalidArgument(
                f"cycle must be above 0, received {brief(cycle)}. Use schedules.PolynomialDecay("
                "...) for a rate that only falls."
            )
        self.name = name

    def compute(self, steps: Floats) -> Floats:
        cycle = self.cycle * self.decay_steps
        rates = np.interp(
            np.asarray(steps, np.float64),
            [0.0, cycle / 2, cycle, float(self.decay_steps)],
            [
                self.initial_learning_rate,
                self.max_learning_rate,
                self.initial_learning_rate,
                self.initial_learning_rate if self.cycle == 1 else self.end_learning_rate,
            ],
        )
        return np.asarray(rates, np.float32)

    def get_config(self) -> dict[str, Any]:
        return {
            "max_learning_rate": self.max_learning_rate,
            "decay_steps": self.decay_steps,
            "initial_learning_rate": self.initial_learning_rate,
            "end_learning_rate": self.end_learning_rate,
            "cycle": self.cycle,
            "name": self.name,
        }
