"""Keras' name for :mod:`trimtab.schedules`."""

from trimtab.nn.schedules import *  # noqa: F403
from trimtab.nn.schedules import __all__ as __all__
from trimtab.nn.schedules import __getattr__ as __getattr__
