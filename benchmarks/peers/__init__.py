"""The peers: one file each, one interface, one row each in `PEERS`.

A peer module is imported only inside the worker process that runs it, because frameworks fix
things at import (Keras its backend) and must not share a process.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.data import Data
from benchmarks.networks import Run
from trimtab.core.types import Floats


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Peer(ABC):
    """One framework training one run.

    The worker times `build` + `fit` for a first fit, and `fit` alone for a steady one: `reset`
    comes between two fits, untimed, and gives the network new weights without giving up what was
    compiled.
    """

    def __init__(self, run: Run, data: Data) -> None:
        self.run = run
        self.data = data

    @abstractmethod
    def build(self, seed: int) -> None:
        """Make the network with fresh weights. Compiling may happen here or in the first fit."""

    @abstractmethod
    def reset(self, seed: int) -> None:
        """Fresh weights, moving statistics and optimizer state for the network already built."""

    @abstractmethod
    def fit(self) -> list[float]:
        """Train all epochs; return the validation loss of each (none without validation rows)."""

    def many(self, seeds: Sequence[int]) -> list[list[float]]:
        """Train one network per seed the way the framework's user would: one after another."""
        curves = []
        for seed in seeds:
            self.build(seed)
            curves.append(self.fit())
        return curves

    def set_threads(self, count: int) -> None:
        """Let the framework use so many threads, where that can be said once it has started."""
        raise NotImplementedError(f"{type(self).__module__} cannot change its threads")

    def predict(self, x: Floats) -> Floats:
        """What the network built last says of float32 rows."""
        raise NotImplementedError(f"{type(self).__module__} is not asked for predictions")

    def spent(self) -> dict[str, float]:
        """Processor seconds of parts of the last fit, where the peer knows of some."""
        return {}

    @staticmethod
    def facts() -> dict[str, str]:
        """What else the report should say about this peer's machinery."""
        return {}


@dataclass(frozen=True)
class Entry:
    """A peer's row: its module (which defines `PeerOf`), its needs, its environment.

    `cache_variable` names the environment variable that says where a peer keeps compiled code for
    later processes; empty where it keeps none. `precision` is that of its matrix products.
    """

    title: str
    module: str
    packages: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    cache_variable: str = ""
    precision: str = "float32"

    def missing(self) -> list[str]:
        return [name for name in self.packages if importlib.util.find_spec(name) is None]


#: What JAX's users set to keep compiled code; by default JAX leaves out what compiles in a second.
JAX_CACHE = "JAX_COMPILATION_CACHE_DIR"
CACHE_EVERYTHING = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def keras_entry(backend: str, title: str) -> Entry:
    environment = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    caching = backend == "jax"
    return Entry(
        title,
        "benchmarks.peers.keras",
        ("keras", backend),
        environment | (CACHE_EVERYTHING if caching else {}),
        JAX_CACHE if caching else "",
    )


PEERS = {
    "floor": Entry("floor: matrix products alone", "benchmarks.peers.floor", ("scipy",)),
    "trimtab": Entry("trimtab", "benchmarks.peers.trimtab", ("trimtab",)),
    "trimtab-before": Entry(
        "trimtab, another version (--before)", "benchmarks.peers.trimtab", ("trimtab",)
    ),
    "trimtab-single": Entry("trimtab, one thread", "benchmarks.peers.trimtab_single", ("trimtab",)),
    "trimtab-tracked": Entry(
        "trimtab, layers tracked", "benchmarks.peers.trimtab_tracked", ("trimtab",)
    ),
    "trimtab-coached": Entry(
        "trimtab, with the coach", "benchmarks.peers.trimtab_coached", ("trimtab",)
    ),
    "trimtab-jax": Entry(
        "trimtab (JAX engine)",
        "benchmarks.peers.trimtab_jax",
        ("trimtab", "jax"),
        cache_variable="TRIMTAB_CACHE_DIR",
    ),
    "trimtab-jax-bfloat16": Entry(
        "trimtab (JAX engine, mixed bfloat16)",
        "benchmarks.peers.trimtab_jax_bfloat16",
        ("trimtab", "jax"),
        cache_variable="TRIMTAB_CACHE_DIR",
        precision="bfloat16",
    ),
    "jax-scan": Entry(
        "hand-written JAX scan",
        "benchmarks.peers.jax_scan",
        ("jax",),
        CACHE_EVERYTHING,
        JAX_CACHE,
    ),
    "keras-jax": keras_entry("jax", "Keras (JAX)"),
    "pytorch": Entry("PyTorch loop, fused optimizer", "benchmarks.peers.pytorch", ("torch",)),
    "onnxruntime": Entry("onnxruntime", "benchmarks.peers.onnxruntime", ("onnxruntime", "onnx")),
    "pytorch-graphs": Entry(
        "PyTorch, steps as CUDA graphs", "benchmarks.peers.pytorch_graphs", ("torch",)
    ),
    "keras-tensorflow": keras_entry("tensorflow", "Keras (TensorFlow)"),
    "keras-torch": keras_entry("torch", "Keras (torch)"),
}


def load(name: str) -> type[Peer]:
    """Import a peer's module, framework included, and return its class."""
    peer: type[Peer] = importlib.import_module(PEERS[name].module).PeerOf
    return peer
