"""Layers that look at the rows before the first step."""

from __future__ import annotations

import numpy as np

from trimtab.core.types import Floats
from trimtab.engines.base import Rows
from trimtab.model.chosen_rows import ChosenRows
from trimtab.nn.layers import InputLayer, PiecewiseLinearEmbedding
from trimtab.nn.network import Network

__all__ = ["adapt_front"]


def adapt_front(model: Network, rows: Rows | ChosenRows) -> None:
    """Adapts a piecewise-linear embedding at the front to the rows that it will be trained on.

    Nothing happens where it was adapted already, or where the network was trained before.

    Args:
        model: compiled and built.
        rows: to train on.
    """
    stack = [layer for layer in model.layers if not isinstance(layer, InputLayer)]
    first = stack[0] if stack else None
    if not isinstance(first, PiecewiseLinearEmbedding) or first.is_adapted:
        return
    if model.optimizer.iterations == 0:
        first.adapt(rows.x, _columns(model, rows.y))


def _columns(model: Network, y: Floats | None) -> Floats | None:
    """Targets, with a column of 0 and 1 for each class where they are class numbers."""
    loss = model.program().loss
    if y is None or loss is None or not loss.sparse:
        return y
    flags = y.reshape(-1, 1) == np.arange(model.program().output_width)
    classes: Floats = flags.astype(np.float32)
    return classes
