"""Initializers of weights. Public name of :mod:`trimtab.nn.initializers`."""

from trimtab.nn.initializers import *  # noqa: F403
from trimtab.nn.initializers import __all__ as __all__
from trimtab.nn.initializers import __getattr__ as __getattr__
