"""What all optimizers share: learning rate, weight decay, clipping."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import schedules
from trimtab.nn.registry import snake_case
from trimtab.nn.schedules import LearningRateSchedule, Schedule
from trimtab.program.ops.optimizers import OptimizerOp


class Optimizer:
    """Base of all optimizers.

    Attributes:
        iterations: batches trained so far; the model counts them.
    """

    def __init__(
        self,
        learning_rate: Any,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        **unknown: Any,
    ) -> None:
        owner = type(self).__name__
        if unknown:
            known = [n for n in inspect.signature(type(self)).parameters if n != "kwargs"]
            checks.unknown_arguments(owner, unknown, known)
        checks.unsupported(
            owner,
            use_ema=use_ema,
            ema_momentum=None if ema_momentum == 0.99 else ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
        )
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        clips = {key: value for key, value in clips.items() if value is not None}
        if len(clips) > 1:
            received = ", ".join(f"{key}={value!r}" for key, value in clips.items())
            raise InvalidArgument(
                f"{owner} takes one kind of clipping, received {received}. Keep one of them."
            )
        for key, value in clips.items():
            clips[key] = checks.positive_number(key, value)
        self.name = snake_case(owner) if name is None else str(name)
        self.weight_decay = (
            None
            if weight_decay is None
            else checks.non_negative_number("weight_decay", weight_decay)
        )
        self.clipnorm = clips.get("clipnorm")
        self.clipvalue = clips.get("clipvalue")
        self.global_clipnorm = clips.get("global_clipnorm")
        self.iterations = 0
        self._learning_rate = _learning_rate(learning_rate)

    @property
    def schedule(self) -> LearningRateSchedule | None:
        """The schedule, if the learning rate follows one."""
        rate = self._learning_rate
        return rate if isinstance(rate, LearningRateSchedule) else None

    @property
    def learning_rate(self) -> np.float32:
        """The learning rate of the next batch, rounded to float32."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return np.float32(rate(self.iterations))
        return rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        new = _learning_rate(value)
        if self.schedule is not None and not isinstance(new, LearningRateSchedule):
            raise InvalidArgument(
                f"learning_rate follows a schedule, {self.schedule!r}, and cannot be set to "
                f"{value!r}. Make the optimizer with a number to be able to set it."
            )
        self._learning_rate = new

    def learning_rates(self, first_step: int, steps: int) -> Floats:
        """What an engine is given: one float32 a batch, from batch number ``first_step`` on."""
        if self.schedule is not None:
            return self.schedule.learning_rates(first_step, steps)
        return np.full(steps, self.learning_rate, np.float32)

    def lower(self) -> OptimizerOp:
        """The update rule of a program."""
        raise NotImplementedError(f"{type(self).__name__} does not lower itself")

    def _common(self) -> dict[str, Any]:
        """The part of the update rule that all optimizers share."""
        return {
            "weight_decay": self.weight_decay or 0.0,
            "clipvalue": self.clipvalue,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
        }

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": (
                schedules.serialize(rate) if isinstance(rate, LearningRateSchedule) else float(rate)
            ),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Optimizer:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        rate = self.schedule if self.schedule is not None else float(self.learning_rate)
        return f"<{type(self).__name__} learning_rate={rate!r}>"


def _learning_rate(value: Any) -> np.float32 | LearningRateSchedule:
    """A learning rate from a number, a schedule or a schedule's configuration."""
    if isinstance(value, dict):
        value = schedules.deserialize(value)
    if isinstance(value, LearningRateSchedule):
        return value
    if isinstance(value, Schedule):
        raise InvalidArgument(
            f"learning_rate cannot follow {value!r}, which is for the rate of a dropout. Use "
            "schedules.CosineDecay or schedules.ExponentialDecay."
        )
    if callable(value):
        raise Unsupported(
            f"learning_rate: functions are not there yet, received {value!r}. Write a subclass of "
            "schedules.LearningRateSchedule, or use callbacks.LearningRateScheduler."
        )
    hint = "Use a number, learning_rate=0.001, or a schedule."
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    return np.float32(checks.non_negative_number("learning_rate", value, hint=hint))
