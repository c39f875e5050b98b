"""Columns moved and scaled by fixed numbers: Rescaling and Normalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.layers.adapting import rows_to_adapt_to
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder

Numbers = float | list[float]


@REGISTRY.register()
class Rescaling(Layer):
    """Multiplies the columns by fixed numbers and adds fixed numbers.

    Shape:
        Any width, kept. No weights.

    Formula:
        ``x * scale + offset``.

    Source:
        As in Keras.

    Args:
        scale: a number, or a list of one for each column.
        offset: the same.

    Raises:
        InvalidArgument: these are no finite numbers, or not as many as there are columns.

    Example:
        >>> from trimtab import layers
        >>> layers.Rescaling(1 / 4, offset=-1.0)([[0.0, 4.0, 8.0]]).tolist()
        [[-1.0, 0.0, 1.0]]
        >>> layers.Rescaling([2.0, 10.0])([[1.0, 1.0]]).tolist()
        [[2.0, 10.0]]
    """

    for_members = COLUMNS

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = _numbers("scale", scale)
        self.offset = _numbers("offset", offset)

    @property
    def by_column(self) -> bool:
        """Whether columns have numbers of their own."""
        return any(isinstance(each, list) for each in (self.scale, self.offset))

    def build(self, input_shape: Any) -> None:
        for name in ("scale", "offset"):
            _check_width(self, name, getattr(self, name), input_shape[-1])

    def lower(self, builder: Builder, value: int) -> int:
        members = 1 if self.seat is None else self.seat.members
        return builder.emit(
            "rescaling",
            [value],
            scale=_each(self.scale, members),
            offset=_each(self.offset, members),
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}


@REGISTRY.register()
class Normalization(Layer):
    """Standardizes the columns by means and variances of their own, which are not trained.

    They are given, or found by :meth:`adapt` on the training rows, before ``fit``. A layer that is
    neither leaves the columns as they are, as in Keras.

    Shape:
        Any width, kept. Weights, unless they are given: mean and variance ``(width,)`` (``()`` for
        ``axis=None``) and count ``()``, which are not trained; count has no use, and is there for
        files of Keras.

    Formula:
        ``(x - mean) / max(sqrt(variance), 1e-7)``, or ``x * max(sqrt(variance), 1e-7) + mean``
        with ``invert``.

    Source:
        As in Keras.

    Args:
        axis: -1 or 1: each column has its own mean and variance; None: one for all columns.
        mean, variance: a number, or a list of one for each column; both or neither.
        invert: turn standardized columns back into what they were.

    Raises:
        InvalidArgument: only one of mean and variance, numbers that do not fit the columns, or a
            variance below 0.
        Unsupported: another axis.

    Example:
        >>> from trimtab import layers
        >>> layer = layers.Normalization()
        >>> layer.adapt([[0.0, 10.0], [2.0, 30.0]])
        >>> layer([[0.0, 40.0]]).tolist()
        [[-1.0, 2.0]]
        >>> layers.Normalization(mean=3.0, variance=4.0)([[1.0, 7.0]]).tolist()
        [[-1.0, 2.0]]
        >>> layers.Normalization(mean=3.0)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: Normalization takes mean and variance together, received \
