"""The scale on which errors of a target are measured that is learned on a curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.tables.preprocessing.curves import LOG, YEO_JOHNSON, bent, straight

__all__ = ["END", "ErrorScale"]

#: The farthest number.
END = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class ErrorScale:
    """The curve on which a target is learned, from end to end of what the target can be.

    Predictions have limits, targets do not: this has no limits but the target's own, unlike
    :class:`~trimtab.tables.preprocessing.curved_target.CurvedTarget`.

    Args:
        curve: ``log`` or ``yeo-johnson``.
        stretch: What is 1 on the way to the curve, in units of the table.
        origin: What is 0 on the way to the curve, in units of the table.
        power: Of Yeo and Johnson, from 0 to 2; of the logarithm what is added to the target.
        lowest: The lowest target there can be, in units of the table; None: there is none.
        offset: How far predictions lie above medians, on the curve, where they are means.

    Formula:
        ``u = (y - origin) / stretch``; ``log``: ``g = log(u + power)``; else the curve of Yeo and
        Johnson.

    Example:
        >>> scale = ErrorScale("log", lowest=0.0)
        >>> errors = scale.targets([2.0]) - scale.predictions([1.0])
        >>> scale.back(scale.predictions([10.0, 100.0]) + errors).round(9).tolist()
        [20.0, 200.0]
        >>> scale.targets([-1.0]).tolist(), scale.back(np.array([-1e9, 1e9])).tolist()
        ([-inf], [0.0, 1.7976931348623157e+308])
    """

    curve: str
    stretch: float = 1.0
    origin: float = 0.0
    power: float = 0.0
    lowest: float | None = None
    offset: float = 0.0

    def __post_init__(self) -> None:
        checks.choice("curve", self.curve, (LOG, YEO_JOHNSON))
        checks.positive_number("stretch", self.stretch)
        for name in ("origin", "offset", *(() if self.lowest is None else ("lowest",))):
            checks.number(name, getattr(self, name))
        if not 0 <= self.power <= 2:
            raise ValueError(f"power must be from 0 to 2, received {self.power}.")

    @property
    def large(self) -> float:
        """A number from which on a distance on a log scale is a factor."""
        return 1e6 * self.stretch

    def targets(self, targets: ArrayLike) -> Doubles:
        """Targets on the curve; minus infinity where there can be none."""
        y = np.asarray(targets, np.float64)
        lowest = -np.inf if self.lowest is None else self.lowest
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            g = bent(self.curve, (y - self.origin) / self.stretch, self.power)
        return np.where((y < lowest) | (np.isnan(g) & ~np.isnan(y)), -np.inf, g)

    def predictions(self, predictions: ArrayLike) -> Doubles:
        """The medians of predictions, on the curve; never infinite."""
        return np.clip(self.targets(predictions) - self.offset, -END, END)

    def back(self, g: Doubles) -> Doubles:
        """From the curve to units of the table, within what a target can be."""
        lowest = -END if self.lowest is None else self.lowest
        with np.errstate(over="ignore", invalid="ignore"):
            u = straight(self.curve, g, self.power)
            return np.clip(u * self.stretch + self.origin, lowest, END)
