"""Small things, under Keras' names."""

from __future__ import annotations

import random

import numpy as np

from trimtab import config
from trimtab.core import catalogue
from trimtab.keras.backend import clear_session
from trimtab.keras.saving import (
    CustomObjectScope,
    custom_object_scope,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)

__all__ = [
    "CustomObjectScope",
    "clear_session",
    "custom_object_scope",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "set_random_seed",
]


def set_random_seed(seed: int) -> None:
    """As in Keras: seeds everything, NumPy's and Python's global generators included.

    The latter so that code moved from Keras, which may draw a split from them, stays reproducible;
    trimtab itself does not draw from them. ``trimtab.set_random_seed`` leaves them alone.
    """
    config.set_random_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the global state is what is meant


__getattr__ = catalogue.refusals("utils", __all__)
