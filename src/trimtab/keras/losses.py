"""Keras' name for :mod:`trimtab.losses`."""

from trimtab.losses import *  # noqa: F403
from trimtab.losses import __all__ as __all__
from trimtab.losses import __getattr__ as __getattr__
