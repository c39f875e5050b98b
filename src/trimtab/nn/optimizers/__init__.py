"""Optimizers: how weights are updated. One file a family."""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.optimizers.adam import Adam, AdamW
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.sgd import SGD
from trimtab.nn.optimizers.table import REGISTRY as REGISTRY
from trimtab.nn.optimizers.table import deserialize, get, serialize

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "deserialize", "get", "serialize"]

__getattr__ = catalogue.refusals("optimizers", __all__)
