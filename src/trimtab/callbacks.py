"""Callbacks. Public name of :mod:`trimtab.insight.callbacks`."""

from trimtab.insight.callbacks import *  # noqa: F403
from trimtab.insight.callbacks import __all__ as __all__
from trimtab.insight.callbacks import __getattr__ as __getattr__
