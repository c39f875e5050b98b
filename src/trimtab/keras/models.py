"""Keras' ``models``: networks and their files."""

from trimtab.core import catalogue
from trimtab.model import load_model, save_model
from trimtab.model.model import Model
from trimtab.model.sequential import Sequential, clone_model

__all__ = ["Model", "Sequential", "clone_model", "load_model", "save_model"]

__getattr__ = catalogue.refusals("models", __all__)
