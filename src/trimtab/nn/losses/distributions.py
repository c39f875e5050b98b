"""Losses that are likelihoods: of counts, of shares, of numbers with an error of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.errors import InvalidData
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.rows import EPSILON, QUIET, paired, row_means, same_width
from trimtab.nn.losses.table import FUNCTIONS, REGISTRY
from trimtab.program.ops.losses import LossOp

__all__ = [
    "GaussianNegativeLogLikelihood",
    "KLDivergence",
    "Poisson",
    "gaussian_negative_log_likelihood",
    "kl_divergence",
    "poisson",
]


@QUIET
def poisson(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Mean of ``y_pred - y_true log(y_pred)`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.poisson([[2.0]], [[2.0]]).round(4).tolist()
        [0.6137]
    """
    true, pred = same_width(y_true, y_pred)
    return row_means(pred - true * np.log(pred + EPSILON))


@QUIET
def kl_divergence(y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
    """Sum of ``y_true log(y_true / y_pred)`` over the columns, one number a row.

    Example:
        >>> from trimtab import losses
        >>> losses.kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(4).tolist()
        [0.1438]
    """
    true, pred = (np.clip(values, EPSILON, 1.0) for values in same_width(y_true, y_pred))
    sums: Doubles = (true * np.log(true / pred)).sum(axis=1)
    return sums


@QUIET
def gaussian_negative_log_likelihood(
    y_true: ArrayLike, y_pred: ArrayLike, epsilon: float = 1e-6
) -> Doubles:
    """Minus the logarithm of the density of a normal distribution, one number a row.

    Args:
        y_true: ``(rows, targets)``.
        y_pred: ``(rows, 2 * targets)``: the means, then s, with ``variance = exp(s) + epsilon``.
        epsilon: least variance.

    Example:
        >>> from trimtab import losses
        >>> losses.gaussian_negative_log_likelihood([[1.0]], [[1.0, 0.0]], 0.0).round(4).tolist()
        [0.9189]
    """
    true, pred = paired(y_true, y_pred)
    if pred.shape[1] != 2 * true.shape[1]:
        raise InvalidData(
            "y_pred must hold a mean and a variance for each column of y_true, "
            f"{2 * true.shape[1]} columns, received {pred.shape[1]}."
        )
    mean, s = np.split(pred, 2, axis=1)
    variance = np.exp(s) + epsilon
    squares = np.square(true - mean) / variance
    return row_means(np.log(2.0 * np.pi * variance) + squares) / 2


@REGISTRY.register()
class Poisson(Loss):
    """Likelihood of counts: the spread of a target grows with its mean.

    Shape:
        Targets and predictions ``(rows, outputs)``, both from 0 on. End the network with
        ``softplus``.

    Formula:
        Mean of ``y_pred - y_true log(y_pred + 1e-7)``.

    Raises:
        InvalidData: the shapes do not fit, or ``fit`` gets a target below 0.

    Example:
        >>> from trimtab import losses
        >>> round(losses.Poisson()([2.0, 0.0], [2.0, 1.0]), 4)
        0.8069
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return poisson(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="poisson")


FUNCTIONS[poisson] = Poisson


@REGISTRY.register("kld", "KLD")
class KLDivergence(Loss):
    """How far the predicted shares of a row are from the true ones (Kullback & Leibler 1951).

    Shape:
        Targets and predictions ``(rows, outputs)``, shares that add up to 1 in each row. End the
        network with ``softmax``.

    Formula:
        ``sum(y_true log(y_true / y_pred))``, both clipped to [1e-7, 1].

    Raises:
        InvalidData: the shapes do not fit, or ``fit`` gets a target outside 0 and 1.

    Example:
        >>> from trimtab import losses
        >>> round(losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
        0.1438
    """

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return kl_divergence(y_true, y_pred)

    def lower(self) -> LossOp:
        return LossOp(loss="kl_divergence")


FUNCTIONS[kl_divergence] = KLDivergence


@REGISTRY.register("gaussian_nll")
class GaussianNegativeLogLikelihood(Loss):
    """Numbers with an error of their own: the network predicts a mean and a variance.

    Shape:
        Targets ``(rows, targets)``, predictions ``(rows, 2 * targets)``: the means of all targets,
        then a number s for each, from which the variance is ``exp(s) + epsilon``. End the network
        without an activation.

    Formula:
        Mean of ``(log(2 pi v) + (y_true - m)^2 / v) / 2`` (Nix & Weigend 1994).

    Args:
        epsilon: least variance, in squared units of the target.

    Raises:
        InvalidArgument: epsilon is not above 0, or the number of outputs is odd.

    Example:
        >>> from trimtab import losses
        >>> round(losses.GaussianNegativeLogLikelihood()([[1.0], [3.0]], [[1.0, 0.0]] * 2), 4)
        1.9189
    """

    def __init__(
        self,
        epsilon: float = 1e-6,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.epsilon = checks.positive_number("epsilon", epsilon)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        return gaussian_negative_log_likelihood(y_true, y_pred, self.epsilon)

    def lower(self) -> LossOp:
        return LossOp(loss="gaussian_negative_log_likelihood", epsilon=self.epsilon)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}


FUNCTIONS[gaussian_negative_log_likelihood] = GaussianNegativeLogLikelihood
