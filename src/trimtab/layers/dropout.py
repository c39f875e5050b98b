"""Dropout."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from trimtab import checks
from trimtab.errors import InvalidArgument
from trimtab.layers.base import Layer
from trimtab.program import Builder


class Dropout(Layer):
    """Sets each value to 0 with probability ``rate`` while training, and scales up the others.

    Shape: any width, kept. No weights, so ``trainable=False`` changes nothing: it still drops.

    Formula: training ``x * keep / (1 - rate)``, keep being 1 with probability 1 - rate and 0
    otherwise; inference ``x``. Rate 0 is the identity, rate 1 gives zeros.

    Errors: ``InvalidArgument`` where rate is not a number between 0 and 1, or noise_shape does not
    fit a table.

    Source: Srivastava et al. 2014, "Dropout".

    Args:
        rate: probability that a value is dropped.
        noise_shape: ``(None, 1)`` drops whole rows, ``(1, None)`` or ``(1, width)`` whole columns
            of the batch; None: every value by itself.
        seed: of the masks; None: the model's. Masks differ from step to step with either.

    >>> from trimtab import layers
    >>> layers.Dropout(0.5)([[1.0, 2.0]]).tolist()
    [[1.0, 2.0]]
    >>> layers.Dropout(1.3)
    Traceback (most recent call last):
        ...
    trimtab.errors.InvalidArgument: rate must be a float between 0 and 1, received 1.3. \
Use rate=0.3 to drop 30 % of the units.
    """

    type_name: ClassVar[str] = "Dropout"

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rate = checks.probability("rate", rate, hint="Use rate=0.3 to drop 30 % of the units.")
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
        if self.rate == 0.0:
            return value
        rows, columns = self.noise_shape or (None, None)
        return builder.emit(
            "dropout",
            [value],
            rate=self.rate,
            stream=stream,
            seed=self.seed,
            share_rows=rows == 1,
            share_columns=columns == 1,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }


def _noise_shape(shape: Any) -> tuple[int | None, int | None] | None:
    """``noise_shape`` checked as far as it can be without the input's width."""
    if shape is None:
        return None
    if isinstance(shape, str) or not isinstance(shape, Iterable):
        raise InvalidArgument(
            f"noise_shape must be None or a pair of sizes, received {shape!r}. "
            "Use noise_shape=(None, 1) to drop whole rows."
        )
    sizes: list[int | None] = []
    for size in shape:
        if size is None:
            sizes.append(None)
            continue
        if not isinstance(size, int | np.integer) or isinstance(size, bool):
            raise InvalidArgument(
                f"noise_shape must hold integers or None, received {size!r} "
                f"({type(size).__name__}) in {shape!r}."
            )
        if size < 1:
            raise InvalidArgument(
                f"noise_shape must hold positive integers or None, received {size!r} in {shape!r}."
            )
        sizes.append(int(size))
    if len(sizes) != 2:
        raise InvalidArgument(
            f"noise_shape must have two entries, rows and columns, received {shape!r}."
        )
    rows, columns = sizes
    if rows not in (None, 1):
        raise InvalidArgument(
            f"noise_shape must start with None or 1, received {shape!r}: the last batch may have "
            "fewer rows."
        )
    return rows, columns
