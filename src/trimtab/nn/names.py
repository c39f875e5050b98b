"""Automatic names of layers, models and optimizers."""

from __future__ import annotations

import itertools

from trimtab.nn.registry import snake_case

__all__ = ["automatic_name", "reset_names"]

_counters: dict[str, itertools.count[int]] = {}


def automatic_name(class_name: str) -> str:
    """``dense``, ``dense_1``, ... as Keras names objects of one class."""
    stem = snake_case(class_name)
    number = next(_counters.setdefault(stem, itertools.count()))
    return f"{stem}_{number}" if number else stem


def reset_names() -> None:
    """Starts the automatic names over (``keras.utils.clear_session``)."""
    _counters.clear()
