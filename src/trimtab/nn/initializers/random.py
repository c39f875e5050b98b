"""Weights drawn uniformly or normally, whatever the size of the kernel."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.initializers.base import RandomInitializer, Shape
from trimtab.nn.initializers.table import REGISTRY

__all__ = ["RandomNormal", "RandomUniform", "TruncatedNormal"]


@REGISTRY.register("uniform")
class RandomUniform(RandomInitializer):
    """Uniform in [minval, maxval).

    Raises:
        InvalidArgument: a bound is not a number, or minval is above maxval.

    Example:
        >>> from trimtab import initializers
        >>> values = initializers.RandomUniform(-1, 1, seed=3)((100,))
        >>> bool(-1 <= values.min() <= values.max() < 1)
        True
    """

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self.minval = checks.number("minval", minval)
        self.maxval = checks.number("maxval", maxval)
        if not self.minval <= self.maxval:
            raise InvalidArgument(
                f"minval must not be above maxval, received minval={brief(minval)}, "
                f"maxval={brief(maxval)}."
            )

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        low, high = np.float32(self.minval), np.float32(self.maxval)
        return low + (high - low) * self._uniform(shape, seed, index)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


@REGISTRY.register("normal")
class RandomNormal(RandomInitializer):
    """Normal with this mean and standard deviation.

    Raises:
        InvalidArgument: ``stddev`` is below 0.

    Example:
        >>> from trimtab import initializers
        >>> initializers.RandomNormal(stddev=0.1, seed=3)((4, 2)).shape
        (4, 2)
    """

    truncated: ClassVar[bool] = False

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = checks.number("mean", mean)
        self.stddev = checks.non_negative_number("stddev", stddev)

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        normal = self._normal(shape, seed, index, truncated=self.truncated)
        return np.float32(self.mean) + np.float32(self.stddev) * normal

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


@REGISTRY.register()
class TruncatedNormal(RandomNormal):
    """:class:`RandomNormal`, values beyond two standard deviations drawn again.

    Example:
        >>> from trimtab import initializers
        >>> values = initializers.TruncatedNormal(stddev=0.1, seed=3)((100,))
        >>> bool(abs(values).max() <= 0.2)
        True
    """

    truncated: ClassVar[bool] = True
