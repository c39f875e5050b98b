"""What is going on inside a network: ``model.probe`` and ``fit(track=["layers"])``."""

from trimtab.inspection.inspector import Inspector
from trimtab.inspection.table import LayerRow, LayerTable

__all__ = ["Inspector", "LayerRow", "LayerTable"]
