"""Keras 3's files, both ways: ``.keras`` with the model, ``.weights.h5`` with the weights.

What is read is JSON and HDF5; Keras is not needed, and nothing in a file is executed.
"""

from trimtab.interchange.keras_file.loading import load, load_weights
from trimtab.interchange.keras_file.saving import save, save_weights

__all__ = ["load", "load_weights", "save", "save_weights"]
