"""Keras' name for :mod:`trimtab.training.callbacks`."""

from typing import Never

from trimtab.core import catalogue
from trimtab.training.callbacks import *  # noqa: F403
from trimtab.training.callbacks import __all__ as __all__


def __getattr__(name: str) -> Never:
    raise catalogue.missing("callbacks", name, __all__)
