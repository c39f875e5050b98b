"""The functions of the JAX engine: one row for each op, loss and update rule.

The contract tests fail if something is registered in :mod:`trimtab.program.ops` and not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trimtab.engines.jax import (
    activation,
    activity_penalty,
    add,
    batch_normalization,
    call,
    dense,
    discretization,
    drop_connect,
    dropout,
    embedding,
    gaussian_noise,
    glu,
    increasing,
    joining,
    layer_normalization,
    losses,
    merging,
    one_column,
    optimizers,
    periodic,
    piecewise_linear,
    prelu,
    rescaling,
    shared_kernels,
    softmax,
)
from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import LossOp

#: Value and new state of an op.
Forward = Callable[[Any, Context], tuple[Array, Sequence[Array]]]
#: Losses of the rows from targets and predictions.
RowLosses = Callable[[LossOp, Array, Array], Array]
FORWARD: dict[str, Forward] = {
    "activation": activation.activation,
    "activity_penalty": activity_penalty.activity_penalty,
    "add": add.add,
    "affine": shared_kernels.affine,
    "average": shared_kernels.average,
    "batch_normalization": batch_normalization.batch_normalization,
    "bias": dense.bias,
    "call": call.call,
    "category_encoding": discretization.category_encoding,
    "concatenate": joining.concatenate,
    "discretization": discretization.discretization,
    "drop_connect": drop_connect.drop_connect,
    "dropout": dropout.dropout,
    "embedding": embedding.embedding,
    "gaussian_noise": gaussian_noise.gaussian_noise,
    "glu": glu.glu,
    "heads": shared_kernels.heads,
    "increasing": increasing.increasing,
    "layer_normalization": layer_normalization.layer_normalization,
    "matmul": dense.matmul,
    "maximum": merging.maximum,
    "minimum": merging.minimum,
    "multiply": merging.multiply,
    "normalization": rescaling.normalization,
    "periodic": periodic.periodic,
    "piecewise_linear": piecewise_linear.piecewise_linear,
    "prelu": prelu.prelu,
    "rescaling": rescaling.rescaling,
    "scale": merging.scale,
    "select": joining.select,
    "softmax": softmax.softmax,
    "spread": one_column.spread,
    "subtract": merging.subtract,
    "sum_columns": one_column.sum_columns,
}

LOSSES: dict[str, RowLosses] = {
    "binary_crossentropy": losses.binary_crossentropy,
    "binary_crossentropy_logits": losses.binary_crossentropy_logits,
    "binary_focal_crossentropy": losses.binary_focal_crossentropy,
    "binary_focal_crossentropy_logits": losses.binary_focal_crossentropy_logits,
    "categorical_crossentropy": losses.categorical_crossentropy,
    "categorical_crossentropy_logits": losses.categorical_crossentropy_logits,
    "categorical_focal_crossentropy": losses.categorical_focal_crossentropy,
    "categorical_focal_crossentropy_logits": losses.categorical_focal_crossentropy_logits,
    "categorical_generalized_cross_entropy": losses.categorical_generalized_cross_entropy,
    "categorical_hinge": losses.categorical_hinge,
    "cosine_similarity": losses.cosine_similarity,
    "expectile": losses.expectile,
    "function": losses.function,
    "gaussian_negative_log_likelihood": losses.gaussian_negative_log_likelihood,
    "hinge": losses.hinge,
    "huber": losses.huber,
    "kl_divergence": losses.kl_divergence,
    "log_cosh": losses.log_cosh,
    "mean_absolute_error": losses.mean_absolute_error,
    "mean_absolute_percentage_error": losses.mean_absolute_percentage_error,
    "mean_squared_error": losses.mean_squared_error,
    "mean_squared_logarithmic_error": losses.mean_squared_logarithmic_error,
    "poisson": losses.poisson,
    "quantile": losses.quantile,
    "sparse_categorical_crossentropy": losses.sparse_categorical_crossentropy,
    "sparse_categorical_crossentropy_logits": losses.sparse_categorical_crossentropy_logits,
    "squared_hinge": losses.squared_hinge,
}

RULES: dict[str, optimizers.Update] = {
    "adadelta": optimizers.adadelta,
    "adagrad": optimizers.adagrad,
    "adam": optimizers.adam,
    "adamax": optimizers.adamax,
    "amsgrad": optimizers.amsgrad,
    "ftrl": optimizers.ftrl,
    "lion": optimizers.lion,
    "nadam": optimizers.nadam,
    "rmsprop": optimizers.rmsprop,
    "rmsprop_centered": optimizers.rmsprop,
    "rmsprop_centered_momentum": optimizers.rmsprop,
    "rmsprop_momentum": optimizers.rmsprop,
    "sgd": optimizers.sgd,
    "sgd_momentum": optimizers.sgd_momentum,
}
