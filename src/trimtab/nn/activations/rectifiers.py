"""Activations that let large inputs through, and close below."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.activations.base import enter, run

__all__ = [
    "celu",
    "elu",
    "gelu",
    "hard_silu",
    "hard_swish",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "relu_settings",
    "selu",
    "silu",
    "softplus",
    "sparse_plus",
    "squareplus",
    "swish",
]


def relu(
    x: ArrayLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Floats:
    """``max(x, 0)``; see :class:`trimtab.layers.ReLU` for the other arguments.

    Example:
        >>> from trimtab import activations
        >>> activations.relu([[-1.0, 2.0]]).tolist()
        [[0.0, 2.0]]
    """
    return run("relu", x, negative_slope=negative_slope, max_value=max_value, threshold=threshold)


def relu_settings(
    negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> dict[str, Any]:
    """The attributes of the relu op, checked."""
    if max_value is not None:
        max_value = checks.non_negative_number("max_value", max_value)
    return {
        "max_value": math.inf if max_value is None else max_value,
        "negative_slope": checks.non_negative_number("negative_slope", negative_slope),
        "threshold": checks.non_negative_number("threshold", threshold),
    }


def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> Floats:
    """The input where it is above 0, ``negative_slope * x`` elsewhere.

    Source:
        Maas et al. 2013.

    Example:
        >>> from trimtab import activations
        >>> activations.leaky_relu([[-1.0, 2.0]], negative_slope=0.5).tolist()
        [[-0.5, 2.0]]
    """
    return run("leaky_relu", x, negative_slope=negative_slope)


def relu6(x: ArrayLike) -> Floats:
    """``min(max(x, 0), 6)``.

    Source:
        Krizhevsky 2010.

    Example:
        >>> from trimtab import activations
        >>> activations.relu6([[-1.0, 2.0, 9.0]]).tolist()
        [[0.0, 2.0, 6.0]]
    """
    return run("relu6", x)


def elu(x: ArrayLike, alpha: float = 1.0) -> Floats:
    """The input where it is above 0, ``alpha * (exp(x) - 1)`` elsewhere.

    Source:
        Clevert et al. 2016.

    Example:
        >>> from trimtab import activations
        >>> activations.elu([[0.0, 2.0]]).tolist()
        [[0.0, 2.0]]
    """
    return run("elu", x, alpha=alpha)


def celu(x: ArrayLike, alpha: float = 1.0) -> Floats:
    """The input where it is above 0, ``alpha * (exp(x / alpha) - 1)`` elsewhere.

    Source:
        Barron 2017.

    Example:
        >>> from trimtab import activations
        >>> print(activations.celu([[-1.0, 2.0]], alpha=2.0).round(4))
        [[-0.7869  2.    ]]
    """
    return run("celu", x, alpha=alpha)


def selu(x: ArrayLike) -> Floats:
    """``1.0507 * elu(x, 1.6733)``: keeps mean 0 and variance 1 through the depth.

    Source:
        Klambauer et al. 2017.

    Example:
        >>> from trimtab import activations
        >>> activations.selu([[0.0]]).tolist()
        [[0.0]]
    """
    return run("selu", x)


def gelu(x: ArrayLike, approximate: bool = False) -> Floats:
    """``x * (1 + erf(x / sqrt(2))) / 2``, or its tanh approximation.

    Source:
        Hendrycks & Gimpel 2016.

    Example:
        >>> from trimtab import activations
        >>> activations.gelu([[0.0]]).tolist()
        [[0.0]]
    """
    return run("gelu", x, approximate=approximate)


def silu(x: ArrayLike) -> Floats:
    """``x * sigmoid(x)``, also called swish.

    Source:
        Elfwing et al. 2018; Ramachandran et al. 2017.

    Example:
        >>> from trimtab import activations
        >>> activations.silu([[0.0]]).tolist()
        [[0.0]]
    """
    return run("silu", x)


swish = silu


def hard_silu(x: ArrayLike) -> Floats:
    """``x * hard_sigmoid(x)``, also called hard_swish: 0 up to -3, the input from 3 on.

    Source:
        Howard et al. 2019.

    Example:
        >>> from trimtab import activations
        >>> activations.hard_silu([[-1.5, 0.0, 3.0]]).tolist()
        [[-0.375, 0.0, 3.0]]
    """
    return run("hard_silu", x)


hard_swish = hard_silu


def mish(x: ArrayLike) -> Floats:
    """``x * tanh(softplus(x))``.

    Source:
        Misra 2019.

    Example:
        >>> from trimtab import activations
        >>> print(activations.mish([[-1.0, 1.0]]).round(4))
        [[-0.3034  0.8651]]
    """
    return run("mish", x)


def softplus(x: ArrayLike) -> Floats:
    """``log(1 + exp(x))``.

    Example:
        >>> from trimtab import activations
        >>> round(float(activations.softplus([[0.0]])[0, 0]), 4)
        0.6931
    """
    return run("softplus", x)


def squareplus(x: ArrayLike, b: float = 4.0) -> Floats:
    """``(x + sqrt(x**2 + b)) / 2``: like softplus, without an exponential.

    Source:
        Barron 2021.

    Example:
        >>> from trimtab import activations
        >>> activations.squareplus([[0.0, 1.5]]).tolist()
        [[1.0, 2.0]]
    """
    return run("squareplus", x, b=b)


def sparse_plus(x: ArrayLike) -> Floats:
    """0 up to -1, the input from 1 on, ``(x + 1)**2 / 4`` between.

    Source:
        Blondel et al. 2019.

    Example:
        >>> from trimtab import activations
        >>> activations.sparse_plus([[-2.0, 0.0, 2.0]]).tolist()
        [[0.0, 0.25, 2.0]]
    """
    return run("sparse_plus", x)


def _leaky_relu(negative_slope: float = 0.2) -> dict[str, Any]:
    return {**relu_settings(negative_slope), "function": "relu"}


def _relu6() -> dict[str, Any]:
    return {**relu_settings(max_value=6.0), "function": "relu"}


def _elu(alpha: float = 1.0) -> dict[str, Any]:
    return {"alpha": checks.number("alpha", alpha)}


def _celu(alpha: float = 1.0) -> dict[str, Any]:
    return {"alpha": checks.positive_number("alpha", alpha)}


def _gelu(approximate: bool = False) -> dict[str, Any]:
    approximate = checks.boolean("approximate", approximate)
    return {"function": "gelu_tanh"} if approximate else {}


def _squareplus(b: float = 4.0) -> dict[str, Any]:
    return {"b": checks.positive_number("b", b)}


enter(relu, settings=relu_settings)
enter(leaky_relu, settings=_leaky_relu)
enter(relu6, settings=_relu6)
enter(elu, settings=_elu)
enter(celu, settings=_celu)
enter(selu)
enter(gelu, settings=_gelu)
enter(silu)
enter(hard_silu)
enter(mish)
enter(softplus)
enter(squareplus, settings=_squareplus)
enter(sparse_plus)
