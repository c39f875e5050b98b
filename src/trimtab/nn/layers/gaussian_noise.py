"""Normal noise in training: added, or multiplied."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder


@REGISTRY.register()
class GaussianNoise(Layer):
    """Adds normal noise in training; on standardized columns, a blurred copy of each row.

    Shape:
        Any width, kept. No weights.

    Formula:
        Training ``x + stddev * z``, z standard normal, another number for each element and step;
        inference ``x``.

    Source:
        Bishop 1995, "Training with noise is equivalent to Tikhonov regularization".

    Args:
        stddev: standard deviation of the noise, 0 to 1, as in Keras.
        seed: seed of the noise; None: that of the model. Each step has other noise.

    Raises:
        InvalidArgument: stddev is not a number between 0 and 1.

    Example:
        >>> from trimtab import layers
        >>> layers.GaussianNoise(0.1)([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
        >>> print(layers.GaussianNoise(0.1, seed=1)([[1.0, 2.0]], training=True).round(3))
        [[0.885 2.07 ]]
        >>> layers.GaussianNoise(3.0)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: stddev must be a float between 0 and 1, received 3.0. \
Standardize the columns, and use stddev=0.1 for noise of a tenth of their deviation.
    """

    for_members = COLUMNS
    any_width = True

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = checks.probability(
            "stddev",
            stddev,
            hint="Standardize the columns, and use stddev=0.1 for noise of a tenth of their "
            "deviation.",
        )
        self.seed = checks.seed("seed", seed)

    def lower(self, builder: Builder, value: int) -> int:
        return _emit(builder, value, self.stddev, self.seed, multiplies=False)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


@REGISTRY.register()
class GaussianDropout(Layer):
    """Multiplies by normal noise around 1 in training: a dropout that drops nothing whole.

    Shape:
        Any width, kept. No weights.

    Formula:
        Training ``x * (1 + sqrt(rate / (1 - rate)) * z)``, z standard normal: mean and variance of
        the factor are those of a dropout with this rate; inference ``x``.

    Source:
        Srivastava et al. 2014, "Dropout", section 10.

    Args:
        rate: that of the dropout with the same variance, from 0 to below 1.
        seed: seed of the noise; None: that of the model. Each step has other noise.

    Raises:
        InvalidArgument: rate is not a number from 0 to below 1.

    Example:
        >>> from trimtab import layers
        >>> layers.GaussianDropout(0.5)([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
        >>> print(layers.GaussianDropout(0.5, seed=1)([[1.0, 2.0]], training=True).round(3))
        [[-0.151  3.396]]
        >>> layers.GaussianDropout(1.0)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: rate must be a float from 0 to below 1, received 1.0. Use \
rate=0.3 for the variance of a dropout of 30 %.
    """

    for_members = COLUMNS
    any_width = True

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not checks.is_number(rate) or not 0 <= rate < 1:
            raise InvalidArgument(
                f"rate must be a float from 0 to below 1, received {brief(rate)}. Use rate=0.3 for "
                "the variance of a dropout of 30 %."
            )
        self.rate = float(rate)
        self.seed = checks.seed("seed", seed)

    def lower(self, builder: Builder, value: int) -> int:
        return _emit(builder, value, self.rate, self.seed, multiplies=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


def _emit(
    builder: Builder, value: int, amount: float, seed: int | None, *, multiplies: bool
) -> int:
    # Drawn even where there is no noise, so that its amount changes no other layer's draws.
    stream = builder.random_stream()
    if amount == 0:
        return value
    return builder.emit(
        "gaussian_noise", [value], rate=amount, stream=stream, seed=seed, multiplies=multiplies
    )
