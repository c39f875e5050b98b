"""Keras' name for :mod:`trimtab.schedules`."""

from trimtab.schedules import *  # noqa: F403
from trimtab.schedules import __all__ as __all__
from trimtab.schedules import __getattr__ as __getattr__
