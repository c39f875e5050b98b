"""Keras' name for :mod:`trimtab.initializers`."""

from trimtab.nn.initializers import *  # noqa: F403
from trimtab.nn.initializers import __all__ as __all__
from trimtab.nn.initializers import __getattr__ as __getattr__
