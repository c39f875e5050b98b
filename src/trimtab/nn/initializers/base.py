"""What an initializer is: an array as a function of shape, seed and index."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import config
from trimtab.core import checks, random
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = ["Initializer", "RandomInitializer", "Shape", "refuse_vectors"]

Shape = tuple[int, ...]


def refuse_vectors(name: str, shape: Shape) -> None:
    """Refuses a weight that has no rows and columns, such as a bias."""
    if len(shape) < 2:
        raise InvalidArgument(
            f"{name} must draw a matrix, received the shape {shape}. Use it as kernel_initializer, "
            "and 'zeros' for a bias."
        )


class Initializer:
    """Base of all initializers."""

    def __call__(
        self, shape: Any, dtype: Any = None, *, seed: int | None = None, index: int = 0
    ) -> Floats:
        """An array of this shape, float32.

        Args:
            shape: of the weight.
            dtype: float32 or None.
            seed: 64 bits; None: the next one of ``trimtab.config``.
            index: which draw of the seed; weight i of a model draws number i.
        """
        if dtype is not None and np.dtype(dtype) != np.float32:
            raise InvalidArgument(f"dtype must be 'float32', received {brief(dtype)}.")
        sizes = tuple(
            checks.integer("shape", size, minimum=0, maximum=2**40)
            for size in ((shape,) if isinstance(shape, int) else shape)
        )
        return self.draw(sizes, seed, index)

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        """What subclasses write."""
        raise NotImplementedError(f"{type(self).__name__} does not draw")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.get_config().items())))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


class RandomInitializer(Initializer):
    """An initializer that draws; ``seed`` is its own, or None for the model's."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = checks.seed("seed", seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}

    def _key(self, seed: int | None, index: int) -> tuple[int, int]:
        """(seed, index) to draw from."""
        if self.seed is not None:
            return self.seed, 0
        return (config.next_seed() if seed is None else seed), index

    def _uniform(self, shape: Shape, seed: int | None, index: int) -> Floats:
        """Uniform in [0, 1)."""
        key, index = self._key(seed, index)
        return random.uniform(key, random.Stream.WEIGHTS, index, shape)

    def _normal(self, shape: Shape, seed: int | None, index: int, *, truncated: bool) -> Floats:
        """Standard normal."""
        key, index = self._key(seed, index)
        return random.normal(key, random.Stream.WEIGHTS, index, shape, truncated=truncated)
