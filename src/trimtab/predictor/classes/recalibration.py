"""Probabilities corrected so that they agree with how often each class occurs.

A network that is trained with balanced class weights, or that is too sure, names probabilities that
are not shares: of the rows with 30 % fewer or more than 30 % are of the class. A curve from the
probability to the share, fitted on rows that the network was not trained on, corrects that.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles

__all__ = ["FEWEST", "LEAST", "METHODS", "Curve", "Recalibration"]

METHODS = ("isotonic", "sigmoid")

#: Rows of a class, and of others, that a curve needs.
FEWEST = 5

#: A probability counts as so much at least: logarithms stay finite.
LEAST = 1e-7


@dataclass(frozen=True)
class Curve:
    """From a probability to a share; a class without enough rows keeps its probability.

    Attributes:
        x: places of an isotonic curve, rising; empty for a sigmoid one.
        y: shares at these places, never falling.
        slope: of a sigmoid curve, ``1 / (1 + exp(-(slope * logit(p) + offset)))``.
        offset: of a sigmoid curve.
    """

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    slope: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        numbers = (*self.x, *self.y, self.slope, self.offset)
        if not all(map(math.isfinite, numbers)) or len(self.x) != len(self.y):
            raise ValueError("a curve must have a finite share for each place")
        if any(b < a for line in (self.x, self.y) for a, b in itertools.pairwise(line)):
            raise ValueError("a curve must not fall")
        if self.slope < 0 or not all(0 < share < 1 for share in self.y):
            raise ValueError("a curve must rise from above 0 to below 1")

    def __call__(self, p: Doubles) -> Doubles:
        """The shares of probabilities."""
        if self.x:
            return np.asarray(np.interp(p, self.x, self.y), np.float64)
        return _sigmoid(self.slope * _logit(p) + self.offset)


@dataclass(frozen=True)
class Recalibration:
    """A curve for each class; of two classes one.

    Formula, isotonic: the never falling function of the probability with the smallest squared error
    (by weight), linear between its steps; its ends stay ``1 / (n + 2)`` away from 0 and 1. Sigmoid:
    ``1 / (1 + exp(-(a logit(p) + b)))`` with the highest likelihood, ``a >= 0``, and Platt's
    targets ``(n_+ + 1) / (n_+ + 2)`` and ``1 / (n_- + 2)``. Several classes: each against the rest,
    then divided by their sum.

    Source: Zadrozny & Elkan 2002, "Transforming classifier scores into accurate multiclass
    probability estimates"; Platt 1999, "Probabilistic outputs for support vector machines";
    Niculescu-Mizil & Caruana 2005, "Predicting good probabilities with supervised learning".

    Attributes:
        method: ``isotonic`` or ``sigmoid``.
        part: which rows it was fitted on: ``valid`` or ``folds``.
        rows: how many.
        curves: one for the second of two classes, or one for each class.

    Example:
        >>> p = np.repeat([0.2, 0.8], 10)
        >>> y = np.arange(20) % 2
        >>> made = Recalibration.of("isotonic", np.stack([1 - p, p], axis=1), y, part="valid")
        >>> made(np.array([[0.8, 0.2]])).tolist()
        [[0.5, 0.5]]
    """

    method: str
    part: str
    rows: int
    curves: tuple[Curve, ...]

    def __post_init__(self) -> None:
        checks.choice("method", self.method, METHODS)
        checks.choice("part", self.part, ("valid", "folds"))
        if self.rows < 1 or len(self.curves) < 1 or len(self.curves) == 2:
            raise ValueError("a calibration of probabilities has a curve for each class")
        if self.method == "sigmoid" and any(curve.x for curve in self.curves):
            raise ValueError("a sigmoid curve has no places")

    @classmethod
    def of(
        cls, method: str, p: Any, labels: Any, *, part: str, weights: Any = None
    ) -> Recalibration:
        """Fits the curves on rows that the network was not trained on.

        Args:
            method: ``isotonic`` or ``sigmoid``.
            p: probabilities ``(n, classes)``.
            labels: class numbers ``(n,)``.
            part: ``valid`` or ``folds``.
            weights: of the rows; None: all are equal.
        """
        p, y = np.asarray(p, np.float64), np.asarray(labels).astype(np.int64)
        w = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
        w = w / w.mean()
        fit = _isotonic if method == "isotonic" else _platt
        curves = []
        for number in [1] if p.shape[1] == 2 else range(p.shape[1]):
            own = y == number
            enough = min(int((w[own] > 0).sum()), int((w[~own] > 0).sum())) >= FEWEST
            curves.append(fit(p[:, number], own, w) if enough else Curve())
        return cls(method, part, len(y), tuple(curves))

    def __call__(self, p: Doubles) -> Doubles:
        """Probabilities ``(n, classes)``, corrected; each row on its own."""
        if len(self.curves) == 1:
            share = self.curves[0](p[:, 1])
            return np.stack([1.0 - share, share], axis=1)
        shares = np.stack([curve(p[:, number]) for number, curve in enumerate(self.curves)], axis=1)
        shares = np.maximum(shares, LEAST**2)  # a sum above 0
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _isotonic(p: Doubles, own: NDArray[np.bool_], w: Doubles) -> Curve:
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(p) + 2)
    fit = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    fit.fit(p, own.astype(np.float64), sample_weight=w)
    x, y = (np.asarray(each, np.float64) for each in (fit.X_thresholds_, fit.y_thresholds_))
    # Rounding may let it fall by the last bit.
    return Curve(tuple(x.tolist()), tuple(np.maximum.accumulate(y).tolist()))


def _platt(p: Doubles, own: NDArray[np.bool_], w: Doubles) -> Curve:
    """Newton's method; the likelihood is concave."""
    z = _logit(p)
    positive, negative = float(w[own].sum()), float(w[~own].sum())
    target = np.where(own, (positive + 1) / (positive + 2), 1 / (negative + 2))
    inputs = np.stack([z, np.ones(len(z))], axis=1)
    share = float((w * target).sum() / w.sum())
    flat = np.array([0.0, math.log(share / (1 - share))])
    found = np.array([1.0, 0.0])
    loss = _cost(inputs, found, target, w)
    for _ in range(100):
        q = _sigmoid(inputs @ found)
        gradient = inputs.T @ (w * (q - target))
        curvature = (inputs * (w * q * (1 - q))[:, None]).T @ inputs + 1e-9 * np.eye(2)
        step, size = np.linalg.solve(curvature, gradient), 1.0
        while size > 1e-10 and not _cost(inputs, found - size * step, target, w) <= loss:
            size /= 2
        if size <= 1e-10:
            break
        found = found - size * step
        before, loss = loss, _cost(inputs, found, target, w)
        if before - loss <= 1e-12 * abs(before):
            break
    if not found[0] >= 0:  # ranked the wrong way round: the share of the class is all that is known
        found = flat
    return Curve(slope=float(found[0]), offset=float(found[1]))


def _cost(inputs: Doubles, numbers: Doubles, target: Doubles, w: Doubles) -> float:
    z = inputs @ numbers
    return float((w * (np.logaddexp(0, z) - target * z)).sum())


def _logit(p: Doubles) -> Doubles:
    clipped = np.clip(p, LEAST, 1 - LEAST)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


def _sigmoid(z: Doubles) -> Doubles:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-z)))
