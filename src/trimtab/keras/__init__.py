"""trimtab under Keras' module names.

Code written for Keras runs with its imports changed::

    from trimtab import keras
    from trimtab.keras import layers, callbacks

What Keras has and trimtab has not is refused by name, in one sentence.
"""

from __future__ import annotations

from typing import Never

from trimtab import catalogue
from trimtab.initializers import Initializer
from trimtab.keras import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    mixed_precision,
    models,
    optimizers,
    regularizers,
    saving,
    utils,
)
from trimtab.layers import Input, Layer
from trimtab.losses import Loss
from trimtab.metrics import Metric
from trimtab.model import Sequential
from trimtab.optimizers import Optimizer
from trimtab.regularizers import Regularizer

__all__ = [
    "Initializer",
    "Input",
    "Layer",
    "Loss",
    "Metric",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "optimizers",
    "regularizers",
    "saving",
    "utils",
]


def __getattr__(name: str) -> Never:
    raise catalogue.missing("keras", name, __all__)
