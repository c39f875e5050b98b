"""Weights drawn with a variance that fits the size of the kernel."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.nn.initializers.base import RandomInitializer, Shape
from trimtab.nn.initializers.table import REGISTRY

__all__ = [
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "VarianceScaling",
]

#: Standard deviation of a standard normal truncated at two standard deviations.
TRUNCATED_STDDEV = 0.87962566103423978


@REGISTRY.register()
class VarianceScaling(RandomInitializer):
    """Noise whose variance is ``scale / n``, n being the inputs or outputs of the kernel.

    Formula:
        N is ``inputs`` (mode fan_in), ``outputs`` (fan_out) or their mean (fan_avg);
        ``untruncated_normal`` has standard deviation ``sqrt(scale / n)``, ``truncated_normal`` too
        (after truncation), ``uniform`` lies in ``+-sqrt(3 scale / n)``.

    Raises:
        InvalidArgument: scale is not above 0, or mode or distribution is unknown.

    Example:
        >>> from trimtab import initializers
        >>> values = initializers.VarianceScaling(mode="fan_out", seed=3)((4, 2))
        >>> values.dtype
        dtype('float32')
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ) -> None:
        super().__init__(seed)
        checks.unsupported(type(self).__name__, input_axes=input_axes, output_axes=output_axes)
        self.scale = checks.positive_number("scale", scale)
        self.mode = checks.choice("mode", mode, ("fan_in", "fan_out", "fan_avg"))
        if distribution == "normal":  # Keras' former name
            distribution = "truncated_normal"
        self.distribution = checks.choice(
            "distribution", distribution, ("uniform", "truncated_normal", "untruncated_normal")
        )

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        inputs, outputs = _fans(shape)
        n = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = np.float32(math.sqrt(3.0 * variance))
            return limit * (np.float32(2) * self._uniform(shape, seed, index) - np.float32(1))
        truncated = self.distribution == "truncated_normal"
        stddev = math.sqrt(variance) / (TRUNCATED_STDDEV if truncated else 1.0)
        return np.float32(stddev) * self._normal(shape, seed, index, truncated=truncated)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
        }


class _NamedScaling(VarianceScaling):
    """A :class:`VarianceScaling` whose settings have a name of their own."""

    settings: ClassVar[tuple[float, str, str]]

    def __init__(
        self, seed: int | None = None, input_axes: Any = None, output_axes: Any = None
    ) -> None:
        scale, mode, distribution = self.settings
        super().__init__(scale, mode, distribution, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


@REGISTRY.register()
class GlorotUniform(_NamedScaling):
    """Uniform in ``+-sqrt(6 / (inputs + outputs))``: the default of kernels.

    Source:
        Glorot & Bengio 2010, equation 16.

    Example:
        >>> from trimtab import initializers
        >>> values = initializers.GlorotUniform(seed=3)((4, 2))
        >>> bool(abs(values).max() <= 1.0)
        True
    """

    settings = (1.0, "fan_avg", "uniform")


@REGISTRY.register()
class GlorotNormal(_NamedScaling):
    """Truncated normal, variance ``2 / (inputs + outputs)``.

    Source:
        Glorot & Bengio 2010.

    Example:
        >>> from trimtab import initializers
        >>> initializers.GlorotNormal(seed=3)((4, 2)).shape
        (4, 2)
    """

    settings = (1.0, "fan_avg", "truncated_normal")


@REGISTRY.register()
class HeUniform(_NamedScaling):
    """Uniform in ``+-sqrt(6 / inputs)``, for relu.

    Source:
        He et al. 2015, "Delving deep into rectifiers", equation 10.

    Example:
        >>> from trimtab import initializers
        >>> initializers.HeUniform(seed=3)((4, 2)).shape
        (4, 2)
    """

    settings = (2.0, "fan_in", "uniform")


@REGISTRY.register()
class HeNormal(_NamedScaling):
    """Truncated normal, variance ``2 / inputs``, for relu.

    Source:
        He et al. 2015, "Delving deep into rectifiers", equation 10.

    Example:
        >>> from trimtab import initializers
        >>> initializers.HeNormal(seed=3)((4, 2)).shape
        (4, 2)
    """

    settings = (2.0, "fan_in", "truncated_normal")


@REGISTRY.register()
class LecunUniform(_NamedScaling):
    """Uniform in ``+-sqrt(3 / inputs)``.

    Source:
        LeCun et al. 1998, "Efficient backprop".

    Example:
        >>> from trimtab import initializers
        >>> initializers.LecunUniform(seed=3)((4, 2)).shape
        (4, 2)
    """

    settings = (1.0, "fan_in", "uniform")


@REGISTRY.register()
class LecunNormal(_NamedScaling):
    """Truncated normal, variance ``1 / inputs``, for selu.

    Source:
        LeCun et al. 1998, "Efficient backprop"; Klambauer et al. 2017.

    Example:
        >>> from trimtab import initializers
        >>> initializers.LecunNormal(seed=3)((4, 2)).shape
        (4, 2)
    """

    settings = (1.0, "fan_in", "truncated_normal")


def _fans(shape: Shape) -> tuple[float, float]:
    """Inputs and outputs of a kernel (inputs, outputs); of a vector both are its length."""
    if not shape:
        return 1.0, 1.0
    return float(shape[0]), float(shape[-1])
