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


#: Where optimizers of Keras keep what trimtab calls slots, in trimtab's order, by class.
SLOT_GROUPS = {
    "Adadelta": ("_accumulated_grads", "_accumulated_delta_vars"),
    "Adagrad": ("_accumulators",),
    "Adam": ("_momentums", "_velocities", "_velocity_hats"),
    "AdamW": ("_momentums", "_velocities", "_velocity_hats"),
    "Adamax": ("_m", "_u"),
    "Ftrl": ("_accumulators", "_linears"),
    "Lion": ("_momentums",),
    "Nadam": ("_momentums", "_velocities"),
    "RMSprop": ("_velocities", "_momentums", "_average_gradients"),
    "SGD": ("momentums",),
}


def slot_groups(optimizer: Any) -> list[list[Any]]:
    """The slots of a built optimizer of Keras, each a list of variables, one a weight."""
    names = (
        *SLOT_GROUPS[type(optimizer).__name__],
        "_accumulated_gradients",
        "_model_variables_moving_average",
    )
    groups = [getattr(optimizer, name, None) for name in names]
    return [group for group in groups if group]
