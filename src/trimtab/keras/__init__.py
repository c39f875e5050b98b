"""trimtab under Keras' module names.

Code written for Keras runs with its imports changed::

    from trimtab import keras
    from trimtab.keras import layers, callbacks

A name of Keras that trimtab does not have raises an error that says what to use instead.
"""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.core.keras_names import KERAS_VERSION
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
from trimtab.model.model import Model
from trimtab.model.sequential import Sequential
from trimtab.nn.initializers import Initializer
from trimtab.nn.layers import Input, Layer
from trimtab.nn.losses import Loss
from trimtab.nn.metrics import Metric
from trimtab.nn.optimizers import Optimizer
from trimtab.nn.regularizers import Regularizer

__all__ = [
    "Initializer",
    "Input",
    "Layer",
    "Loss",
    "Metric",
    "Model",
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
    "version",
]

#: The version of Keras that trimtab follows, for code that asks; trimtab's own is
#: ``trimtab.__version__``.
__version__ = KERAS_VERSION


def version() -> str:
    """The version of Keras that trimtab follows.

    Example:
        >>> from trimtab import keras
        >>> keras.version() == keras.__version__
        True
    """
    return __version__


__getattr__ = catalogue.refusals("keras", __all__)
