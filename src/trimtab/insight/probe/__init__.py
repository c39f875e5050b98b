"""What is going on inside a network: ``model.probe`` and ``fit(track=["layers"])``."""

from trimtab.insight.probe.inspector import Inspector
from trimtab.insight.probe.table import LayerRow, LayerTable

__all__ = ["Inspector", "LayerRow", "LayerTable"]
