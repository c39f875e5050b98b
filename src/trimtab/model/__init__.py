"""The model file. See :mod:`trimtab.bundle.container` for what a file is."""

from trimtab.core.container import EXTENSION, FORMAT
from trimtab.model.contents import load_weights, save_model, save_weights
from trimtab.model.loading import load_model
from trimtab.model.sequential import Sequential, clone_model

__all__ = [
    "EXTENSION",
    "FORMAT",
    "Sequential",
    "clone_model",
    "load_model",
    "load_weights",
    "save_model",
    "save_weights",
]
