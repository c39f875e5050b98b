"""How weights are drawn at first.

An initializer is called as ``initializer(shape, seed=..., index=...)`` and returns a float32
array that depends on those alone. One with a ``seed`` of its own draws the same array every time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from trimtab.core import catalogue, checks
from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.registry import Registry

Shape = tuple[int, ...]

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]

#: Standard deviation of a standard normal truncated at two standard deviations.
TRUNCATED_STDDEV = 0.87962566103423978


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
            raise InvalidArgument(f"dtype must be 'float32', received {dtype!r}.")
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


class Zeros(Initializer):
    """All 0.

    >>> from trimtab import initializers
    >>> initializers.Zeros()((2,)).tolist()
    [0.0, 0.0]
    """

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        return np.zeros(shape, np.float32)


class Ones(Initializer):
    """All 1.

    >>> from trimtab import initializers
    >>> initializers.Ones()((2,)).tolist()
    [1.0, 1.0]
    """

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        return np.ones(shape, np.float32)


class Constant(Initializer):
    """All one number.

    Errors: ``InvalidArgument`` where ``value`` is not a finite number.

    >>> from trimtab import initializers
    >>> initializers.Constant(0.5)((2,)).tolist()
    [0.5, 0.5]
    """

    def __init__(self, value: float = 0.0) -> None:
        self.value = checks.number("value", value)

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        return np.full(shape, self.value, np.float32)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


class _Random(Initializer):
    """An initializer that draws; ``seed`` is its own, or None for the model's."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = checks.seed("seed", seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}

    def _key(self, seed: int | None, index: int) -> tuple[int, int]:
        """(seed, index) to draw from."""
        from trimtab import config

        if self.seed is not None:
            return self.seed, 0
        return (config.next_seed() if seed is None else seed), index

    def _uniform(self, shape: Shape, seed: int | None, index: int) -> Floats:
        """Uniform in [0, 1)."""
        from trimtab.core import random

        key, index = self._key(seed, index)
        return random.uniform(key, random.Stream.WEIGHTS, index, shape)

    def _normal(self, shape: Shape, seed: int | None, index: int, *, truncated: bool) -> Floats:
        """Standard normal."""
        from trimtab.core import random

        key, index = self._key(seed, index)
        return random.normal(key, random.Stream.WEIGHTS, index, shape, truncated=truncated)


class RandomUniform(_Random):
    """Uniform in [minval, maxval).

    Errors: ``InvalidArgument`` where a bound is not a number, or minval is above maxval.

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
                f"minval must not be above maxval, received minval={minval!r}, maxval={maxval!r}."
            )

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        low, high = np.float32(self.minval), np.float32(self.maxval)
        return low + (high - low) * self._uniform(shape, seed, index)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class RandomNormal(_Random):
    """Normal with this mean and standard deviation.

    Errors: ``InvalidArgument`` where ``stddev`` is below 0.

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


class TruncatedNormal(RandomNormal):
    """:class:`RandomNormal`, values beyond two standard deviations drawn again.

    >>> from trimtab import initializers
    >>> values = initializers.TruncatedNormal(stddev=0.1, seed=3)((100,))
    >>> bool(abs(values).max() <= 0.2)
    True
    """

    truncated: ClassVar[bool] = True


class VarianceScaling(_Random):
    """Noise whose variance is ``scale / n``, n being the inputs or outputs of the kernel.

    Formula: n is ``inputs`` (mode fan_in), ``outputs`` (fan_out) or their mean (fan_avg);
    ``untruncated_normal`` has standard deviation ``sqrt(scale / n)``, ``truncated_normal`` too
    (after truncation), ``uniform`` lies in ``+-sqrt(3 scale / n)``.

    Errors: ``InvalidArgument`` where scale is not above 0, or mode or distribution is unknown.

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


class GlorotUniform(_NamedScaling):
    """Uniform in ``+-sqrt(6 / (inputs + outputs))``: the default of kernels.

    Source: Glorot & Bengio 2010, equation 16.

    >>> from trimtab import initializers
    >>> values = initializers.GlorotUniform(seed=3)((4, 2))
    >>> bool(abs(values).max() <= 1.0)
    True
    """

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedScaling):
    """Truncated normal, variance ``2 / (inputs + outputs)``.

    Source: Glorot & Bengio 2010.

    >>> from trimtab import initializers
    >>> initializers.GlorotNormal(seed=3)((4, 2)).shape
    (4, 2)
    """

    settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_NamedScaling):
    """Uniform in ``+-sqrt(6 / inputs)``, for relu.

    Source: He et al. 2015, "Delving deep into rectifiers", equation 10.

    >>> from trimtab import initializers
    >>> initializers.HeUniform(seed=3)((4, 2)).shape
    (4, 2)
    """

    settings = (2.0, "fan_in", "uniform")


class HeNormal(_NamedScaling):
    """Truncated normal, variance ``2 / inputs``, for relu.

    Source: He et al. 2015, "Delving deep into rectifiers", equation 10.

    >>> from trimtab import initializers
    >>> initializers.HeNormal(seed=3)((4, 2)).shape
    (4, 2)
    """

    settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_NamedScaling):
    """Uniform in ``+-sqrt(3 / inputs)``.

    Source: LeCun et al. 1998, "Efficient backprop".

    >>> from trimtab import initializers
    >>> initializers.LecunUniform(seed=3)((4, 2)).shape
    (4, 2)
    """

    settings = (1.0, "fan_in", "uniform")


class LecunNormal(_NamedScaling):
    """Truncated normal, variance ``1 / inputs``, for selu.

    Source: LeCun et al. 1998, "Efficient backprop"; Klambauer et al. 2017.

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


# Keras' lower-case names of the same classes.
constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

REGISTRY = Registry(
    "initializer",
    "initializers",
    Initializer,
    (
        Constant,
        GlorotNormal,
        GlorotUniform,
        HeNormal,
        HeUniform,
        LecunNormal,
        LecunUniform,
        Ones,
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        Zeros,
    ),
    aliases={
        "zero": Zeros,
        "one": Ones,
        "uniform": RandomUniform,
        "normal": RandomNormal,
    },
)


def get(identifier: Any) -> Initializer:
    """From a name, a class, a configuration or an instance to an initializer."""
    if callable(identifier) and not isinstance(identifier, Initializer | type):
        raise Unsupported(
            f"initializer: functions of one's own are not there yet, received {identifier!r}. "
            "Set the values with layer.set_weights([...])."
        )
    return REGISTRY.get(identifier)


def serialize(initializer: Initializer) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(initializer)


def deserialize(config: Mapping[str, Any]) -> Initializer:
    """The inverse of :func:`serialize`."""
    return REGISTRY.deserialize(config)


__getattr__ = catalogue.refusals("initializers", __all__)
