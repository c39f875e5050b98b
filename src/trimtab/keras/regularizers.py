"""Keras' name for :mod:`trimtab.regularizers`."""

from trimtab.regularizers import *  # noqa: F403
from trimtab.regularizers import __all__ as __all__
from trimtab.regularizers import __getattr__ as __getattr__
