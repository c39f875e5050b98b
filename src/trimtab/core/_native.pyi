"""The C++ extension, built from ``native/``; ``tests/engines/test_stub.py`` compares the two.

Arrays must be C-contiguous and have the type given here: the extension converts nothing.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Limits = NDArray[np.uint32]

class Network:
    def __init__(self, record: dict[str, Any]) -> None: ...
    def load(self, parameters: Floats, state: Floats, slots: Floats, step: int) -> None: ...
    def dump(self) -> tuple[Floats, Floats, Floats, int]: ...
    def train(
        self,
        x: Floats,
        y: Floats,
        weight: Floats | None,
        order: NDArray[np.int64] | None,
        batch_size: int,
        seed: int,
        learning_rates: Floats,
        sizes: NDArray[np.int32] | None,
        dropping: dict[int, tuple[Limits, Floats]] | None,
        predictions: bool,
        watch: Callable[[int, float], bool] | None,
        look: tuple[int, int, int] | None,
        threads: int,
    ) -> tuple[float, int, Floats | None, bool, float]: ...
    def look_at(self, values: list[tuple[int, int, float, float, float, bool, bool]]) -> None: ...
    def looked(self) -> tuple[int, Doubles, Doubles, Doubles, Doubles, Floats]: ...
    def evaluate(
        self, x: Floats, y: Floats, weight: Floats | None, predictions: bool, threads: int
    ) -> tuple[float, Floats | None]: ...
    def predict(self, x: Floats, threads: int) -> Floats: ...
    def forward(
        self,
        x: Floats,
        mask: Floats | None,
        training: bool,
        seed: int,
        step: int,
        update: bool,
        dropping: dict[int, tuple[Limits, Floats]] | None,
        threads: int,
    ) -> Floats: ...
    def probe(
        self,
        x: Floats,
        y: Floats | None,
        weight: Floats | None,
        training: bool,
        seed: int,
        step: int,
        dropping: dict[int, tuple[Limits, Floats]] | None,
        threads: int,
    ) -> tuple[list[Floats], float, Floats | None, list[Floats]]: ...
    def barriers(self, batch_size: int) -> int: ...

def stop() -> None: ...
def use_blas(capsule: object | None) -> None: ...
def uses_blas() -> bool: ...
def level() -> str: ...
def available_levels() -> list[str]: ...
def force_level(name: str) -> bool: ...
def threefry2x32(key0: int, key1: int, counter0: int, counter1: int) -> tuple[int, int]: ...
def mix(seed: int, stream: int) -> int: ...
def derive(seed: int, stream: int, index: int) -> int: ...
def uniform(seed: int, stream: int, index: int, count: int) -> Floats: ...
def normal(seed: int, stream: int, index: int, count: int, truncated: bool) -> Floats: ...
def permutation(seed: int, stream: int, index: int, count: int) -> NDArray[np.int64]: ...
