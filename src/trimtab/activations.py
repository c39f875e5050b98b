"""Activation functions. Public name of :mod:`trimtab.nn.activations`."""

from trimtab.nn.activations import *  # noqa: F403
from trimtab.nn.activations import __all__ as __all__
from trimtab.nn.activations import __getattr__ as __getattr__
