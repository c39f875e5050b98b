"""What is predicted, between its own units and those of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import checks, records
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidData
from trimtab.tables.preprocessing.scaling import size_in, unit_of

__all__ = ["Target", "fit_target", "heavy_tails"]

#: Of the spread: how far the farthest target lies where a word is due.
HEAVY = 15.0


@dataclass(frozen=True)
class Target:
    """Where the targets' 0 lies and how long their 1 is, in the units of the table.

    Formula: ``(y - shift) / scale``, in float64. Class numbers have shift 0 and scale 1.

    Source: scikit-learn's StandardScaler, as TransformedTargetRegressor applies it.

    >>> target = Target(shift=100.0, scale=20.0)
    >>> target.scaled(np.array([100.0, 130.0])).tolist(), target.to_units([0.0, 1.5]).tolist()
    ([[0.0], [1.5]], [100.0, 130.0])
    """

    shift: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "shift", checks.number("shift", self.shift))
        object.__setattr__(self, "scale", checks.positive_number("scale", self.scale))

    @classmethod
    def from_record(cls, document: Any) -> Target:
        return records.from_record(cls, document)

    def record(self) -> dict[str, Any]:
        return records.to_record(self)

    def scaled(self, targets: Doubles) -> Floats:
        """``(n,)`` targets as ``(n, 1)``, as the network is trained on them."""
        with np.errstate(over="ignore"):
            scaled = ((targets - self.shift) / self.scale).astype(np.float32)
        if not np.isfinite(scaled).all():
            worst = float(targets[int(np.argmax(~np.isfinite(scaled)))])
            raise InvalidData(
                f"targets must be numbers that float32 can hold, received {worst:.6g}. "
                "Correct that cell, or divide the column by a power of ten."
            )
        return scaled.reshape(-1, 1)

    def to_units(self, predictions: ArrayLike) -> Doubles:
        """What a network says, in the units of the table; any shape."""
        return np.asarray(predictions, np.float64) * self.scale + self.shift


def fit_target(values: Doubles, weights: Doubles | None = None) -> Target:
    """Mean and standard deviation of the training rows' targets.

    Args:
        values: ``(n,)`` finite.
        weights: of the rows.

    Raises:
        InvalidData: the targets are all the same.
    """
    from sklearn.preprocessing import StandardScaler

    if values.min() == values.max():
        raise InvalidData(
            f"the target must differ between training rows, received {values[0]:.6g} in all "
            f"{len(values):,}. Train on more rows, or divide them another way."
        )
    unit = unit_of(values)
    fit = StandardScaler().fit((values / unit).reshape(-1, 1), sample_weight=weights)
    # Beside a large mean, or where the rows that differ weigh nothing, scikit-learn calls the
    # column constant and leaves its size alone; what differs is still to be predicted.
    deviation = float(np.sqrt(fit.var_[0])) or float(np.std(values / unit))
    return Target(float(fit.mean_[0]) * unit, size_in(unit, deviation))


def heavy_tails(values: NDArray[np.float64]) -> str:
    """A sentence about targets so far out that few rows decide the squared error, or nothing.

    >>> heavy_tails(np.array([1.0, 2.0, 3.0, 4.0, 1000.0]))[:48]
    'The target has heavy tails: the row farthest out'
    >>> heavy_tails(np.arange(5.0))
    ''
    """
    low, middle, high = np.percentile(values, [25, 50, 75])
    distance = np.abs(values - middle)
    if not distance.max() > HEAVY * (high - low) or high == low:
        return ""
    farthest = values[int(np.argmax(distance))]
    return (
        f"The target has heavy tails: the row farthest out has {farthest:.6g}, while half of the "
        f"rows lie between {low:.6g} and {high:.6g}. Few rows decide a squared error: consider "
        "the absolute error as loss, or the logarithm of the column."
    )
