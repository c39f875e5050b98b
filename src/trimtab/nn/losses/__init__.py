"""Losses: what training minimizes. One file a family.

A custom loss is a function of ``(y_true, y_pred)``, or a subclass of :class:`Loss` with ``call``,
written in ``jax.numpy``.
"""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.classification import (
    EPSILON as EPSILON,
)
from trimtab.nn.losses.classification import (
    BinaryCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    sparse_categorical_crossentropy,
)
from trimtab.nn.losses.function import FunctionLoss
from trimtab.nn.losses.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    mean_absolute_error,
    mean_squared_error,
)
from trimtab.nn.losses.table import REGISTRY as REGISTRY
from trimtab.nn.losses.table import deserialize, get, serialize

__all__ = [
    "BinaryCrossentropy",
    "FunctionLoss",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]

__getattr__ = catalogue.refusals("losses", __all__)
