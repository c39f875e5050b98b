"""From a table to a trained model, and what one does with it."""

from trimtab.predictor.predictor import Predictor
from trimtab.predictor.remarks import Remarks

__all__ = ["Predictor", "Remarks"]
