"""Losses: what training minimizes. One file a family.

A custom loss is a function of ``(y_true, y_pred)``, or a subclass of :class:`Loss` with ``call``,
written in ``jax.numpy``.
"""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.classification import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    categorical_generalized_cross_entropy,
    sparse_categorical_crossentropy,
)
from trimtab.nn.losses.distributions import (
    GaussianNegativeLogLikelihood,
    KLDivergence,
    Poisson,
    gaussian_negative_log_likelihood,
    kl_divergence,
    poisson,
)
from trimtab.nn.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
)
from trimtab.nn.losses.function import (
    FunctionLoss,
)
from trimtab.nn.losses.hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from trimtab.nn.losses.quantiles import (
    Expectile,
    Quantile,
    expectile,
    quantile,
)
from trimtab.nn.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from trimtab.nn.losses.rows import EPSILON as EPSILON
from trimtab.nn.losses.table import REGISTRY as REGISTRY
from trimtab.nn.losses.table import (
    deserialize,
    get,
    serialize,
)

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Expectile",
    "FunctionLoss",
    "GaussianNegativeLogLikelihood",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "Quantile",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "cosine_similarity",
    "deserialize",
    "expectile",
    "gaussian_negative_log_likelihood",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "quantile",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]

__getattr__ = catalogue.refusals("losses", __all__)
