"""Weights drawn with a variance that fits the size of the kernel."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
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

    Args:
        scale, mode, distribution: of the formula.
        seed: of the draw; None: the next one of the model.
        input_axes, output_axes: axes of the weight whose sizes, multiplied, are the inputs and the
            outputs, for weights that are no kernel ``(inputs, outputs)``; both or none.

    Raises:
        InvalidArgument: scale is not above 0, mode or distribution is unknown, one of the axes is
            missing, or a weight has no such axis.

    Example:
        >>> from trimtab import initializers
        >>> values = initializers.VarianceScaling(mode="fan_out", seed=3)((4, 2))
        >>> values.dtype
        dtype('float32')
    """

    #: Of those pickled before there were axes.
    input_axes: list[int] | None = None
    output_axes: list[int] | None = None

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
        self.input_axes = _axes("input_axes", input_axes)
        self.output_axes = _axes("output_axes", output_axes)
        if (self.input_axes is None) != (self.output_axes is None):
            raise InvalidArgument(
                "input_axes and output_axes go together, received input_axes="
                f"{brief(input_axes)} and output_axes={brief(output_axes)}. Use input_axes=[0] "
                "and output_axes=[1], or leave both out."
            )
        self.scale = checks.positive_number("scale", scale)
        self.mode = checks.choice("mode", mode, ("fan_in", "fan_out", "fan_avg"))
        if distribution == "normal":  # Keras' former name
            distribution = "truncated_normal"
        self.distribution = checks.choice(
            "distribution", distribution, ("uniform", "truncated_normal", "untruncated_normal")
        )

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        if self.input_axes is None or self.output_axes is None:
            inputs, outputs = _fans(shape)
        else:
            inputs = _product("input_axes", self.input_axes, shape)
            outputs = _product("output_axes", self.output_axes, shape)
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
            **self._axes_record(),
        }

    def _axes_record(self) -> dict[str, Any]:
        """The axes, where they are given."""
        if self.input_axes is None:
            return {}
        return {"input_axes": self.input_axes, "output_axes": self.output_axes}


class _NamedScaling(VarianceScaling):
    """A :class:`VarianceScaling` whose settings have a name of their own."""

    settings: ClassVar[tuple[float, str, str]]

    def __init__(
        self, seed: int | None = None, input_axes: Any = None, output_axes: Any = None
    ) -> None:
        scale, mode, distribution = self.settings
        super().__init__(scale, mode, distribution, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, **self._axes_record()}


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


def _axes(name: str, axes: Any) -> list[int] | None:
    """Numbers of axes, or None."""
    if axes is None:
        return None
    axes = [axes] if isinstance(axes, int | np.integer) else axes
    if not isinstance(axes, list | tuple) or not axes:
        raise InvalidArgument(
            f"{name} must be a list of axes, received {brief(axes)}. Use {name}=[0]."
        )
    return [checks.integer(name, axis, minimum=-32, maximum=31) for axis in axes]


def _product(name: str, axes: list[int], shape: Shape) -> float:
    """The sizes of these axes, multiplied."""
    for axis in axes:
        if not -len(shape) <= axis < len(shape):
            raise InvalidArgument(
                f"{name} must name axes of the weight, which has the shape {shape}, received "
                f"{axis}. Use {name}=[0]."
            )
    return float(math.prod(shape[axis] for axis in axes))
