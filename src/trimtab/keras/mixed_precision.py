"""Keras' ``mixed_precision``: older names for the precision of the process."""

from __future__ import annotations

from trimtab.config import dtype_policy, set_dtype_policy
from trimtab.core import catalogue

__all__ = ["dtype_policy", "global_policy", "set_dtype_policy", "set_global_policy"]

global_policy = dtype_policy
set_global_policy = set_dtype_policy

__getattr__ = catalogue.refusals("mixed_precision", __all__)
