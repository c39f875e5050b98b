"""Activations of whole rows: softmax and its relatives, and the gated linear unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.activations.base import enter, run

__all__ = ["glu", "log_softmax", "softmax", "sparsemax"]


def softmax(x: ArrayLike, axis: int = -1) -> Floats:
    """``exp(x) / sum exp(x)`` over the last axis: probabilities of classes.

    Example:
        >>> from trimtab import activations
        >>> activations.softmax([[1.0, 1.0]]).tolist()
        [[0.5, 0.5]]
    """
    _check_last("softmax", x, axis)
    return run("softmax", x)


def log_softmax(x: ArrayLike, axis: int = -1) -> Floats:
    """``log(softmax(x))``.

    Example:
        >>> from trimtab import activations
        >>> print(activations.log_softmax([[1.0, 1.0]]).round(4))
        [[-0.6931 -0.6931]]
    """
    _check_last("log_softmax", x, axis)
    return run("log_softmax", x)


def sparsemax(x: ArrayLike, axis: int = -1) -> Floats:
    """``max(x - tau, 0)``, tau such that the row sums to 1: probabilities, most of them 0.

    Source:
        Martins & Astudillo 2016.

    Example:
        >>> from trimtab import activations
        >>> activations.sparsemax([[1.0, 0.5, -1.0]]).tolist()
        [[0.75, 0.25, 0.0]]
    """
    _check_last("sparsemax", x, axis)
    return run("sparsemax", x)


def glu(x: ArrayLike, axis: int = -1) -> Floats:
    """The first half of the columns times the sigmoid of the second half.

    Source:
        Dauphin et al. 2017.

    Example:
        >>> from trimtab import activations
        >>> activations.glu([[3.0, 5.0, 0.0, 100.0]]).tolist()
        [[1.5, 5.0]]
    """
    _check_last("glu", x, axis)
    if np.ndim(x) == 0 or np.shape(x)[-1] % 2:
        raise InvalidArgument(
            f"glu halves the columns, which must be an even number, received {np.shape(x)}."
        )
    return run("glu", x)


def _check_last(name: str, x: ArrayLike, axis: int) -> None:
    if axis not in (-1, np.ndim(x) - 1):
        raise Unsupported(f"{name}: axis must be -1, the columns of a table, received {axis!r}.")


def _along(name: str) -> Any:
    def settings(axis: int = -1) -> dict[str, Any]:
        if axis not in (-1, 1):
            raise Unsupported(
                f"{name}: axis must be -1, the columns of a table, received {axis!r}."
            )
        return {}

    return settings


enter(softmax, "softmax", _along("softmax"))
enter(log_softmax, "softmax", _along("log_softmax"))
enter(sparsemax, "softmax", _along("sparsemax"))
enter(glu, "glu", _along("glu"))
