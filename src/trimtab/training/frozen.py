"""Says so where training can change nothing."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from trimtab.core import checks

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["warn_if_frozen"]


def warn_if_frozen(method: str, model: Network) -> None:
    """Warns if a model has no trainable weight.

    Args:
        method: What is about to train it, for the message.
        model: A built model.
    """
    if model.trainable_weights:
        return
    if any(layer.all_weights() and not layer.trainable for layer in model.layers_without_inputs):
        what = "all weights are frozen"
        step = "Set model.trainable = True, or trainable = True on the layers that are to learn."
    elif model.weights:
        what = "none of its weights is trainable"
        step = "Add a layer with trainable weights, such as layers.Dense(1)."
    else:
        what = "it has no weights"
        step = "Add a layer that has some, such as layers.Dense(1)."
    warnings.warn(
        f"{method} trains nothing in {model.name}: {what}. {step}", stacklevel=checks.outside()
    )
