"""Losses. Public name of :mod:`trimtab.nn.losses`."""

from trimtab.nn.losses import *  # noqa: F403
from trimtab.nn.losses import __all__ as __all__
from trimtab.nn.losses import __getattr__ as __getattr__
