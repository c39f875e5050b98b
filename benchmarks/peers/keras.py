"""Keras 3, with the backend that KERAS_BACKEND names.

Steady fits train one compiled model again and again: its weights are drawn anew and the optimizer
goes back to its first state in between, so nothing is traced or compiled after the first fit.
"""

from __future__ import annotations

from typing import Any

import keras

from benchmarks.peers import Peer, cores
from benchmarks.peers.keras_shaped import compiled, fit, network


class PeerOf(Peer):
    model: Any
    optimizer_start: list[Any]

    def build(self, seed: int) -> None:
        if keras.backend.backend() == "torch":
            import torch

            torch.set_num_threads(cores())
        keras.utils.set_random_seed(seed)
        self.model = compiled(keras, self.run, self.data.columns)
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        to_numpy = keras.ops.convert_to_numpy
        self.optimizer_start = [to_numpy(variable).copy() for variable in optimizer.variables]

    def reset(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self.model.set_weights(network(keras, self.run, self.data.columns).get_weights())
        variables = self.model.optimizer.variables
        for variable, start in zip(variables, self.optimizer_start, strict=True):
            variable.assign(start)

    def fit(self) -> list[float]:
        return fit(self.model, self.run, self.data)
