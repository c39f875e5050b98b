"""Means and variances of columns, merged exactly from blocks of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trimtab.core.types import Doubles, Floats

__all__ = ["ColumnMoments", "distance", "variance_ratio"]


@dataclass(frozen=True)
class ColumnMoments:
    """Of the columns of some rows, in float64.

    Attributes:
        count: of the rows, or the sum of their weights.
        mean: of every column.
        squares: sum over the rows of the squared distance from the mean, column by column.
    """

    count: float
    mean: Doubles
    squares: Doubles

    @classmethod
    def none(cls, width: int) -> ColumnMoments:
        """Those of no rows."""
        return cls(0.0, np.zeros(width), np.zeros(width))

    @classmethod
    def of(cls, x: Floats, weight: Floats | None = None) -> ColumnMoments:
        """Those of these rows. Rows of weight 0 are left out, whatever they hold."""
        if weight is not None:
            x, weight = x[weight > 0], weight[weight > 0]
        if len(x) == 0:
            return cls.none(x.shape[1])
        # Diverged networks hold infinities: their statistics are nan, as IEEE has it.
        with np.errstate(invalid="ignore", over="ignore"):
            shift = x[0].astype(np.float64)
            away = x - shift
            factor = np.ones(len(x)) if weight is None else weight.astype(np.float64)
            count = float(factor.sum())
            mean = factor @ away / count
            away -= mean
            np.square(away, out=away)
            return cls(count, mean + shift, factor @ away)

    def merged(self, other: ColumnMoments) -> ColumnMoments:
        """Of the rows of both."""
        if self.count == 0 or other.count == 0:
            return other if self.count == 0 else self
        count = self.count + other.count
        with np.errstate(invalid="ignore", over="ignore"):
            away = other.mean - self.mean
            return ColumnMoments(
                count,
                self.mean + away * (other.count / count),
                self.squares + other.squares + away**2 * (self.count * other.count / count),
            )

    @property
    def variance(self) -> Doubles:
        """Divided by the count, as batch normalization has it."""
        return self.squares / self.count


def distance(moving_mean: Floats, moments: ColumnMoments, epsilon: float) -> float:
    """Root mean square over the columns of what lies between two means, in standard deviations."""
    with np.errstate(invalid="ignore", over="ignore"):
        squared = (moving_mean - moments.mean) ** 2 / (moments.variance + epsilon)
    return float(np.sqrt(squared.mean()))


def variance_ratio(inference: ColumnMoments, training: ColumnMoments) -> float:
    """All variance in inference mode over all variance in training mode."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return float(inference.variance.sum() / training.variance.sum())
