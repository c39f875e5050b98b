"""Regularizers. Public name of :mod:`trimtab.nn.regularizers`."""

from trimtab.nn.regularizers import *  # noqa: F403
from trimtab.nn.regularizers import __all__ as __all__
from trimtab.nn.regularizers import __getattr__ as __getattr__
