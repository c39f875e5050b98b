"""The process' precision, under the older of Keras' names for it."""

from __future__ import annotations

from typing import Never

from trimtab.config import dtype_policy, set_dtype_policy
from trimtab.core import catalogue

__all__ = ["dtype_policy", "global_policy", "set_dtype_policy", "set_global_policy"]

global_policy = dtype_policy
set_global_policy = set_dtype_policy


def __getattr__(name: str) -> Never:
    raise catalogue.missing("mixed_precision", name, __all__)
