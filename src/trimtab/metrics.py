"""Metrics. Public name of :mod:`trimtab.nn.metrics`."""

from trimtab.nn.metrics import *  # noqa: F403
from trimtab.nn.metrics import __all__ as __all__
from trimtab.nn.metrics import __getattr__ as __getattr__
