"""Initializers: how weights are drawn at first. One file a family.

An initializer is called as ``initializer(shape, seed=..., index=...)`` and returns a float32
array that depends on those alone. One with a ``seed`` of its own draws the same array every time.
"""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.initializers.base import Initializer
from trimtab.nn.initializers.constant import Constant, Identity, Ones, Zeros
from trimtab.nn.initializers.orthogonal import Orthogonal
from trimtab.nn.initializers.random import RandomNormal, RandomUniform, TruncatedNormal
from trimtab.nn.initializers.table import REGISTRY as REGISTRY
from trimtab.nn.initializers.table import deserialize, get, serialize
from trimtab.nn.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]

# Keras' lower-case names of the same classes.
constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

# Keras' other names of the same classes.
IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal

__getattr__ = catalogue.refusals("initializers", __all__)
