"""Preprocessing: fitted on training rows, saved with the model as plain data."""

from trimtab.tables.preprocessing.preprocessor import Preprocessor
from trimtab.tables.preprocessing.step import OutputColumn, Unseen

__all__ = ["OutputColumn", "Preprocessor", "Unseen"]
