"""How good the average of networks is, when each row was scored by the one that did not see it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles
from trimtab.core.words import listed
from trimtab.predictor.baseline import number_from
from trimtab.predictor.draws import Score

__all__ = ["Averaged", "factors_of"]

#: A probability counts as so much at least.
_LEAST = 1e-7


@dataclass(frozen=True)
class Averaged:
    """What is to be expected of the average of networks, where scores are those of one.

    Attributes:
        networks: how many there are.
        metrics: by name, those of which it is known.
    """

    networks: int
    metrics: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.networks < 2 or not all(map(math.isfinite, self.metrics.values())):
            raise ValueError("an average is of two networks at least, and its metrics are finite")

    def words(self, metric: str, one: Score) -> str:
        """What belongs behind a metric of one network.

        Args:
            metric: its name.
            one: of one network.

        Example:
            >>> Averaged(5, {"mae": 2.9512}).words("mae", Score(3.1, 0.1))
            ' for one network, about 2.95 for the average of the 5'
            >>> Averaged(5, {}).words("mae", Score(3.1, 0.1))
            ' for one network of the 5 whose average predicts'
        """
        if metric in self.metrics:
            about = str(Score(self.metrics[metric], one.error)).partition(" ± ")[0]
            return f" for one network, about {about} for the average of the {self.networks}"
        return f" for one network of the {self.networks} whose average predicts"

    def words_of_several(self, one: Mapping[str, Score]) -> str:
        """What belongs behind several metrics of one network.

        Args:
            one: the metrics of one network by name.

        Example:
            >>> average = Averaged(5, {"rmse": 0.6512, "r2": 0.3507})
            >>> average.words_of_several({"rmse": Score(0.7, 0.015), "r2": Score(0.248, 0.03)})
            ' for one network, about 0.651 and 0.351 for the average'
            >>> average.words_of_several({"mae": Score(0.5, 0.01)})
            ' for one network'
        """
        if not all(name in self.metrics for name in one):
            return " for one network"
        about = [
            str(Score(self.metrics[name], each.error)).partition(" ± ")[0]
            for name, each in one.items()
        ]
        return f" for one network, about {listed(about, last=' and ')} for the average"

    def record(self) -> dict[str, Any]:
        """As plain data, for files."""
        return {"networks": self.networks, "metrics": dict(self.metrics)}

    @classmethod
    def of(
        cls, metrics: Mapping[str, Score], factors: Mapping[str, float], networks: int
    ) -> Averaged:
        """From the metrics of one network.

        Args:
            metrics: of one network.
            factors: of :func:`factors_of`.
            networks: how many there are.
        """
        found = {name: metrics[name].value * factors[name] for name in factors if name in metrics}
        if "rmse" in found and "r2" in metrics:
            found["r2"] = 1 - (1 - metrics["r2"].value) * factors["rmse"] ** 2
        return cls(networks, {name: value for name, value in found.items() if math.isfinite(value)})

    @classmethod
    def from_record(cls, record: Any) -> Averaged:
        """The inverse of :meth:`record`.

        Raises:
            KeyError, TypeError, ValueError: :meth:`record` never returns such data.
        """
        networks, metrics = record["networks"], record["metrics"]
        if type(networks) is not int or not isinstance(metrics, dict):
            raise TypeError("networks must be a whole number, and metrics numbers by name")
        return cls(networks, {str(name): number_from(value) for name, value in metrics.items()})


def factors_of(
    task: str,
    y: Doubles,
    own: Doubles,
    seen: Doubles,
    weights: Doubles | None = None,
) -> dict[str, float]:
    """By metric, the error of the average of ``k`` networks on new rows as a share of one's.

    Formula, squared error: the error of one network minus ``(1 - 1/k)`` times the variance between
    networks on a row (the ambiguity decomposition). Absolute error: the error of one network minus
    what a deviation of that variance adds to it. Log loss: the loss of one network minus the gap
    between the mean of ``-log p`` and ``-log`` of the mean, times ``(1 - 1/k) / (1 - 1/(k - 1))``.

    The variance is that between the ``k - 1`` networks that were trained on the row. They agree
    more there than on new rows, so the gain is rather underestimated.

    Source: Krogh & Vedelsby 1995, "Neural network ensembles, cross validation, and active
    learning".

    Args:
        task: ``regression``, ``binary`` or ``multiclass``.
        y: numbers ``(n,)`` or class numbers.
        own: what the network predicts that did not see the row, ``(n,)`` or ``(n, classes)``.
        seen: the same of the others, ``(k - 1, n)`` or ``(k - 1, n, classes)``.
        weights: of the rows.

    Returns:
        Factors of ``mae`` and ``rmse``, or of ``log_loss``; none of what is not known.

    Example:
        >>> y, own = np.zeros(2), np.array([1.0, -1.0])
        >>> seen = np.array([[0.5, -0.5], [0.7, -0.7]])
        >>> {name: round(each, 3) for name, each in factors_of("regression", y, own, seen).items()}
        {'rmse': 0.993, 'mae': 1.0}
    """
    w = np.ones(len(y)) if weights is None else weights
    if len(seen) < 2 or not w.any():  # nothing varies
        return {}
    others = len(seen)
    share = 1 - 1 / (others + 1)
    found: dict[str, tuple[float, float]] = {}

    def mean(values: Doubles) -> float:
        return float(np.average(values, weights=w))

    if task == REGRESSION:
        errors = own - y
        squared, gain = mean(np.square(errors)), share * mean(seen.var(axis=0, ddof=1))
        found["rmse"] = math.sqrt(max(squared - gain, 0.0)), math.sqrt(squared)
        # Deviations of the right variance, as they occur.
        parts = (seen - seen.mean(axis=0)) * math.sqrt(share * others / (others - 1))
        absolute = mean(np.abs(errors))
        added = float(np.mean([mean(np.abs(errors + part)) for part in parts])) - absolute
        found["mae"] = absolute - added, absolute
    else:
        rows, labels = np.arange(len(y)), y.astype(np.int64)
        p = np.maximum(seen[:, rows, labels], _LEAST)
        gap = mean(np.log(p.mean(axis=0)) - np.log(p).mean(axis=0))
        loss = mean(-np.log(np.maximum(own[rows, labels], _LEAST)))
        found["log_loss"] = loss - gap * share / (1 - 1 / others), loss
    return {
        name: average / one
        for name, (average, one) in found.items()
        if one > 0 and 0 <= average <= one
    }
