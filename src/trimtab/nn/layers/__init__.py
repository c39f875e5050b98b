"""Layers: what a network is made of. One file a family."""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.layers.activation import Activation, ReLU
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.batch_normalization import BatchNormalization
from trimtab.nn.layers.dense import Dense
from trimtab.nn.layers.drop_connect import DropConnect
from trimtab.nn.layers.dropout import Dropout, FeatureDropout
from trimtab.nn.layers.embedding import CategoryEmbedding, Embedding
from trimtab.nn.layers.flatten import Flatten
from trimtab.nn.layers.increasing import Increasing
from trimtab.nn.layers.input import Input, InputLayer
from trimtab.nn.layers.joining import ColumnSlice, Concatenate, concatenate
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
from trimtab.nn.layers.residual import Residual
from trimtab.nn.layers.table import LAYERS, REGISTRY, deserialize, serialize
from trimtab.nn.layers.weight import Weight

__all__ = [
    "LAYERS",
    "REGISTRY",
    "Activation",
    "Add",
    "Average",
    "BatchNormalization",
    "CategoryEmbedding",
    "ColumnSlice",
    "Concatenate",
    "Dense",
    "DropConnect",
    "Dropout",
    "Embedding",
    "FeatureDropout",
    "Flatten",
    "Increasing",
    "Input",
    "InputLayer",
    "Layer",
    "Maximum",
    "Minimum",
    "Multiply",
    "Nested",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "ReLU",
    "Residual",
    "ScaledBy",
    "Subtract",
    "Weight",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

__getattr__ = catalogue.refusals("layers", __all__)
