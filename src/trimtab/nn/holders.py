"""Which networks hold a layer."""

from __future__ import annotations

import weakref
from typing import Any

__all__ = ["Holders"]


class Holders:
    """The models that hold a layer; usually one. What a layer asks, each of them is asked.

    At most one of them holds newer values of a shared layer in its engine: training a model first
    reads back from the others.
    """

    def __init__(self) -> None:
        self._references: list[weakref.ref[Any]] = []

    def models(self) -> list[Any]:
        return [model for model in (reference() for reference in self._references) if model]

    def add(self, model: Any) -> None:
        if not any(known is model for known in self.models()):
            self._references.append(weakref.ref(model))

    def time(self) -> tuple[int, int | None]:
        """Batches trained, and those of an epoch as far as that is known, of the first of them."""
        for model in self.models():
            return model.runner.step, model.epoch_steps
        return 0, None

    def remove(self, model: Any) -> None:
        self._references = [r for r in self._references if r() is not model and r() is not None]

    def pull(self) -> None:
        for model in self.models():
            model.pull()

    def touched(self) -> None:
        for model in self.models():
            model.touched()
