"""Layers: what a network is made of. One file a family."""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from trimtab.nn.layers.activity_regularization import ActivityRegularization
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.batch_normalization import BatchNormalization
from trimtab.nn.layers.dense import Dense
from trimtab.nn.layers.discretization import CategoryEncoding, Discretization
from trimtab.nn.layers.dot import Dot, dot
from trimtab.nn.layers.drop_connect import DropConnect
from trimtab.nn.layers.dropout import AlphaDropout, Dropout, FeatureDropout
from trimtab.nn.layers.embedding import CategoryEmbedding, Embedding
from trimtab.nn.layers.flatten import Flatten
from trimtab.nn.layers.gaussian_noise import GaussianDropout, GaussianNoise
from trimtab.nn.layers.identity import Identity
from trimtab.nn.layers.increasing import Increasing
from trimtab.nn.layers.input import Input, InputLayer
from trimtab.nn.layers.joining import ColumnSlice, Concatenate, concatenate
from trimtab.nn.layers.layer_normalization import (
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from trimtab.nn.layers.merging import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    ScaledBy,
    Subtract,
    add,
    average,
    maximum,
    minimum,
    multiply,
    subtract,
)
from trimtab.nn.layers.nested import Nested
from trimtab.nn.layers.periodic_embedding import PeriodicEmbedding
from trimtab.nn.layers.piecewise_linear_embedding import PiecewiseLinearEmbedding
from trimtab.nn.layers.prelu import PReLU
from trimtab.nn.layers.rescaling import Normalization, Rescaling
from trimtab.nn.layers.reshape import Reshape
from trimtab.nn.layers.residual import Residual
from trimtab.nn.layers.table import LAYERS, REGISTRY, deserialize, serialize
from trimtab.nn.layers.weight import Weight

__all__ = [
    "ELU",
    "LAYERS",
    "REGISTRY",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "CategoryEmbedding",
    "CategoryEncoding",
    "ColumnSlice",
    "Concatenate",
    "Dense",
    "Discretization",
    "Dot",
    "DropConnect",
    "Dropout",
    "Embedding",
    "FeatureDropout",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Increasing",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Maximum",
    "Minimum",
    "Multiply",
    "Nested",
    "Normalization",
    "PReLU",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "RMSNormalization",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Residual",
    "ScaledBy",
    "Softmax",
    "Subtract",
    "UnitNormalization",
    "Weight",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

__getattr__ = catalogue.refusals("layers", __all__)
