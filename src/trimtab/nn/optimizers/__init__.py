"""Optimizers: how weights are updated. One file a family."""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.optimizers.adadelta import Adadelta
from trimtab.nn.optimizers.adagrad import Adagrad
from trimtab.nn.optimizers.adam import Adam, AdamW
from trimtab.nn.optimizers.adamax import Adamax
from trimtab.nn.optimizers.base import Optimizer
from trimtab.nn.optimizers.ftrl import Ftrl
from trimtab.nn.optimizers.lion import Lion
from trimtab.nn.optimizers.nadam import Nadam
from trimtab.nn.optimizers.rmsprop import RMSprop
from trimtab.nn.optimizers.sgd import SGD
from trimtab.nn.optimizers.table import REGISTRY as REGISTRY
from trimtab.nn.optimizers.table import deserialize, get, serialize

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "serialize",
]

__getattr__ = catalogue.refusals("optimizers", __all__)
