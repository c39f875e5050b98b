"""Keras' name for :mod:`trimtab.constraints`."""

from trimtab.nn.constraints import *  # noqa: F403
from trimtab.nn.constraints import __all__ as __all__
from trimtab.nn.constraints import __getattr__ as __getattr__
