"""Keras' name for :mod:`trimtab.training.callbacks`."""

from trimtab.core import catalogue
from trimtab.training.callbacks import *  # noqa: F403
from trimtab.training.callbacks import __all__ as __all__

__getattr__ = catalogue.refusals("callbacks", __all__)
