"""Keras' name for :mod:`trimtab.optimizers`."""

from trimtab.keras.optimizers import schedules as schedules
from trimtab.optimizers import *  # noqa: F403
from trimtab.optimizers import __all__ as __all__
from trimtab.optimizers import __getattr__ as __getattr__