mean=3.0, variance=None. Pass both, or neither and call adapt(rows).
    """

    for_members = COLUMNS

    def __init__(
        self,
        axis: int | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = _axis(axis)
        self.invert = checks.boolean("invert", invert)
        if (mean is None) != (variance is None):
            raise InvalidArgument(
                "Normalization takes mean and variance together, received "
                f"mean={brief(mean)}, variance={brief(variance)}. Pass both, or neither and call "
                "adapt(rows)."
            )
        self.input_mean = None if mean is None else _numbers("mean", mean)
        self.input_variance = None if variance is None else _numbers("variance", variance)
        if self.input_variance is not None and np.min(self.input_variance) < 0:
            raise InvalidArgument(
                f"variance must be 0 or more, received {brief(self.input_variance)}."
            )
        self.mean: Weight | None = None
        self.variance: Weight | None = None
        self.count: Weight | None = None

    def build(self, input_shape: Any) -> None:
        width = input_shape[-1]
        if self.input_mean is not None:
            _check_width(self, "mean", self.input_mean, width)
            _check_width(self, "variance", self.input_variance, width)
            return
        shape = () if self.axis is None else (width,)
        self.mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape, "ones", trainable=False, name="variance")
        self.count = self.add_weight((), "zeros", trainable=False, name="count")

    @property
    def by_column(self) -> bool:
        """Whether columns have numbers of their own: given, or found by :meth:`adapt`."""
        if self.mean is None or self.variance is None:
            return isinstance(self.input_mean, list)
        if self.axis is None or self.mean.stored is None:
            return False
        return not (np.all(self.mean.numpy() == 0) and np.all(self.variance.numpy() == 1))

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Takes mean and variance of these rows, column by column.

        Args:
            data: ``(rows, columns)``, what the layer will receive; NaN is left out. Or batches of
                it, one after the other: a list of arrays, a generator, a ``PyDataset``, a
                ``DataLoader``; of ``(x, y)`` it takes ``x``.
            steps: batches to take; None: all.

        Raises:
            InvalidArgument: mean and variance were given, there are no rows, a column has no
                number, or the layer was built for other columns.
        """
        if self.input_mean is not None:
            raise InvalidArgument(
                f"{self.path} was given its mean and variance. Leave them out to adapt it."
            )
        rows = rows_to_adapt_to(self, data, steps)
        if rows.ndim == 1 and self.axis is None:
            rows = rows[:, None]
        if rows.ndim != 2 or not rows.size:
            raise InvalidArgument(
                f"{self.path}.adapt needs rows of numbers, received shape {rows.shape}."
            )
        over = None if self.axis is None else 0
        known = np.isfinite(rows)
        count = known.sum(axis=over)
        if np.min(count) == 0:
            empty = "the rows" if over is None else f"column {int(np.argmin(count))}"
            raise InvalidArgument(
                f"{self.path}.adapt needs a number in each column, received none in {empty}."
            )
        mean = np.where(known, rows, 0).sum(axis=over) / count
        variance = np.where(known, (rows - mean) ** 2, 0).sum(axis=over) / count
        if not (self.built and self.axis is None):
            self.build(rows.shape[1])
        assert self.mean is not None and self.variance is not None and self.count is not None
        for weight, value in ((self.mean, mean), (self.variance, variance), (self.count, 0)):
            weight.assign(np.asarray(value))

    def lower(self, builder: Builder, value: int) -> int:
        members = 1 if self.seat is None else self.seat.members
        if self.input_mean is not None and self.input_variance is not None:
            return builder.emit(
                "normalization",
                [value],
                mean=_each(self.input_mean, members),
                variance=_each(self.input_variance, members),
                invert=self.invert,
            )
        assert self.mean is not None and self.variance is not None and self.count is not None
        return builder.emit(
            "normalization",
            [value],
            (),
            [self.mean, self.variance, self.count],
            single=self.axis is None,
            invert=self.invert,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": self.input_mean,
            "variance": self.input_variance,
        }


def _axis(axis: Any) -> int | None:
    """As in Keras' configurations, too: a tuple of the axes."""
    held = list(axis) if isinstance(axis, list | tuple) else [] if axis is None else [axis]
    if not held:
        return None
    if len(held) == 1 and held[0] in (-1, 1) and not isinstance(held[0], bool):
        return int(held[0])
    raise Unsupported(
        "Normalization: axis must be -1, the columns of a table, or None, for all of them "
        f"together, received {axis!r}."
    )


def _numbers(name: str, given: Any) -> Numbers:
    """A finite number, or a list of them."""
    if isinstance(given, Mapping) and given.get("class_name") == "__numpy__":  # as Keras writes it
        given = given["config"]["value"]
    try:
        array: Doubles = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if array.ndim == 2 and len(array) == 1:
        array = array[0]
    if array.ndim > 1 or not array.size or not np.isfinite(array).all():
        raise InvalidArgument(
            f"{name} must be a finite number or a list of one for each column, "
            f"received {brief(given)}."
        )
    return float(array) if array.ndim == 0 else [float(number) for number in array]


def _check_width(layer: Layer, name: str, numbers: Any, width: int) -> None:
    columns = width // (1 if layer.seat is None else layer.seat.members)
    if isinstance(numbers, list) and len(numbers) not in (1, columns):
        raise InvalidArgument(
            f"{layer.path}: {name} holds {len(numbers)} numbers, the input has {columns} columns. "
            "Give it one for each column, or a single number."
        )


def _each(numbers: Numbers, members: int) -> tuple[float, ...]:
    """As the op has them; each member's columns have the same."""
    if not isinstance(numbers, list):
        return (numbers,)
    return tuple(numbers) * (1 if len(numbers) == 1 else members)
