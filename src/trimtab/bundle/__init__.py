"""Saving and loading models. Old name of :mod:`trimtab.model` and :func:`trimtab.load`."""

from trimtab.model import *  # noqa: F403
from trimtab.predictor.loading import load as load
