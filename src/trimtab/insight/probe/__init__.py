"""Measures what each layer does: ``model.probe`` and ``fit(track=["layers"])``."""

from trimtab.insight.probe.inspector import Inspector
from trimtab.insight.probe.table import LayerRow, LayerTable

__all__ = ["Inspector", "LayerRow", "LayerTable"]
