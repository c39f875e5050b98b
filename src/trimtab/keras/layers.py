"""Keras' name for :mod:`trimtab.layers`."""

from trimtab.layers import *  # noqa: F403
from trimtab.layers import __all__ as __all__
from trimtab.layers import __getattr__ as __getattr__
