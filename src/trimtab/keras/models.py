"""Networks and their files, under Keras' names."""

from typing import Never

from trimtab.core import catalogue
from trimtab.model import load_model, save_model
from trimtab.model.sequential import Sequential, clone_model

__all__ = ["Sequential", "clone_model", "load_model", "save_model"]


def __getattr__(name: str) -> Never:
    raise catalogue.missing("models", name, __all__)
