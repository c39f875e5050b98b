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
from trimtab.nn.layers.bin_edges import BEYOND, PLACEMENTS, quantile_edges, tree_edges
from trimtab.nn.layers.embedded_columns import chosen_columns, embedded_columns
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder


@REGISTRY.register()
class PiecewiseLinearEmbedding(Layer):
    """Turns each number into a vector that the network learns along a bent line.

    A dense layer sees a number as it is: the first layer needs many units to answer a sharp bend
    in its effect. Here the range of each column is cut into bins, each edge has a vector of its
    own, and a cell gets the mixture of the vectors of the two edges around it. Trees find such
    bends by themselves; with this layer a network does, too.

    The edges lie at quantiles of the training rows, or where a small decision tree on the column
    alone divides the target (``placement="tree"``). A column with fewer distinct values than bins
    has an edge on each of them. :meth:`adapt` finds the edges. ``trimtab train`` calls it, and so
    does the first ``fit`` where the layer is the first one and nobody called it. Otherwise they are
    those of a standard normal column, which suits standardized inputs.

    Outside the outermost edges a vector is constant: no row has been there, and a line that goes on
    would make a far outlier far more extreme than anything the network has seen. The column itself,
    which passes through beside (``linear``), carries on. A missing cell (NaN) gets a vector of its
    own, and 0 for the column itself.

    By default the weights are increments, the differences from each edge's vector to the next. A
    gradient then reaches all edges below, so that edges that few rows are near move along with
    their neighbours. With ``increments=False`` the weights are the vectors themselves; on most
    tables the curves are then rougher and errors on new rows larger (docs/numeric-embeddings.md).

    Shape:
        ``(rows, columns)`` to ``(rows, passing + embedded * dim)``: first the columns that pass
        through, in their order, then the vectors. Weights: table
        ``(embedded * (bins + 2), dim)``, for each column the vector at the first edge, the
        increments, and the vector of missing cells; edges ``(embedded * (bins + 1),)``, which are
        not trained.

    Formula:
        ``v(x) = vector[b] + t * (vector[b + 1] - vector[b])`` between edges ``b`` and ``b + 1``,
        with ``t`` from 0 to 1; ``vector[b] = table[0] + ... + table[b]``, or ``table[b]`` without
        increments.

    Source:
        Gorishniy, Rubachev & Babenko 2022, "On embeddings for numerical features in tabular deep
        learning": a piecewise linear encoding, followed by a linear map for each column. As a sum
        of increments it is the same function, in steps that do not grow with the bins.

    Args:
        bins: of each column.
        dim: length of the vectors.
        columns: numbers of the columns to embed, or how many of the first ones; all by default.
        linear: whether embedded columns also pass through as they are.
        increments: train the differences between neighbouring vectors.
        placement: of the edges: ``"quantiles"`` or ``"tree"``.
        embeddings_initializer: initial values of the table; by default each number of the vectors
            begins as a random slope times the column, and missing cells as its mean.
        embeddings_regularizer: penalty on the table. With increments, L2 keeps curves smooth.
        embeddings_constraint: applied to the table after each update.

    Raises:
        InvalidArgument: bins or dim is not a positive integer, columns are not in the input, or
            the placement, an initializer, a regularizer or a constraint is unknown.

    Example:
        >>> from trimtab import layers
        >>> layer = layers.PiecewiseLinearEmbedding(bins=2, dim=1, embeddings_initializer="zeros")
        >>> layer.adapt([[0.0], [1.0], [3.0]])
        >>> layer.build(1)
        >>> layer.set_weights([[[0.0], [10.0], [10.0], [-1.0]], [0.0, 1.0, 3.0]])
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
        increments: bool = True,
        placement: str = "quantiles",
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
        self.placement = checks.choice("placement", placement, PLACEMENTS)
        self.increments = checks.boolean("increments", increments)
        self.embeddings_initializer = (
            None if embeddings_initializer is None else initializers.get(embeddings_initializer)
        )
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.embeddings: Weight | None = None
        self.edges: Weight | None = None
        self.adapted: Floats | None = None
        self.drawn: tuple[int | None, int] = (None, 0)

    @property
    def is_adapted(self) -> bool:
        """Whether the edges lie where rows have put them, and not where they do by default."""
        if self.adapted is not None or self.edges is None:
            return self.adapted is not None
        usual = _Edges(self).draw(self.edges.shape, None, 0)
        return not np.array_equal(self.edges.numpy(), usual)

    def adapt(self, data: ArrayLike, target: ArrayLike | None = None) -> None:
        """Places the edges by these rows, column by column.

        Before training: the table begins anew where the layer is built already.

        Args:
            data: ``(rows, columns)``, what the layer will receive. NaN counts as missing.
            target: ``(rows,)`` or ``(rows, outputs)``, for ``placement="tree"``; of more than two
                classes a column of 0 and 1 for each.

        Raises:
            InvalidArgument: it has no rows, or other columns than the layer was built for; or a
                tree has no target, or one of other rows.
        """
        rows = np.asarray(data, np.float32)
        if rows.ndim == 1:
            rows = rows[:, None]
        if rows.ndim != 2 or not len(rows):
            raise InvalidArgument(
                f"{self.path}.adapt needs rows of numbers, received shape {rows.shape}."
            )
        embedded = self._embedded(rows.shape[1])
        self.adapted = np.concatenate(
            [self._edges_of(rows[:, column], target) for column in embedded]
        )
        if self.edges is not None and self.embeddings is not None:
            if self.edges.shape != self.adapted.shape:
                raise InvalidArgument(
                    f"{self.path}.adapt received {rows.shape[1]} columns, the layer was built for "
                    f"{self.input_width}."
                )
            self.edges.assign(self.adapted)
            if self.embeddings_initializer is None:
                self.embeddings.assign(_Curves(self).draw(self.embeddings.shape, *self.drawn))

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
            "placement": self.placement,
            "embeddings_initializer": None if given is None else initializers.serialize(given),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
        }

    def _edges_of(self, column: Floats, target: ArrayLike | None) -> Floats:
        """Edges of one column."""
        if self.placement == "quantiles":
            return quantile_edges(column, self.bins)
        if target is None:
            raise InvalidArgument(
                f"{self.path} places its edges by a tree, which needs the target: adapt(rows, "
                "target)."
            )
        known = np.asarray(target, np.float32)
        if known.ndim not in (1, 2) or len(known) != len(column):
            raise InvalidArgument(
                f"{self.path}.adapt needs a target of {len(column)} rows, received shape "
                f"{known.shape}."
            )
        return tree_edges(column, known.reshape(len(known), -1), self.bins)

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
    """A random slope times the standardized column; its mean for missing cells."""

    def __init__(self, layer: PiecewiseLinearEmbedding) -> None:
        self.layer = layer

    def draw(self, shape: tuple[int, ...], seed: int | None, index: int) -> Floats:
        self.layer.drawn = seed, index
        knots = self.layer.bins + 1
        columns = shape[0] // (knots + 1)
        edges = _Edges(self.layer).draw((columns * knots,), None, 0).reshape(columns, knots)
        drawn = initializers.RandomNormal(0.0, 1.0)(shape, seed=seed, index=index)
        drawn = drawn.reshape(columns, knots + 1, shape[1])
        table = np.zeros_like(drawn)
        # The slope is what was drawn for missing cells.
        table[:, :-1] = _standard(edges)[:, :, None] * drawn[:, -1:]
        if self.layer.increments:
            table[:, 1:-1] = np.diff(table[:, :-1], axis=1)
        return np.ascontiguousarray(table.reshape(shape), np.float32)


def _standard(edges: Floats) -> Floats:
    """Edges with mean 0 and deviation 1 in each column, those beyond all cells at 0."""
    used = edges < BEYOND
    count = np.maximum(used.sum(axis=1, keepdims=True), 1)
    plain = np.where(used, edges, 0).astype(np.float64)
    mean = plain.sum(axis=1, keepdims=True) / count
    centred = np.where(used, plain - mean, 0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    scaled: Floats = (centred / np.where(deviation > 0, deviation, 1)).astype(np.float32)
    return scaled
