"""Training and validation arrays, and how they travel from the driver to the workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trimtab.core.types import Floats


@dataclass(frozen=True)
class Data:
    """C-contiguous float32 arrays: what every framework takes without converting.

    The validation arrays may have no rows: then the run trains without validation.
    """

    x_train: Floats
    y_train: Floats
    x_valid: Floats
    y_valid: Floats

    @property
    def columns(self) -> int:
        return int(self.x_train.shape[1])

    @property
    def validates(self) -> bool:
        return len(self.x_valid) > 0

    def save(self, path: Path) -> None:
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Data:
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})


def as_floats(values: object) -> Floats:
    """Copy any array or frame into the form that `Data` promises."""
    return np.ascontiguousarray(values, dtype=np.float32)


def synthetic(rows: int, columns: int, valid_rows: int = 0, seed: int = 0) -> Data:
    """Normal inputs and a target that a small network can learn."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((rows + valid_rows, columns), dtype=np.float32)
    y = as_floats(np.tanh(x[:, 0]) + np.abs(x[:, -1]) / 2)
    return Data(x[:rows], y[:rows], x[rows:], y[rows:])
