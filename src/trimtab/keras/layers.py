"""Keras' name for :mod:`trimtab.layers`."""

from trimtab.nn.layers import *  # noqa: F403
from trimtab.nn.layers import __all__ as __all__
from trimtab.nn.layers import __getattr__ as __getattr__
