"""Losses and metrics in the target's own units, where the network learns a scaled target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.nn import losses, metrics

if TYPE_CHECKING:
    from trimtab.model.sequential import Sequential

__all__ = ["Units"]


@dataclass(frozen=True)
class Units:
    """Converts losses and metrics of a scaled target into the target's own units.

    Absolute errors grow with the scale, squared ones with its square; what classes are measured by
    has no unit. ``train`` offers no other losses and metrics.

    Attributes:
        scale: units of the target that 1 of the scaled target is.
    """

    scale: float = 1.0

    def of(self, model: Sequential) -> dict[str, float]:
        """Key of the logs, without ``val_`` -> factor."""
        found = {"loss": self._factor(model.loss_function)}
        return found | {name: self._factor(each) for name, each in model.named_metrics.items()}

    def _factor(self, measure: Any) -> float:
        if isinstance(measure, metrics.MeanSquaredError | losses.MeanSquaredError):
            root = isinstance(measure, metrics.RootMeanSquaredError)
            return self.scale if root else self.scale**2
        absolute = isinstance(measure, metrics.MeanAbsoluteError | losses.MeanAbsoluteError)
        return self.scale if absolute else 1.0
