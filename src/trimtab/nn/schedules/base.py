"""What a schedule is: a rate as a function of the step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Floats


class Schedule:
    """Base of all schedules.

    Steps count the batches trained so far: the first batch is trained at step 0.
    """

    def __call__(self, step: Any) -> Any:
        """The rate at a step, or at each of an array of steps."""
        raise NotImplementedError(f"{type(self).__name__} does not compute")

    def rates(self, first_step: int, steps: int, epoch_steps: int | None = None) -> Floats:
        """Rates of ``steps`` batches from ``first_step`` on, an epoch having ``epoch_steps``."""
        raise NotImplementedError(f"{type(self).__name__} does not compute")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Schedule:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items() if k != "name")
        return f"{type(self).__name__}({arguments})"


class LearningRateSchedule(Schedule):
    """Base class of learning rate schedules; a custom one defines ``__call__(step)``.

    Numbers are float32, as the optimizer uses them.
    """

    name: str

    def learning_rates(self, first_step: int, steps: int) -> Floats:
        """Learning rates of ``steps`` batches from ``first_step`` on."""
        return np.array([self(step) for step in range(first_step, first_step + steps)], np.float32)

    def rates(self, first_step: int, steps: int, epoch_steps: int | None = None) -> Floats:
        return self.learning_rates(first_step, steps)


class VectorSchedule(LearningRateSchedule):
    """A schedule that computes many steps at once."""

    def compute(self, steps: Floats) -> Floats:
        """Learning rates at these steps (float32, as Keras computes them)."""
        raise NotImplementedError(f"{type(self).__name__} does not compute")

    def __call__(self, step: ArrayLike) -> Any:
        rates = self.compute(np.atleast_1d(np.asarray(step, np.float32)))
        return rates if np.ndim(step) else rates[0]

    def learning_rates(self, first_step: int, steps: int) -> Floats:
        return self.compute(np.arange(first_step, first_step + steps).astype(np.float32))
