"""Functions between layers: of single elements, and of rows.

Each is a function on arrays, computed by the engine, and a name that layers lower to an op.
"""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.activations.base import ACTIVATIONS, Activation
from trimtab.nn.activations.rectifiers import (
    celu,
    elu,
    gelu,
    hard_silu,
    hard_swish,
    leaky_relu,
    mish,
    relu,
    relu6,
    relu_settings,
    selu,
    silu,
    softplus,
    sparse_plus,
    squareplus,
    swish,
)
from trimtab.nn.activations.rows import glu, log_softmax, softmax, sparsemax
from trimtab.nn.activations.shrinkage import hard_shrink, soft_shrink, tanh_shrink, threshold
from trimtab.nn.activations.sigmoids import (
    exponential,
    hard_sigmoid,
    hard_tanh,
    linear,
    log_sigmoid,
    sigmoid,
    softsign,
    sparse_sigmoid,
    tanh,
)
from trimtab.nn.activations.table import (
    ALIASES,
    deserialize,
    get,
    lower,
    lowered,
    name_of,
    serialize,
    width_after,
)

__all__ = [
    "ACTIVATIONS",
    "ALIASES",
    "Activation",
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "lower",
    "lowered",
    "mish",
    "name_of",
    "relu",
    "relu6",
    "relu_settings",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
    "width_after",
]

__getattr__ = catalogue.refusals("activations", __all__)
