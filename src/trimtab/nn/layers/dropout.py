"""Dropout: of single values, of columns, of kernels; at a fixed rate or on a schedule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn import schedules
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.schedules import Schedule
from trimtab.program import Builder


class Dropping(Layer):
    """Base of the layers that drop something at a rate."""

    _rate: float | Schedule

    @property
    def rate(self) -> float:
        """The rate; with a schedule, that of the next batch that the model trains on.

        It can be set to a number or a schedule, which takes effect at the next training call.
        """
        if not isinstance(self._rate, Schedule):
            return self._rate
        step, epoch_steps = attachment(self).holders().time()
        return _rate_at(self._rate, step, epoch_steps)

    @rate.setter
    def rate(self, value: Any) -> None:
        hint = "Use rate=0.3 to drop 30 % of the units."
        if isinstance(value, dict):
            value = schedules.deserialize(value)
        if isinstance(value, Schedule):
            checks.probability(f"rate at step 0 of {value!r}", _rate_at(value, 0, None), hint=hint)
            self._rate = value
        else:
            self._rate = checks.probability("rate", value, hint=hint)

    @property
    def schedule(self) -> Schedule | None:
        """The schedule, if the rate follows one."""
        return self._rate if isinstance(self._rate, Schedule) else None

    def _emit(self, builder: Builder, kind: str, value: int, *parameters: Any, **more: Any) -> int:
        """The op that drops."""
        rate, schedule = self._rate, self.schedule
        if isinstance(rate, Schedule):  # what holds in a call that says no other
            rate = _rate_at(rate, 0, None)
        value = builder.emit(kind, [value], parameters, rate=rate, **more)
        if schedule is not None:
            builder.schedule(value, self.path, schedule)
        return value

    def get_config(self) -> dict[str, Any]:
        rate = self._rate
        return {
            **super().get_config(),
            "rate": schedules.serialize(rate) if isinstance(rate, Schedule) else rate,
        }


def _rate_at(schedule: Schedule, step: int, epoch_steps: int | None) -> float:
    return float(schedule.rates(step, 1, epoch_steps)[0])


@REGISTRY.register()
class Dropout(Dropping):
    """Sets each value to 0 with probability ``rate`` in training, and scales up the others.

    Shape:
        Any width, kept. No weights, so ``trainable=False`` changes nothing: it still drops.

    Formula:
        Training ``x * keep / (1 - rate)``, keep being 1 with probability 1 - rate and 0 otherwise;
        inference ``x``. Rate 0 is the identity, rate 1 gives zeros.

    Source:
        Srivastava et al. 2014, "Dropout".

    Args:
        rate: probability that a value is dropped, or a schedule of ``trimtab.schedules`` with a
            probability for each step. With a schedule, ``History`` has the rate of the last batch
            of each epoch as ``<layer name>_rate``.
        noise_shape: ``(None, 1)`` drops whole rows, ``(1, None)`` or ``(1, width)`` whole columns
            of the batch; None: each value on its own.
        seed: seed of the masks; None: that of the model. Each step has another mask.

    Raises:
        InvalidArgument: rate is not a number between 0 and 1, or noise_shape does not fit a table.

    Example:
        >>> from trimtab import layers
        >>> layers.Dropout(0.5)([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
        >>> from trimtab import schedules
        >>> layers.Dropout(schedules.LinearDropout(0.5, 0.0, epochs=50)).rate
        0.5
        >>> layers.Dropout(1.3)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: rate must be a float between 0 and 1, received 1.3. \
Use rate=0.3 to drop 30 % of the units.
    """

    for_members = COLUMNS
    any_width = True
    _for_selu = False  # whether what is dropped becomes the lower end of selu

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.noise_shape = _noise_shape(noise_shape)
        self.seed = checks.seed("seed", seed)

    def build(self, input_shape: Any) -> None:
        width = input_shape[-1]
        if self.noise_shape is not None and self.noise_shape[1] not in (None, 1, width):
            raise InvalidArgument(
                f"{self.path}: noise_shape {self.noise_shape} is for {self.noise_shape[1]} "
                f"columns, the input has {width}. Use None for the input's own size."
            )

    def lower(self, builder: Builder, value: int) -> int:
        # Drawn even where the rate is 0, so that a rate changes no other layer's masks.
        stream = builder.random_stream()
        if self._rate == 0.0:
            return value
        rows, columns = self.noise_shape or (None, None)
        return self._emit(
            builder,
            "dropout",
            value,
            stream=stream,
            seed=self.seed,
            share_rows=rows == 1,
            share_columns=columns == 1,
            for_selu=self._for_selu,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed, "noise_shape": self.noise_shape}


@REGISTRY.register()
class AlphaDropout(Dropout):
    """Dropout for networks of selu: keeps mean 0 and variance 1 where the input has them.

    Shape:
        Any width, kept. No weights.

    Formula:
        Training ``a * (x if keep else end) + b``: what is dropped becomes the lower end of selu,
        ``end = -1.7581``; ``a = ((1 - rate) * (1 + rate * end**2)) ** -0.5``, ``b = -a * end *
        rate``. Inference ``x``. Rate 0 is the identity, rate 1 gives zeros.

    Source:
        Klambauer et al. 2017, "Self-normalizing neural networks", section 2.

    Args:
        rate: probability that a value is dropped; a number or a schedule, as for ``Dropout``.
        noise_shape: as for ``Dropout``.
        seed: seed of the masks; None: that of the model. Each step has another mask.

    Raises:
        InvalidArgument: rate is not a number between 0 and 1, or noise_shape does not fit a table.

    Example:
        >>> from trimtab import layers
        >>> print(layers.AlphaDropout(0.5, seed=1)([[1.0, 2.0, 3.0]], training=True).round(3))
        [[ 1.666 -0.779 -0.779]]
    """

    _for_selu = True


@REGISTRY.register()
class FeatureDropout(Dropping):
    """Drops whole columns in training: one draw per column and batch, the same for all rows.

    As the first layer, it hides features, so that the network does not rely on a few of them.
    Between layers, it drops units for a whole batch.

    Shape:
        Any width, kept. No weights.

    Formula:
        Training ``x[:, j] * keep[j] / (1 - rate)``, ``keep[j]`` being 1 with probability 1 - rate
        and 0 otherwise; inference ``x``. Rate 0 is the identity, rate 1 gives zeros.

    Source:
        Srivastava et al. 2014, "Dropout", with the mask shared by the rows as in the spatial
        dropout of Tompson et al. 2015; the same as ``Dropout(rate, noise_shape=(1, None))``.

    Args:
        rate: probability that a column is dropped; a number or a schedule, as for ``Dropout``.
        seed: seed of the masks; None: that of the model.

    Raises:
        InvalidArgument: rate is not a number between 0 and 1.

    Example:
        >>> from trimtab import layers
        >>> dropped = layers.FeatureDropout(0.5, seed=1)([[1.0, 2.0], [3.0, 4.0]], training=True)
        >>> dropped.tolist()
        [[2.0, 0.0], [6.0, 0.0]]
    """

    for_members = COLUMNS
    any_width = True

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = checks.seed("seed", seed)

    def lower(self, builder: Builder, value: int) -> int:
        stream = builder.random_stream()
        if self._rate == 0.0:
            return value
        return self._emit(builder, "dropout", value, stream=stream, seed=self.seed, share_rows=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


def _noise_shape(shape: Any) -> tuple[int | None, int | None] | None:
    """Checks ``noise_shape`` except for sizes that depend on the input's width."""
    if shape is None:
        return None
    if isinstance(shape, str) or not isinstance(shape, Iterable):
        raise InvalidArgument(
            f"noise_shape must be None or a pair of sizes, received {brief(shape)}. "
            "Use noise_shape=(None, 1) to drop whole rows."
        )
    sizes: list[int | None] = []
    for size in shape:
        if size is None:
            sizes.append(None)
            continue
        if not isinstance(size, int | np.integer) or isinstance(size, bool):
            raise InvalidArgument(
                f"noise_shape must hold integers or None, received {brief(size)} "
                f"({type(size).__name__}) in {brief(shape)}."
            )
        if size < 1:
            raise InvalidArgument(
                f"noise_shape must hold positive integers or None, received {brief(size)} in "
                f"{brief(shape)}."
            )
        sizes.append(int(size))
    if len(sizes) != 2:
        raise InvalidArgument(
            f"noise_shape must have two entries, rows and columns, received {brief(shape)}."
        )
    rows, columns = sizes
    if rows not in (None, 1):
        raise InvalidArgument(
            f"noise_shape must start with None or 1, received {brief(shape)}: the last batch may "
            "have "
            "fewer rows."
        )
    return rows, columns
