"""All callbacks: those of :mod:`trimtab.training.callbacks`, the coach's and the live view's."""

from trimtab.core import catalogue
from trimtab.insight.coach.watching import Coach
from trimtab.insight.live import Live
from trimtab.training import callbacks as _callbacks
from trimtab.training.callbacks import *  # noqa: F403

__all__ = [*_callbacks.__all__, "Coach", "Live"]

__getattr__ = catalogue.refusals("callbacks", __all__)
