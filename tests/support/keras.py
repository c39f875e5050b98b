"""Keras 3, the reference for names, defaults and numbers."""

from __future__ import annotations

import importlib
import warnings
from types import ModuleType
from typing import Any

#: What Keras' own variables warn of under NumPy 2.
ARRAY_COPY = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"


def import_keras() -> ModuleType:
    """Keras on its JAX back end, whatever its own imports warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras

        importlib.import_module("keras.optimizers.schedules")

    return keras


def plain(config: Any) -> Any:
    """A configuration of Keras in our form: without ``module`` and ``registered_name``."""
    if isinstance(config, dict):
        return {k: plain(v) for k, v in config.items() if k not in ("module", "registered_name")}
    return config
