"""Base of the callbacks that watch one number of the logs."""

from __future__ import annotations

import math
import warnings
from typing import Any

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.training.callback import Callback, Logs

_MODES = ("auto", "min", "max")


class MonitorCallback(Callback):
    """Knows which direction of a monitored number is better.

    Args:
        monitor: a key of the logs: ``loss``, a metric's name, or either with ``val_``.
        mode: ``min``, ``max``, or ``auto``: lower is better for losses and errors, higher for
            accuracies; ``auto`` is refused for a metric whose direction is not known.
        min_delta: smallest change that counts as an improvement.
        baseline: value that the first epoch has to beat, or None.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0.0,
    ) -> None:
        super().__init__()
        if mode not in _MODES:
            raise InvalidArgument(
                f"{type(self).__name__}: mode must be one of {', '.join(_MODES)}, "
                f"received {brief(mode)}."
            )
        self.monitor = str(monitor)
        self.mode = mode
        self.min_delta = abs(float(min_delta))
        self.best: float | None = baseline
        self._sign = 0  # 1: less is better, -1: more is better, 0: not known yet

    def direction(self) -> int:
        """1 if lower is better, -1 if higher is.

        Raises:
            InvalidArgument: mode is auto and the metric's direction is not known.
        """
        if self._sign == 0:
            self._sign = {"min": 1, "max": -1}.get(self.mode) or self._direction_of_metric()
        return self._sign

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether ``value`` beats ``reference`` by more than ``min_delta``; nan beats nothing."""
        if math.isnan(value):
            return False
        if reference is None or math.isnan(reference):
            return True
        if self.direction() > 0:
            return value + self.min_delta < reference
        return value - self.min_delta > reference

    def value_in(self, logs: Logs | None) -> float | None:
        """The monitored number, or None with a warning that names what there is."""
        logs = logs or {}
        value: Any = logs.get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__} monitors {self.monitor!r}, which is not in the logs. "
                f"They have: {', '.join(logs)}.",
                stacklevel=2,
            )
            return None
        return float(value)

    def _direction_of_metric(self) -> int:
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            return 1
        for known, metric in getattr(self.model, "named_metrics", {}).items():
            if known == name:
                better = getattr(metric, "direction", None)
                if better in ("down", "up"):
                    return 1 if better == "down" else -1
        raise InvalidArgument(
            f"{type(self).__name__} cannot tell whether {self.monitor!r} should go up or down. "
            "Use mode='max' if more is better, mode='min' if less is."
        )
