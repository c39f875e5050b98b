"""On which scale a target is learned: as it is, its logarithm, or the curve of Yeo and Johnson."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import figure
from trimtab.errors import InvalidData
from trimtab.tables.preparation_options import AUTO, STANDARD
from trimtab.tables.preprocessing.curved_target import CurvedTarget
from trimtab.tables.preprocessing.curves import LINE, LOG, YEO_JOHNSON, yeo_johnson
from trimtab.tables.preprocessing.target import Target

__all__ = ["MARGIN", "curved", "limited", "log_likelihood", "scale_said"]

#: How much more likely a row must be on a curve, on average (a difference of logarithms), so that
#: the curve is chosen. Of 13 tables, logarithms lower the mean absolute error of the five above
#: this by 1 to 15 %, and raise that of three of the eight others.
MARGIN = 0.3

#: Rows that are enough to choose, and most inputs for a straight line through them.
ENOUGH, MOST_INPUTS = 5_000, 500

#: Share of the rows that may have the median: with more, no curve makes the target even.
MOST_TIES = 0.3

#: Predictions end this share of the training targets' range beyond it.
BEYOND = 0.5

#: Where there are zeros, the logarithm is of the target plus this share of the median of the rest.
_ADDED = 0.1


def curved(
    line: Target,
    values: Doubles,
    how: str,
    *,
    known: tuple[NDArray[np.int64], Doubles] | None = None,
    weights: Doubles | None = None,
    name: str = "",
) -> Target | CurvedTarget:
    """The scale that was asked for, or with ``auto`` the one on which the rows are most likely.

    Formula: the likelihood of a row is that of its error, taken as normal, around a straight line
    through the inputs, times the slope of the curve there: as Box & Cox have it. Only
    logarithms are tried, where no target is negative, and have to be more likely by :data:`MARGIN`
    a row; one cell far out is enough to make the curve of Yeo and Johnson likely.

    Source: Box & Cox 1964, "An Analysis of Transformations".

    Args:
        line: The standardized target.
        values: ``(n,)`` targets of the training rows.
        how: ``auto``, ``standard``, ``log`` or ``yeo-johnson``.
        known: Numbers of some of these rows, and their inputs; None: the line is level.
        weights: Of the rows.
        name: Of the target, for messages.

    Raises:
        InvalidData: A logarithm is asked for and there are negative targets.
    """
    if how == STANDARD:
        return line
    if how != AUTO:
        return _fitted(values, how, weights, name)
    if values.min() < 0 or (values == np.median(values)).mean() > MOST_TIES:
        return line
    bent = _fitted(values, LOG, weights, name)
    rows, inputs = (slice(None), None) if known is None else known
    some = values[rows]
    # One wrong cell far out would decide alone.
    near = np.argsort(np.abs(some - np.median(some)), kind="stable")
    near = np.sort(near[: len(near) - max(1, len(near) // 500)])
    some, inputs = some[near], None if inputs is None else inputs[near]
    gain = log_likelihood(bent, some, inputs) - log_likelihood(line, some, inputs)
    return bent if gain > MARGIN else line


def limited(target: Target | CurvedTarget, values: Doubles) -> CurvedTarget:
    """The same scale with limits to predictions, and ready for errors."""
    if isinstance(target, CurvedTarget):
        return target
    least, most = _limits(values)
    return CurvedTarget(LINE, target.shift, target.scale, least, most)


def log_likelihood(
    target: Target | CurvedTarget, values: Doubles, inputs: Doubles | None = None
) -> float:
    """The mean over rows of the log likelihood of their targets; see :func:`curved`.

    Example:
        >>> values = np.exp(np.random.default_rng(0).normal(size=1000))
        >>> line = Target(float(values.mean()), float(values.std()))
        >>> log = curved(line, values, "log")
        >>> round(log_likelihood(log, values) - log_likelihood(line, values), 1)
        0.7
    """
    y = values
    if isinstance(target, Target):
        g, slope = (y - target.shift) / target.scale, np.full(len(y), -np.log(target.scale))
    else:
        u = (y - target.origin) / target.stretch
        g = (target.bent(y) - target.shift) / target.scale
        slope = np.full(len(y), -np.log(target.stretch) - np.log(target.scale))
        if target.curve == LOG:
            slope -= np.log(u + target.power)
        elif target.curve == YEO_JOHNSON:
            slope += (target.power - 1) * np.sign(u) * np.log1p(np.abs(u))
    variance = float(np.var(g))
    if inputs is not None and len(inputs) > 2 * inputs.shape[1]:
        x = np.asarray(inputs, np.float64)
        spread = x.std(axis=0)
        x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        centered = g - g.mean()
        penalized = x.T @ x + np.eye(x.shape[1])
        error = centered - x @ np.linalg.solve(penalized, x.T @ centered)
        variance = float(np.mean(np.square(error)))
    return float(np.mean(slope) - 0.5 * np.log(max(variance, 1e-30)))


def scale_said(target: Target | CurvedTarget, name: str) -> str:
    """How a target is learned, where it is not as it stands in the table."""
    if not isinstance(target, CurvedTarget) or target.curve == LINE:
        return ""
    what = "a log scale" if target.curve == LOG else "the scale of Yeo and Johnson"
    return (
        f"{name!r} is learned on {what}; losses are shown on that scale. Predictions stay between "
        f"{figure(target.least)} and {figure(target.most)}. Use --target-scale standard to learn "
        "the numbers as they are."
    )


def _fitted(values: Doubles, how: str, weights: Doubles | None, name: str) -> CurvedTarget:
    least, most = _limits(values)
    stretch, origin, power = 1.0, 0.0, 0.0
    if how == LOG:
        low = float(values.min())
        if low < 0:
            of = f" of {name!r}" if name else ""
            raise InvalidData(
                f"target_scale='log' needs targets of 0 or more; the lowest{of} is {figure(low)}. "
                "Use target_scale='yeo-johnson' (--target-scale yeo-johnson), which takes any "
                "number."
            )
        positive = values[values > 0]
        if low == 0:
            stretch, power = _ADDED * float(np.median(positive)), 1.0
            least = 0.0
        else:
            least = max(least, low / (1 + BEYOND))
    else:
        low, middle, high = (float(q) for q in np.percentile(values, [25, 50, 75]))
        spread = (high - low) or float(np.std(values))
        origin, stretch = (0.0, middle) if values.min() >= 0 < middle else (middle, spread)
        power = _best_power((values - origin) / stretch)
    stretch = max(stretch, float(np.finfo(np.float64).tiny))
    target = CurvedTarget(how, 0.0, 1.0, least, most, stretch, origin, power)
    bent = target.bent(values)
    shift = float(np.average(bent, weights=weights))
    scale = float(np.sqrt(np.average(np.square(bent - shift), weights=weights)))
    scale = scale or float(np.std(bent)) or 1.0
    return CurvedTarget(how, shift, scale, least, most, stretch, origin, power)


def _best_power(u: Doubles) -> float:
    """The power under which the values are most likely; from 0 to 2, where the curve has no end."""
    from scipy.optimize import minimize_scalar

    slope = float(np.mean(np.sign(u) * np.log1p(np.abs(u))))

    def unlikely(power: float) -> float:
        return 0.5 * float(np.log(np.var(yeo_johnson(u, power)))) - (power - 1) * slope

    return float(np.clip(minimize_scalar(unlikely, bounds=(0, 2), method="bounded").x, 0, 2))


def _limits(values: Doubles) -> tuple[float, float]:
    """How far predictions may go: somewhat farther than the training targets."""
    low, high = float(values.min()), float(values.max())
    limit = float(np.finfo(np.float64).max)
    beyond = BEYOND * (high / 2 - low / 2) * 2
    least, most = max(low - beyond, -limit), min(high + beyond, limit)
    return (max(least, 0.0) if low >= 0 else least), most
