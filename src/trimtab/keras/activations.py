"""Keras' name for :mod:`trimtab.activations`."""

from trimtab.activations import *  # noqa: F403
from trimtab.activations import __all__ as __all__
from trimtab.activations import __getattr__ as __getattr__
