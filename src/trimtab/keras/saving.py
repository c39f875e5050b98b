"""Files of models, under Keras' names."""

from typing import Never

from trimtab import catalogue
from trimtab.bundle import load_model, load_weights, save_model, save_weights

__all__ = ["load_model", "load_weights", "save_model", "save_weights"]


def __getattr__(name: str) -> Never:
    raise catalogue.missing("saving", name, __all__)
