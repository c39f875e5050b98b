"""Keras' name for :mod:`trimtab.constraints`."""

from trimtab.constraints import *  # noqa: F403
from trimtab.constraints import __all__ as __all__
from trimtab.constraints import __getattr__ as __getattr__
