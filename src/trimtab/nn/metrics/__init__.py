"""Metrics: what is reported beside the loss. One file a family.

A metric takes targets and predictions as they come and keeps running sums in float64, so that
its result does not depend on how the rows were cut into batches. A Python function is a metric
too; it is called batch by batch (``per_batch``).
"""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.losses import (
    binary_crossentropy,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from trimtab.nn.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
)
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.crossentropy import BinaryCrossentropy, SparseCategoricalCrossentropy
from trimtab.nn.metrics.function import MeanMetricWrapper
from trimtab.nn.metrics.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    RootMeanSquaredError,
)
from trimtab.nn.metrics.resolving import resolve_metric
from trimtab.nn.metrics.table import REGISTRY as REGISTRY
from trimtab.nn.metrics.table import deserialize, get, serialize

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "MeanAbsoluteError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "resolve_metric",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
]

__getattr__ = catalogue.refusals("metrics", __all__)
