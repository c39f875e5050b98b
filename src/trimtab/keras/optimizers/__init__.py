"""Keras' name for :mod:`trimtab.optimizers`."""

from trimtab.keras.optimizers import schedules as schedules
from trimtab.nn.optimizers import *  # noqa: F403
from trimtab.nn.optimizers import __all__ as __all__
from trimtab.nn.optimizers import __getattr__ as __getattr__
