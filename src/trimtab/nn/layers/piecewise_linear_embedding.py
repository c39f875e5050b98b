"""PiecewiseLinearEmbedding: numbers as learned curves."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.embedded_columns import chosen_columns, embedded_columns
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder

#: Beyond all cells: the edges that a column with few values does not need.
_BEYOND = np.finfo(np.float32).max

#: Standard deviation of the bends that the curves begin with, beside a slope of about 1.
_BENDS = 0.3


@REGISTRY.register()
class PiecewiseLinearEmbedding(Layer):
    """Turns each number into a vector that the network learns along a bent line.

    A dense layer sees a number as it is: the first layer needs many units to answer a sharp bend
    in its effect. Here the range of each column is cut into bins, each edge has a vector of its
    own, and a cell gets the mixture of the vectors of the two edges around it. Trees find such
    bends by themselves; with this layer a network does, too.

    The edges lie at quantiles of the training rows. :meth:`adapt` finds them; ``trimtab train``
    calls it. Until then they are those of a standard normal column, which suits standardized
    inputs. A column with fewer distinct values than bins has an edge on each of them. Outside the
    outermost edges a vector is constant, so that a far outlier does nothing extreme; the column
    itself, which passes through beside (``linear``), carries on.

    A missing cell (NaN) gets a vector of its own, and 0 for the column itself.

    Shape:
        ``(rows, columns)`` to ``(rows, passing + embedded * dim)``: first the columns that pass
        through, in their order, then the vectors. Weights: table
        ``(embedded * (bins + 2), dim)``, the vectors at the edges of each column and that of
        missing cells; edges ``(embedded * (bins + 1),)``, which are not trained.

    Formula:
        ``v(x) = table[b] + t * (table[b + 1] - table[b])`` between edges ``b`` and ``b + 1``, with
        ``t`` from 0 to 1.

    Source:
        Gorishniy, Rubachev & Babenko 2022, "On embeddings for numerical features in tabular deep
        learning": a piecewise linear encoding, followed by a linear map for each column.

    Args:
        bins: of each column.
        dim: length of the vectors.
        columns: numbers of the columns to embed, or how many of the first ones; all by default.
        linear: whether embedded columns also pass through as they are.
        embeddings_initializer: initial values of the table; by default each number of the vectors
            begins as a random slope times the column, slightly bent.
        embeddings_regularizer: penalty on the table.
        embeddings_constraint: applied to the table after each update.

    Raises:
        InvalidArgument: bins or dim is not a positive integer, columns are not in the input, or an
            initializer, regularizer or constraint is unknown.

    Example:
        >>> from trimtab import layers
        >>> layer = layers.PiecewiseLinearEmbedding(bins=2, dim=1, embeddings_initializer="zeros")
        >>> layer.adapt([[0.0], [1.0], [3.0]])
        >>> layer.build(1)
        >>> layer.set_weights([[[0.0], [10.0], [20.0], [-1.0]], [0.0, 1.0, 3.0]])
        >>> layer([[0.5], [2.0], [9.0], [float("nan")]]).tolist()
        [[0.5, 5.0], [2.0, 15.0], [9.0, 20.0], [0.0, -1.0]]
        >>> layers.PiecewiseLinearEmbedding(bins=0)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: bins must be a positive integer, received 0.
    """

    def __init__(
        self,
        bins: int = 48,
        dim: int = 8,
        columns: int | Iterable[int] | None = None,
        linear: bool = True,
        increments: bool = False,
        embeddings_initializer: Any = None,
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bins = checks.positive_integer("bins", bins)
        self.dim = checks.positive_integer("dim", dim)
        self.columns = chosen_columns(columns)
        self.linear = checks.boolean("linear", linear)
        self.increments = checks.boolean("increments", increments)
        self.embeddings_initializer = (
            None if embeddings_initializer is None else initializers.get(embeddings_initializer)
        )
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.embeddings: Weight | None = None
        self.edges: Weight | None = None
        self.adapted: Floats | None = None

    def adapt(self, data: ArrayLike) -> None:
        """Places the edges at the quantiles of these rows, column by column.

        Before training: the table begins anew where the layer is built already.

        Args:
            data: ``(rows, columns)``, what the layer will receive. NaN counts as missing.

        Raises:
            InvalidArgument: it has no rows, or other columns than the layer was built for.
        """
        rows = np.asarray(data, np.float32)
        if rows.ndim == 1:
            rows = rows[:, None]
        if rows.ndim != 2 or not len(rows):
            raise InvalidArgument(
                f"{self.path}.adapt needs rows of numbers, received shape {rows.shape}."
            )
        embedded = self._embedded(rows.shape[1])
        self.adapted = np.concatenate([edges_of(rows[:, column], self.bins) for column in embedded])
        if self.edges is not None and self.embeddings is not None:
            if self.edges.shape != self.adapted.shape:
                raise InvalidArgument(
                    f"{self.path}.adapt received {rows.shape[1]} columns, the layer was built for "
                    f"{self.input_width}."
                )
            self.edges.assign(self.adapted)
            if self.embeddings_initializer is None:
                self.embeddings.assign(_Curves(self)(self.embeddings.shape))

    def build(self, input_shape: Any) -> None:
        columns = len(self._embedded(input_shape[-1]))
        if self.adapted is not None and self.adapted.size != columns * (self.bins + 1):
            raise InvalidArgument(
                f"{self.path} was adapted to {self.adapted.size // (self.bins + 1)} columns, "
                f"receives {columns}. Adapt it to rows as it receives them."
            )
        self.embeddings = self.add_weight(
            (columns * (self.bins + 2), self.dim),
            self.embeddings_initializer or _Curves(self),
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )
        self.edges = self.add_weight(
            (columns * (self.bins + 1),), _Edges(self), trainable=False, name="edges"
        )

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        width = width_of_shape(input_shape)
        columns = len(self._embedded(width))
        return (None, width - (0 if self.linear else columns) + columns * self.dim)

    def lower(self, builder: Builder, value: int) -> int:
        assert self.embeddings is not None and self.edges is not None
        return builder.emit(
            "piecewise_linear",
            [value],
            [self.embeddings],
            [self.edges],
            columns=self._embedded(builder.width(value)),
            knots=self.bins + 1,
            dim=self.dim,
            linear=self.linear,
            increments=self.increments,
        )

    def get_config(self) -> dict[str, Any]:
        given = self.embeddings_initializer
        return {
            **super().get_config(),
            "bins": self.bins,
            "dim": self.dim,
            "columns": None if self.columns is None else list(self.columns),
            "linear": self.linear,
            "increments": self.increments,
            "embeddings_initializer": None if given is None else initializers.serialize(given),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
        }

    def _embedded(self, width: int) -> tuple[int, ...]:
        """Numbers of the embedded columns among so many."""
        return embedded_columns(self.path, self.columns, width)


class _Edges(initializers.Initializer):
    """The edges that a layer was adapted to, or else those of a standard normal column."""

    def __init__(self, layer: PiecewiseLinearEmbedding) -> None:
        self.layer = layer

    def draw(self, shape: tuple[int, ...], seed: int | None, index: int) -> Floats:
        if self.layer.adapted is not None:
            return self.layer.adapted
        inner = [NormalDist().inv_cdf(i / self.layer.bins) for i in range(1, self.layer.bins)]
        edges = np.array([-3.0, *inner, 3.0], np.float32)
        return np.tile(edges, shape[0] // edges.size)


class _Curves(initializers.Initializer):
    """A random slope times the standardized column, slightly bent."""

    def __init__(self, layer: PiecewiseLinearEmbedding) -> None:
        self.layer = layer

    def draw(self, shape: tuple[int, ...], seed: int | None, index: int) -> Floats:
        knots = self.layer.bins + 1
        columns = shape[0] // (knots + 1)
        edges = _Edges(self.layer).draw((columns * knots,), None, 0).reshape(columns, knots)
        drawn = initializers.RandomNormal(0.0, 1.0)(shape, seed=seed, index=index)
        drawn = drawn.reshape(columns, knots + 1, shape[1])
        # The slope is what was drawn for missing cells.
        table = _BENDS * drawn
        table[:, :-1] += _standard(edges)[:, :, None] * drawn[:, -1:]
        if self.layer.increments:
            table[:, 1:-1] = np.diff(table[:, :-1], axis=1)
        return np.ascontiguousarray(table.reshape(shape), np.float32)


def edges_of(column: Floats, bins: int) -> Floats:
    """Ascending edges at the quantiles of a column, or on every value if there are few.

    ``(bins + 1,)``. Those that a column with fewer values does not need lie beyond all cells.

    Example:
        >>> edges_of(np.arange(9, dtype=np.float32), 2).tolist()
        [0.0, 4.0, 8.0]
    """
    known = column[np.isfinite(column)]
    values = np.unique(known) if known.size else np.zeros(1, np.float32)
    if values.size > bins + 1:
        values = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)).astype(np.float32))
    edges = np.full(bins + 1, _BEYOND, np.float32)
    edges[: values.size] = values
    return edges


def _standard(edges: Floats) -> Floats:
    """Edges with mean 0 and deviation 1 in each column, those beyond all cells at 0."""
    used = edges < _BEYOND
    count = np.maximum(used.sum(axis=1, keepdims=True), 1)
    plain = np.where(used, edges, 0).astype(np.float64)
    mean = plain.sum(axis=1, keepdims=True) / count
    centred = np.where(used, plain - mean, 0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    scaled: Floats = (centred / np.where(deviation > 0, deviation, 1)).astype(np.float32)
    return scaled
