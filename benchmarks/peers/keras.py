"""Keras 3, with the backend that KERAS_BACKEND names.

Steady fits train one compiled model again and again: its weights are drawn anew and the optimizer
goes back to its first state in between, so nothing is traced or compiled after the first fit.

The other backends are hidden: where TensorFlow is installed, Keras on JAX loads it while it builds
its first model (half a gigabyte and seconds), which nobody who installed one backend pays.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from typing import Any

from benchmarks.peers import Peer, cores
from benchmarks.peers.keras_shaped import compiled, fit, network

BACKENDS = {"jax", "tensorflow", "torch"}


class Hiding:
    """A finder of Python's that does not find the backends not in use."""

    names = BACKENDS - {os.environ["KERAS_BACKEND"]}

    def __init__(self, finder: Any) -> None:
        self.finder = finder

    def find_spec(self, fullname: str, *arguments: Any) -> ModuleSpec | None:
        if fullname in self.names:
            return None
        spec: ModuleSpec | None = self.finder.find_spec(fullname, *arguments)
        return spec

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)


sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]

import keras  # noqa: E402


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
