"""Keras' name for :mod:`trimtab.metrics`."""

from trimtab.metrics import *  # noqa: F403
from trimtab.metrics import __all__ as __all__
from trimtab.metrics import __getattr__ as __getattr__
