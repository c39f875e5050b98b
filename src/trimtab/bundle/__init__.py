"""The model file. See :mod:`trimtab.bundle.container` for what a file is."""

from trimtab.bundle.container import EXTENSION, FORMAT
from trimtab.bundle.model_file import load_model, load_weights, save_model, save_weights
from trimtab.bundle.predictor_file import load

__all__ = [
    "EXTENSION",
    "FORMAT",
    "load",
    "load_model",
    "load_weights",
    "save_model",
    "save_weights",
]
