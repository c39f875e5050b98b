"""Preprocessing that travels with the model: fitted on training rows, stored as plain data."""

from trimtab.tables.preprocessing.preprocessor import Preprocessor
from trimtab.tables.preprocessing.step import OutputColumn, Unseen

__all__ = ["OutputColumn", "Preprocessor", "Unseen"]
