"""Losses of counts and of shares as metrics."""

from __future__ import annotations

from typing import ClassVar

from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.nn.losses.distributions import kl_divergence, poisson
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.table import FUNCTIONS, REGISTRY

__all__ = ["KLDivergence", "Poisson"]


@REGISTRY.register("kld", "KLD")
class KLDivergence(Metric):
    """:class:`trimtab.losses.KLDivergence` as a metric.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
        0.1438
    """

    direction: ClassVar[str | None] = "down"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return kl_divergence(y_true, y_pred)


FUNCTIONS[kl_divergence] = KLDivergence


@REGISTRY.register()
class Poisson(Metric):
    """:class:`trimtab.losses.Poisson` as a metric.

    Example:
        >>> from trimtab import metrics
        >>> round(metrics.Poisson()([2.0, 0.0], [2.0, 1.0]), 4)
        0.8069
    """

    direction: ClassVar[str | None] = "down"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return poisson(y_true, y_pred)


FUNCTIONS[poisson] = Poisson
