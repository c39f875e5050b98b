"""Dropout rates that change while a network trains."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.schedules.base import Schedule
from trimtab.nn.schedules.table import REGISTRY


class DropoutSchedule(Schedule):
    """Base class of dropout rate schedules; a custom one defines :meth:`rate_at`.

    Its length is given in epochs or in steps (batches); epochs are those of the current ``fit``.
    Both are counted from the first step of the optimizer, so a run that is resumed, even in another
    process, resumes its rates.

    Formula:
        The rate of a batch is a function of the share of that time which has passed,
        ``done = step / steps`` or ``step / (epochs * batches of an epoch)``.

    Args:
        epochs: length in epochs; need not be a whole number.
        steps: length in batches.
    """

    def __init__(self, *, epochs: float | None = None, steps: float | None = None) -> None:
        owner = type(self).__name__
        if (epochs is None) == (steps is None):
            received = (
                "neither" if epochs is None else f"epochs={brief(epochs)} and steps={brief(steps)}"
            )
            raise InvalidArgument(
                f"{owner} takes epochs or steps, one of the two, received {received}. "
                f"Use {owner}(..., epochs=50)."
            )
        for name, value in (("epochs", epochs), ("steps", steps)):
            if value is not None:
                checks.positive_number(name, value)
        self.epochs = epochs
        self.steps = steps

    def rate_at(self, done: NDArray[np.float64]) -> ArrayLike:
        """The rate where these shares of the time have passed; from 0, at the end 1, then more."""
        raise NotImplementedError(f"{type(self).__name__} does not compute")

    def __call__(self, step: ArrayLike, epoch_steps: int | None = None) -> Any:
        """The rate at a step, or at each of an array of steps.

        Args:
            step: batches trained before.
            epoch_steps: batches of an epoch, where it counts in epochs and step is not 0.
        """
        length = self.steps
        if length is None:
            assert self.epochs is not None
            if epoch_steps is None and np.any(step):  # the beginning is the same for all
                raise InvalidArgument(
                    f"{self!r} counts in epochs, and it is not known how many batches an epoch "
                    "has: fit says so. Use steps=... instead of epochs=... without it."
                )
            length = self.epochs * (epoch_steps or 1)
        done = np.atleast_1d(np.asarray(step, np.float64)) / length
        rates = np.broadcast_to(np.asarray(self.rate_at(done), np.float32), done.shape)
        return rates.copy() if np.ndim(step) else rates[0]

    def rates(self, first_step: int, steps: int, epoch_steps: int | None = None) -> Floats:
        made: Floats = self(np.arange(first_step, first_step + steps), epoch_steps)
        return made

    def get_config(self) -> dict[str, Any]:
        return {"epochs": self.epochs, "steps": self.steps}


class _FromTo(DropoutSchedule):
    """A rate that goes from ``start`` to ``end``; subclasses say along which curve."""

    def __init__(
        self, start: float, end: float, *, epochs: float | None = None, steps: float | None = None
    ) -> None:
        super().__init__(epochs=epochs, steps=steps)
        self.start = checks.probability("start", start)
        self.end = checks.probability("end", end)

    def get_config(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, **super().get_config()}


@REGISTRY.register()
class LinearDropout(_FromTo):
    """The rate goes along a line from ``start`` to ``end``, then stays.

    Formula:
        ``start + (end - start) * min(done, 1)``.

    Source:
        rising, Morerio et al. 2017, "Curriculum dropout" (with another curve); falling to 0, the
        early dropout of Liu et al. 2023, "Dropout reduces underfitting", in their linear form.

    Args:
        start: rate of the first batch.
        end: rate at the end.
        epochs: from one to the other.
        steps: the same in batches.

    Raises:
        InvalidArgument: a rate is not between 0 and 1, or not exactly one of epochs and steps is
            given.

    Example:
        >>> from trimtab import schedules
        >>> schedules.LinearDropout(0.5, 0.0, steps=10)([0, 5, 10, 99]).tolist()
        [0.5, 0.25, 0.0, 0.0]
    """

    def rate_at(self, done: NDArray[np.float64]) -> ArrayLike:
        return self.start + (self.end - self.start) * np.minimum(done, 1)


@REGISTRY.register()
class CosineDropout(_FromTo):
    """The rate goes along half a cosine from ``start`` to ``end``, then stays.

    Formula:
        ``end + (start - end) * (1 + cos(pi * min(done, 1))) / 2``.

    Source:
        the curve of Loshchilov & Hutter 2017, "SGDR", for learning rates.

    Args:
        start: rate of the first batch.
        end: rate at the end.
        epochs: from one to the other.
        steps: the same in batches.

    Raises:
        InvalidArgument: a rate is not between 0 and 1, or not exactly one of epochs and steps is
            given.

    Example:
        >>> from trimtab import schedules
        >>> schedules.CosineDropout(0.0, 0.5, steps=10)([0, 5, 10, 99]).tolist()
        [0.0, 0.25, 0.5, 0.5]
    """

    def rate_at(self, done: NDArray[np.float64]) -> ArrayLike:
        return _half_cosine(self.start, self.end, done)


@REGISTRY.register()
class FlatCosineDropout(DropoutSchedule):
    """The rate stays at ``start`` for a share of the time, then follows half a cosine to ``end``.

    Formula:
        ``start`` where ``done <= flat``; then that of ``CosineDropout`` with
        ``(done - flat) / (1 - flat)`` for ``done``.

    Args:
        start: rate of the first part.
        end: rate at the end.
        flat: share of the time before the rate begins to change.
        epochs: of both parts together.
        steps: the same in batches.

    Raises:
        InvalidArgument: a rate is not between 0 and 1, flat is not at least 0 and below 1, or not
            exactly one of epochs and steps is given.

    Example:
        >>> from trimtab import schedules
        >>> schedules.FlatCosineDropout(0.5, 0.0, flat=0.5, steps=20)([0, 10, 15, 20]).tolist()
        [0.5, 0.5, 0.25, 0.0]
    """

    def __init__(
        self,
        start: float,
        end: float = 0.0,
        flat: float = 0.75,
        *,
        epochs: float | None = None,
        steps: float | None = None,
    ) -> None:
        super().__init__(epochs=epochs, steps=steps)
        self.start = checks.probability("start", start)
        self.end = checks.probability("end", end)
        self.flat = checks.decay_factor("flat", flat)

    def rate_at(self, done: NDArray[np.float64]) -> ArrayLike:
        return _half_cosine(self.start, self.end, np.maximum(done - self.flat, 0) / (1 - self.flat))

    def get_config(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "flat": self.flat, **super().get_config()}


@REGISTRY.register()
class EarlyDropout(DropoutSchedule):
    """Drops at ``rate`` for some epochs, then no more: against underfitting.

    Formula:
        ``rate`` where ``done < 1``, else 0.

    Source:
        Liu et al. 2023, "Dropout reduces underfitting": early dropout, in its constant form; for
        the linear one use ``LinearDropout(rate, 0.0, ...)``.

    Args:
        rate: while it drops.
        epochs: until it stops.
        steps: the same in batches.

    Raises:
        InvalidArgument: rate is not between 0 and 1, or not exactly one of epochs and steps is
            given.

    Example:
        >>> from trimtab import schedules
        >>> schedules.EarlyDropout(0.5, steps=10)([0, 9, 10, 99]).tolist()
        [0.5, 0.5, 0.0, 0.0]
    """

    def __init__(
        self, rate: float, *, epochs: float | None = None, steps: float | None = None
    ) -> None:
        super().__init__(epochs=epochs, steps=steps)
        self.rate = checks.probability("rate", rate)

    def rate_at(self, done: NDArray[np.float64]) -> ArrayLike:
        return np.where(done < 1, self.rate, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, **super().get_config()}


@REGISTRY.register()
class LateDropout(DropoutSchedule):
    """Does not drop for some epochs, then at ``rate``: against overfitting.

    Formula:
        0 where ``done < 1``, else ``rate``.

    Source:
        Liu et al. 2023, "Dropout reduces underfitting": late dropout.

    Args:
        rate: from then on.
        epochs: until it starts.
        steps: the same in batches.

    Raises:
        InvalidArgument: rate is not between 0 and 1, or not exactly one of epochs and steps is
            given.

    Example:
        >>> from trimtab import schedules
        >>> schedules.LateDropout(0.5, steps=10)([0, 9, 10, 99]).tolist()
        [0.0, 0.0, 0.5, 0.5]
    """

    def __init__(
        self, rate: float, *, epochs: float | None = None, steps: float | None = None
    ) -> None:
        super().__init__(epochs=epochs, steps=steps)
        self.rate = checks.probability("rate", rate)

    def rate_at(self, done: NDArray[np.float64]) -> ArrayLike:
        return np.where(done < 1, 0.0, self.rate)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, **super().get_config()}


def _half_cosine(start: float, end: float, done: NDArray[np.float64]) -> NDArray[np.float64]:
    """From start at 0 to end at 1."""
    along: NDArray[np.float64] = (1 - np.cos(math.pi * np.minimum(done, 1))) / 2
    return start + (end - start) * along
