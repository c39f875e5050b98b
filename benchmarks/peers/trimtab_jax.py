"""trimtab on its JAX engine.

As with the native engine, a steady fit trains a model built anew: lowering is counted, and so is
whatever the engine does to find the compiled functions of an earlier model of the same structure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax

from benchmarks.peers import trimtab
from benchmarks.peers.keras_shaped import validation
from trimtab.model.population import fit_population


class PeerOf(trimtab.PeerOf):
    options: ClassVar[dict[str, Any]] = {"engine": "jax"}

    def many(self, seeds: Sequence[int]) -> list[list[float]]:
        """All networks as one population."""
        histories = fit_population(
            [self._compiled(seed) for seed in seeds],
            self.data.x_train,
            self.data.y_train,
            validation_data=validation(self.data),
            batch_size=self.run.batch_size,
            epochs=self.run.epochs,
        )
        return [history.history.get("val_loss", []) for history in histories]

    @staticmethod
    def facts() -> dict[str, str]:
        return {"JAX device": jax.devices()[0].device_kind}
