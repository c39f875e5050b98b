"""Models: layers in a row, committees, and both in files."""

from trimtab.core.container import EXTENSION, FORMAT
from trimtab.model.contents import load_weights, save_model, save_weights
from trimtab.model.loading import load_model
from trimtab.model.model import Model
from trimtab.model.sequential import Sequential, clone_model

__all__ = [
    "EXTENSION",
    "FORMAT",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "load_weights",
    "save_model",
    "save_weights",
]
