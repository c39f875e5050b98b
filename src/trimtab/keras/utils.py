"""Keras' ``utils``: seeds and registered names."""

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
    """Seeds trimtab, NumPy and Python's ``random``, as in Keras.

    Code written for Keras may draw its split from the global generators; trimtab does not use them,
    and :func:`trimtab.set_random_seed` does not seed them.

    Args:
        seed: An integer from 0 to 2**64 - 1.
    """
    config.set_random_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the global generator is meant


__getattr__ = catalogue.refusals("utils", __all__)
