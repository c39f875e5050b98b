"""A target that is learned on a curve: its logarithm, or the curve of Yeo and Johnson."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks, records
from trimtab.core.types import Doubles, Floats
from trimtab.tables.preprocessing.curves import LINE, LOG, YEO_JOHNSON, bent, straight
from trimtab.tables.preprocessing.error_scale import ErrorScale

__all__ = ["MOST_ERRORS", "CurvedTarget"]

#: Errors that are kept for means. More are grouped: the farthest stay as they are.
MOST_ERRORS = 256
_FARTHEST = 32


@dataclass(frozen=True)
class CurvedTarget:
    """The scaling of a target that is learned on a curve, and the way back.

    Args:
        curve: ``log``, ``yeo-johnson``, or ``line`` for a target as it is, which is only shifted,
            scaled and limited.
        shift: What is 0 for the network, on the curve.
        scale: What is 1 for the network, on the curve.
        stretch: What is 1 on the way to the curve, in units of the table.
        origin: What is 0 on the way to the curve, in units of the table.
        power: Of Yeo and Johnson, from 0 to 2; of the logarithm what is added to the target.
        least: Lowest prediction, in units of the table.
        most: Highest prediction, in units of the table.
        errors: Of the network on rows that it was not trained on, target less prediction, in its
            own units. With errors, predictions are means, without them medians.
        weights: Of the errors.

    Formula:
        ``u = (y - origin) / stretch``; ``log``: ``g = log(u + power)``; Yeo and Johnson:
        ``g = ((1 + u)^p - 1) / p`` from 0 on, ``-((1 - u)^(2 - p) - 1) / (2 - p)`` below; then
        ``z = (g - shift) / scale``. Back: ``y = clip(g^-1(z), least, most)``, which is the median
        where ``z`` is; with errors e ``sum_i w_i clip(g^-1(z + e_i), least, most) / sum_i w_i``.

    Example:
        >>> target = CurvedTarget("log", shift=0.0, scale=1.0, least=1.0, most=1000.0)
        >>> target.scaled(np.array([1.0])).tolist(), target.to_units([0.0, 50.0]).tolist()
        ([[0.0]], [1.0, 1000.0])
        >>> errors = np.log([0.5, 1.0, 1.8])
        >>> target.with_errors(errors, np.zeros(3)).to_units([np.log(10.0)]).round(6).tolist()
        [11.0]

    Source:
        Yeo & Johnson 2000, "A New Family of Power Transformations to Improve Normality or
        Symmetry"; Duan 1983, "Smearing Estimate: A Nonparametric Retransformation Method".
    """

    curve: str
    shift: float
    scale: float
    least: float
    most: float
    stretch: float = 1.0
    origin: float = 0.0
    power: float = 0.0
    errors: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        checks.choice("curve", self.curve, (LINE, LOG, YEO_JOHNSON))
        for name in ("shift", "origin", "least", "most"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name)))
        for name in ("scale", "stretch"):
            object.__setattr__(self, name, checks.positive_number(name, getattr(self, name)))
        if not 0 <= self.power <= 2:
            raise ValueError(f"power must be from 0 to 2, received {self.power}.")
        if not self.least < self.most:
            raise ValueError("least must be below most.")
        if len(self.errors) != len(self.weights) or len(self.errors) > MOST_ERRORS:
            raise ValueError(f"there must be at most {MOST_ERRORS} errors, each with a weight.")
        if self.errors:
            known = np.array([self.errors, self.weights])
            if not np.isfinite(known).all() or not (known[1] > 0).all():
                raise ValueError("errors must be finite, and their weights above 0.")

    @classmethod
    def from_record(cls, document: Any) -> CurvedTarget:
        return records.from_record(cls, document)

    def record(self) -> dict[str, Any]:
        return records.to_record(self)

    # -- there ------------------------------------------------------------------------------------

    def bent(self, targets: ArrayLike) -> Doubles:
        """Targets on the curve; those that it does not reach are as far as ``least``."""
        y = np.asarray(targets, np.float64)
        if self.curve == LOG:
            y = np.maximum(y, self.least)
        return bent(self.curve, (y - self.origin) / self.stretch, self.power)

    def scaled(self, targets: Doubles) -> Floats:
        """``(n,)`` targets as ``(n, 1)`` targets of the network."""
        limit = float(np.finfo(np.float32).max)
        with np.errstate(over="ignore"):
            scaled = np.clip((self.bent(targets) - self.shift) / self.scale, -limit, limit)
        return scaled.astype(np.float32).reshape(-1, 1)

    # -- and back ---------------------------------------------------------------------------------

    def to_units(self, predictions: ArrayLike) -> Doubles:
        """Predictions of the network in units of the table; any shape."""
        z = np.asarray(predictions, np.float64)
        if not self.errors:
            return self.median(z)
        total = np.zeros(z.shape)
        whole = sum(self.weights)
        for error, weight in zip(self.errors, self.weights, strict=True):
            total += weight / whole * self.median(z + error)
        return np.where(np.isnan(z), np.nan, np.clip(total, self.least, self.most))

    def median(self, z: Doubles) -> Doubles:
        """What the curve leads back to, without regard to errors."""
        with np.errstate(over="ignore"):
            g = z * self.scale + self.shift
            u = straight(self.curve, g, self.power)
            return np.clip(u * self.stretch + self.origin, self.least, self.most)

    def of_outputs(self, outputs: Doubles) -> Doubles:
        """Outputs of the network, ``(n, 1)``, as predictions ``(n,)`` in units of the table."""
        return self.to_units(outputs[:, 0])

    @property
    def unit(self) -> float:
        """What a loss of 1 is: in units of the table, or a difference of logarithms."""
        return self.scale * (self.stretch if self.curve == LINE else 1.0)

    @property
    def error_scale(self) -> ErrorScale | None:
        """The scale on which a network's errors are alike for all rows; None: that of the table."""
        if self.curve == LINE:
            return None
        lowest = 0.0 if self.least >= 0 else None  # no target of training is negative
        scale = ErrorScale(self.curve, self.stretch, self.origin, self.power, lowest)
        if not self.errors:
            return scale
        mean = float(scale.predictions(self.to_units([0.0]))[0])
        return replace(scale, offset=mean - self.shift)

    def with_errors(
        self, targets: Doubles, predictions: Doubles, weights: Doubles | None = None
    ) -> CurvedTarget:
        """The same, but with means for predictions.

        Args:
            targets: ``(n,)``, of the network, of rows that it was not trained on.
            predictions: The same for its outputs.
            weights: Of the rows.
        """
        errors = np.asarray(targets, np.float64) - np.asarray(predictions, np.float64)
        weight = np.ones(len(errors)) if weights is None else np.asarray(weights, np.float64)
        used = np.isfinite(errors) & (weight > 0)
        if not used.any():
            return self
        errors, weight = _grouped(errors[used], weight[used] / weight[used].max())
        return replace(self, errors=tuple(errors.tolist()), weights=tuple(weight.tolist()))


def _grouped(errors: Doubles, weights: Doubles) -> tuple[Doubles, Doubles]:
    """At most :data:`MOST_ERRORS` errors with the same mean: neighbours become one."""
    order = np.argsort(errors, kind="stable")
    errors, weights = errors[order], weights[order]
    if len(errors) <= MOST_ERRORS:
        return errors, weights
    middle = np.linspace(_FARTHEST, len(errors) - _FARTHEST, MOST_ERRORS - 2 * _FARTHEST + 1)
    ends = len(errors) - np.arange(_FARTHEST - 1, 0, -1)
    starts = np.concatenate([np.arange(_FARTHEST), middle.astype(np.int64), ends])
    sums = np.add.reduceat(weights, starts)
    return np.add.reduceat(errors * weights, starts) / sums, sums
