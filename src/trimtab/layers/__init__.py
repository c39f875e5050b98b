"""Layers. Public name of :mod:`trimtab.nn.layers`."""

from trimtab.nn.layers import *  # noqa: F403
from trimtab.nn.layers import __all__ as __all__
from trimtab.nn.layers import __getattr__ as __getattr__
