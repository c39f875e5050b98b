"""What all optimizers share: learning rate, weight decay, clipping, accumulation, averages."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import checks
from trimtab.core.catalogue import missing_member
from trimtab.core.former_names import OPTIMIZER
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import schedules
from trimtab.nn.names import automatic_name
from trimtab.nn.optimizers.rate import LearningRate
from trimtab.nn.schedules import LearningRateSchedule, Schedule
from trimtab.program.ops.optimizers import OptimizerOp


class Optimizer:
    """Base of all optimizers.

    Attributes:
        iterations: batches trained so far; the model counts them.
    """

    _undecayed: tuple[Any, ...] = ()  # weights without weight decay, or their paths
    _undecayed_names: tuple[str, ...] = ()  # patterns of their names

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
        if not (loss_scale_factor is None or loss_scale_factor == 1):
            raise Unsupported(
                f"{owner}: loss_scale_factor is not supported, received "
                f"loss_scale_factor={brief(loss_scale_factor)}. Leave it out: gradients are "
                "float32 and need no scaling."
            )
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        clips = {key: value for key, value in clips.items() if value is not None}
        if len(clips) > 1:
            received = ", ".join(f"{key}={brief(value)}" for key, value in clips.items())
            raise InvalidArgument(
                f"{owner} takes one kind of clipping, received {received}. Keep one of them."
            )
        for key, value in clips.items():
            clips[key] = checks.positive_number(key, value)
        self.name = automatic_name(owner) if name is None else str(name)
        self.weight_decay = (
            None
            if weight_decay is None
            else checks.non_negative_number("weight_decay", weight_decay)
        )
        self.clipnorm = clips.get("clipnorm")
        self.clipvalue = clips.get("clipvalue")
        self.global_clipnorm = clips.get("global_clipnorm")
        self.use_ema = checks.boolean("use_ema", use_ema)
        self.ema_momentum = checks.probability("ema_momentum", ema_momentum)
        self.ema_overwrite_frequency = (
            None
            if ema_overwrite_frequency is None
            else checks.positive_integer("ema_overwrite_frequency", ema_overwrite_frequency)
        )
        self.loss_scale_factor = None if loss_scale_factor is None else 1.0
        self.gradient_accumulation_steps = _accumulation(gradient_accumulation_steps)
        self.iterations = 0
        self._learning_rate = _learning_rate(learning_rate)

    if not TYPE_CHECKING:  # else every attribute would pass the type checker

        def __getattr__(self, name: str) -> Any:
            """Says what to use for what optimizers of Keras have and this one has not."""
            return missing_member(self, name, OPTIMIZER)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "lr":  # set in silence, it would change nothing
            missing_member(self, name, OPTIMIZER)
        super().__setattr__(name, value)

    @property
    def schedule(self) -> LearningRateSchedule | None:
        """The schedule, if the learning rate follows one."""
        rate = self._learning_rate
        return rate if isinstance(rate, LearningRateSchedule) else None

    @property
    def learning_rate(self) -> LearningRate:
        """The learning rate of the next batch, rounded to float32."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            rate = np.float32(rate(self.iterations))
        return LearningRate.of(rate, partial(setattr, self, "learning_rate"))

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

    def exclude_from_weight_decay(
        self, var_list: Iterable[Any] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leaves weights out of weight decay. A second call replaces the first.

        Call it before training starts. Files and configurations of the optimizer keep it.

        Args:
            var_list: weights, such as ``[layer.bias]``.
            var_names: texts or regular expressions; a weight in whose name (``kernel``, ``bias``,
                ``gamma``, ...) one of them is found is left out.

        Raises:
            InvalidArgument: training has started, or an argument does not fit.

        Example:
            >>> from trimtab import optimizers
            >>> optimizer = optimizers.AdamW(weight_decay=0.01)
            >>> optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        """
        owner = type(self).__name__
        if self.iterations > 0:
            raise InvalidArgument(
                f"exclude_from_weight_decay comes too late: this {owner} has already trained. "
                "Call it before fit, on a new optimizer."
            )
        weights, names = tuple(var_list or ()), var_names or ()
        for weight in weights:
            if not isinstance(weight if isinstance(weight, str) else _path_of(weight), str):
                raise InvalidArgument(
                    f"var_list must hold weights of layers, received {brief(weight)}. "
                    "Use var_list=[layer.bias], or var_names=['bias']."
                )
        if isinstance(names, str) or not all(_is_pattern(name) for name in names):
            raise InvalidArgument(
                "var_names must be a list of texts or regular expressions, received "
                f"{brief(var_names)}. Use var_names=['bias']."
            )
        self._undecayed, self._undecayed_names = weights, tuple(names)

    def _undecayed_paths(self) -> tuple[str, ...]:
        return tuple(w if isinstance(w, str) else _path_of(w) for w in self._undecayed)

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
            "accumulation": self.gradient_accumulation_steps or 1,
            "ema_momentum": self.ema_momentum if self.use_ema else None,
            "ema_overwrite": self.ema_overwrite_frequency if self.use_ema else None,
            "undecayed": self._undecayed_paths(),
            "undecayed_names": self._undecayed_names,
        }

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        rate = self._learning_rate
        config = {
            "name": self.name,
            "learning_rate": (
                schedules.serialize(rate) if isinstance(rate, LearningRateSchedule) else float(rate)
            ),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }
        if self._undecayed or self._undecayed_names:
            config["exclude_from_weight_decay"] = {
                "var_list": list(self._undecayed_paths()),
                "var_names": list(self._undecayed_names),
            }
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Optimizer:
        """The inverse of :meth:`get_config`."""
        arguments = dict(config)
        excluded = arguments.pop("exclude_from_weight_decay", None)
        optimizer = cls(**arguments)
        if excluded is not None:
            optimizer.exclude_from_weight_decay(**excluded)
        return optimizer

    def __getstate__(self) -> dict[str, Any]:
        # By path: an optimizer does not drag layers along.
        paths = {"_undecayed": self._undecayed_paths()} if self._undecayed else {}
        return {**vars(self), **paths}

    def __repr__(self) -> str:
        rate = self.schedule if self.schedule is not None else float(self.learning_rate)
        return f"<{type(self).__name__} learning_rate={rate!r}>"


def _path_of(weight: Any) -> Any:
    """The path of a weight; None for anything else."""
    return getattr(weight, "path", None)


def _is_pattern(name: Any) -> bool:
    try:
        re.compile(name)
    except (re.error, TypeError):
        return False
    return isinstance(name, str)


def _accumulation(value: Any) -> int | None:
    """Batches an update, or None for one."""
    rule = "gradient_accumulation_steps must be an integer of 2 or more"
    if value is None:
        return None
    if checks.is_number(value) and value < 2:
        raise InvalidArgument(
            f"{rule}, received {brief(value)}. Leave it out to update after every batch."
        )
    return checks.positive_integer("gradient_accumulation_steps", value)


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
            f"learning_rate: functions are not supported, received {brief(value)}. Write a "
            "subclass of "
            "schedules.LearningRateSchedule, or use callbacks.LearningRateScheduler."
        )
    hint = "Use a number, learning_rate=0.001, or a schedule."
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    return np.float32(checks.non_negative_number("learning_rate", value, hint=hint))
