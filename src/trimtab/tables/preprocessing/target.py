"""The target, in its own units and in those of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import checks, records
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import figure
from trimtab.errors import InvalidData
from trimtab.tables.preprocessing.auto_scaling import size_in, unit_of

__all__ = ["TAILS", "Target", "fit_target", "heavy_tails"]

#: Times the interquartile range: how far the farthest target must be for a note.
HEAVY = 15.0

#: How the note begins.
TAILS = "has heavy tails"


@dataclass(frozen=True)
class Target:
    """The scaling of the target.

    Class numbers have shift 0 and scale 1.

    Args:
        shift: What is 0 for the network, in units of the table.
        scale: What is 1 for the network, in units of the table.

    Formula:
        ``(y - shift) / scale``, in float64.

    Example:
        >>> target = Target(shift=100.0, scale=20.0)
        >>> target.scaled(np.array([100.0, 130.0])).tolist(), target.to_units([0.0, 1.5]).tolist()
        ([[0.0], [1.5]], [100.0, 130.0])

    Source:
        scikit-learn's StandardScaler, as in TransformedTargetRegressor.
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

    @property
    def unit(self) -> float:
        """What a loss of 1 is in units of the table."""
        return self.scale

    def of_outputs(self, outputs: Doubles) -> Doubles:
        """Outputs of the network, ``(n, 1)``, as predictions ``(n,)`` in units of the table."""
        return self.to_units(outputs[:, 0])

    def scaled(self, targets: Doubles) -> Floats:
        """``(n,)`` targets as ``(n, 1)`` targets of the network."""
        with np.errstate(over="ignore"):
            scaled = ((targets - self.shift) / self.scale).astype(np.float32)
        if not np.isfinite(scaled).all():
            worst = float(targets[int(np.argmax(~np.isfinite(scaled)))])
            raise InvalidData(
                f"targets must fit into float32, received {worst:.6g}. Correct that cell, or "
                "divide the column by a power of ten."
            )
        return scaled.reshape(-1, 1)

    def to_units(self, predictions: ArrayLike) -> Doubles:
        """Predictions of the network in units of the table; any shape."""
        return np.asarray(predictions, np.float64) * self.scale + self.shift


def fit_target(values: Doubles, weights: Doubles | None = None, name: str = "") -> Target:
    """The mean and standard deviation of the training rows' targets.

    Args:
        values: ``(n,)``, finite.
        weights: Weights of the rows.
        name: Of the target, for the message.

    Raises:
        InvalidData: The targets are all the same.
    """
    from sklearn.preprocessing import StandardScaler

    if values.min() == values.max():
        raise InvalidData(
            f"all {len(values):,} training rows have the target {name}{' = ' * bool(name)}"
            f"{figure(values[0])}. Train on more rows, or use another split."
        )
    unit = unit_of(values)
    fit = StandardScaler().fit((values / unit).reshape(-1, 1), sample_weight=weights)
    # With a large mean, or if the rows that differ have no weight, scikit-learn calls the column
    # constant and does not scale it. It is still to be predicted.
    deviation = float(np.sqrt(fit.var_[0])) or float(np.std(values / unit))
    return Target(float(fit.mean_[0]) * unit, size_in(unit, deviation))


def heavy_tails(values: NDArray[np.float64], name: str = "") -> str:
    """A note on targets so far out that few rows would dominate a squared error, or ``""``.

    Args:
        values: ``(n,)``, finite.
        name: Of the target, where there are several.

    Example:
        >>> heavy_tails(np.array([1.0, 2.0, 3.0, 4.0, 1000.0]))[:34]
        'The target has heavy tails: it rea'
        >>> heavy_tails(np.arange(5.0))
        ''
    """
    low, middle, high = np.percentile(values, [25, 50, 75])
    distance = np.abs(values - middle)
    if not distance.max() > HEAVY * (high - low) or high == low:
        return ""
    farthest = values[int(np.argmax(distance))]
    return (
        f"The target {name}{' ' * bool(name)}{TAILS}: it reaches {figure(farthest)}, while half of "
        f"the rows are between {figure(low)} and {figure(high)}."
    )
