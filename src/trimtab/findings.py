"""Findings of the coach. Public name of :mod:`trimtab.insight.coach`."""

from trimtab.insight.coach import *  # noqa: F403
from trimtab.insight.coach import __all__ as __all__
