"""Keras' name for :mod:`trimtab.initializers`."""

from trimtab.initializers import *  # noqa: F403
from trimtab.initializers import __all__ as __all__
from trimtab.initializers import __getattr__ as __getattr__
