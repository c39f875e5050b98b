"""Kernels whose columns, or rows, stand at right angles to each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.initializers.base import RandomInitializer, Shape, refuse_vectors
from trimtab.nn.initializers.table import REGISTRY

__all__ = ["Orthogonal"]


@REGISTRY.register("OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """A random orthogonal matrix times ``gain``: it turns vectors and keeps their length.

    Formula:
        ``gain * q`` of ``q r = a``, a being standard normal, with r's diagonal made positive: q is
        uniform among orthogonal matrices. A matrix that is wider than high has orthogonal rows,
        another one orthogonal columns. Computed in float64, then rounded.

    Source:
        Saxe, McClelland & Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in
        deep linear neural networks"; the signs: Mezzadri 2007, "How to generate random matrices
        from the classical compact groups".

    Shape:
        A matrix, or more axes: all but the last are taken as one.

    Raises:
        InvalidArgument: gain is not a number, or the weight is a vector.

    Example:
        >>> from trimtab import initializers
        >>> kernel = initializers.Orthogonal(seed=3)((5, 2))
        >>> (kernel.T @ kernel).round(5).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = checks.number("gain", gain)

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        refuse_vectors("orthogonal", shape)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        high = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(self._normal(high, seed, index, truncated=False).astype(np.float64))
        q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
        return np.asarray(self.gain * (q if rows >= columns else q.T), np.float32).reshape(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}
