"""trimtab under its Keras names, default threads.

A steady fit trains a model built anew: there is no compiled code to lose, and whatever lowering
costs is counted against trimtab.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import trimtab
from benchmarks.peers import Peer, cores
from benchmarks.peers.keras_shaped import compiled, fit
from trimtab import keras
from trimtab.core.types import Floats


class PeerOf(Peer):
    model: Any
    options: ClassVar[dict[str, Any]] = {}  #: what `compile` is told beside optimizer and loss

    def build(self, seed: int) -> None:
        self.model = self._compiled(seed)

    def reset(self, seed: int) -> None:
        self.build(seed)

    def fit(self) -> list[float]:
        return self._fitted(self.model)

    def fitting(self) -> dict[str, Any]:
        """What `fit` is told beside the run."""
        return {}

    def many(self, seeds: Sequence[int]) -> list[list[float]]:
        """One network per core, each in its own Python thread with one engine thread."""
        trimtab.config.set_threads(1)
        models = [self._compiled(seed) for seed in seeds]
        with ThreadPoolExecutor(cores()) as pool:
            return list(pool.map(self._fitted, models))

    def set_threads(self, count: int) -> None:
        trimtab.config.set_threads(count)

    def predict(self, x: Floats) -> Floats:
        predicted: Floats = self.model.predict(x, verbose=0)
        return predicted

    def _fitted(self, model: Any) -> list[float]:
        return fit(model, self.run, self.data, **self.fitting())

    def _compiled(self, seed: int) -> Any:
        keras.utils.set_random_seed(seed)
        return compiled(keras, self.run, self.data.columns, **self.options)
