"""What a network is: layers, losses, metrics, optimizers, schedules, and the network of them."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """Activation functions as TensorFlow has them: ``tf.nn.relu``."""
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("trimtab.nn.activations"), name)
