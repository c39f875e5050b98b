"""Keras' ``config``: settings of the process."""

from __future__ import annotations

from trimtab.config import dtype_policy, set_dtype_policy
from trimtab.core import catalogue
from trimtab.keras.backend import epsilon, floatx

__all__ = ["dtype_policy", "epsilon", "floatx", "set_dtype_policy"]

__getattr__ = catalogue.refusals("config", __all__)
