"""Optimizers. Public name of :mod:`trimtab.nn.optimizers`."""

from trimtab.nn.optimizers import *  # noqa: F403
from trimtab.nn.optimizers import __all__ as __all__
from trimtab.nn.optimizers import __getattr__ as __getattr__
