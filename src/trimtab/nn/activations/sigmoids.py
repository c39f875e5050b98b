"""Activations between two ends, and the exponential."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Floats
from trimtab.nn.activations.base import enter, run

__all__ = [
    "exponential",
    "hard_sigmoid",
    "hard_tanh",
    "linear",
    "log_sigmoid",
    "sigmoid",
    "softsign",
    "sparse_sigmoid",
    "tanh",
]


def linear(x: ArrayLike) -> Floats:
    """``x`` itself.

    Example:
        >>> from trimtab import activations
        >>> activations.linear([[-1.0, 2.0]]).tolist()
        [[-1.0, 2.0]]
    """
    return np.array(x, np.float32)


def tanh(x: ArrayLike) -> Floats:
    """Hyperbolic tangent.

    Example:
        >>> from trimtab import activations
        >>> round(float(activations.tanh([[1.0]])[0, 0]), 4)
        0.7616
    """
    return run("tanh", x)


def sigmoid(x: ArrayLike) -> Floats:
    """``1 / (1 + exp(-x))``.

    Example:
        >>> from trimtab import activations
        >>> activations.sigmoid([[0.0]]).tolist()
        [[0.5]]
    """
    return run("sigmoid", x)


def log_sigmoid(x: ArrayLike) -> Floats:
    """``log(sigmoid(x))``, exact far below 0.

    Example:
        >>> from trimtab import activations
        >>> print(activations.log_sigmoid([[-100.0, 0.0]]).round(4))
        [[-100.       -0.6931]]
    """
    return run("log_sigmoid", x)


def hard_sigmoid(x: ArrayLike) -> Floats:
    """``x / 6 + 1/2``, from 0 to 1.

    Source:
        Courbariaux et al. 2015.

    Example:
        >>> from trimtab import activations
        >>> activations.hard_sigmoid([[-9.0, 0.0, 9.0]]).tolist()
        [[0.0, 0.5, 1.0]]
    """
    return run("hard_sigmoid", x)


def sparse_sigmoid(x: ArrayLike) -> Floats:
    """``(x + 1) / 2``, from 0 to 1.

    Source:
        Blondel et al. 2019.

    Example:
        >>> from trimtab import activations
        >>> activations.sparse_sigmoid([[-2.0, 0.0, 2.0]]).tolist()
        [[0.0, 0.5, 1.0]]
    """
    return run("sparse_sigmoid", x)


def hard_tanh(x: ArrayLike) -> Floats:
    """The input, from -1 to 1.

    Source:
        Collobert 2004.

    Example:
        >>> from trimtab import activations
        >>> activations.hard_tanh([[-2.0, 0.5, 2.0]]).tolist()
        [[-1.0, 0.5, 1.0]]
    """
    return run("hard_tanh", x)


def softsign(x: ArrayLike) -> Floats:
    """``x / (1 + abs(x))``.

    Source:
        Bergstra et al. 2009.

    Example:
        >>> from trimtab import activations
        >>> activations.softsign([[-1.0, 3.0]]).tolist()
        [[-0.5, 0.75]]
    """
    return run("softsign", x)


def exponential(x: ArrayLike) -> Floats:
    """``exp(x)``.

    Example:
        >>> from trimtab import activations
        >>> print(activations.exponential([[0.0, 1.0]]).round(4))
        [[1.     2.7183]]
    """
    return run("exponential", x)


enter(linear, None)
enter(tanh)
enter(sigmoid)
enter(log_sigmoid)
enter(hard_sigmoid)
enter(sparse_sigmoid)
enter(hard_tanh)
enter(softsign)
enter(exponential)
