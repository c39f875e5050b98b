"""Embedding: categories as learned vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder
from trimtab.program.ops.embedding import MOST_ROWS

#: Most columns that :class:`CategoryEmbedding` gives a table by itself.
MOST_DIMS = 50


class _Embedding(Layer):
    """Base class of layers with tables of vectors."""

    def __init__(
        self,
        embeddings_initializer: Any,
        embeddings_regularizer: Any,
        embeddings_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)

    @property
    def code_sizes(self) -> tuple[int, ...]:
        """How many categories each of its columns of codes has, the last columns of its input."""
        raise NotImplementedError

    def _add_table(self, size: int, dim: int, name: str) -> Weight:
        return self.add_weight(
            (size, dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name=name,
        )

    def _emit(self, builder: Builder, value: int, tables: list[Weight], read: Iterable[int]) -> int:
        """The op; ``read`` says for each column of codes the number of its table."""
        sizes, dims = zip(*(table.shape for table in tables), strict=True)
        return builder.emit(
            "embedding", [value], tables, tables=tuple(read), sizes=sizes, dims=dims
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "embeddings_initializer": initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
        }


@REGISTRY.register()
class CategoryEmbedding(_Embedding):
    """Replaces the last columns of a table, codes of categories, by learned vectors.

    A code is a whole number from 0 to ``sizes[k] - 1``; fractions are cut off. The vector of any
    other number is NaN, so reserve a code for missing and for unseen categories. Put the layer
    first: dropout or a normalization before it would change the codes.

    Shape:
        ``(rows, p + len(sizes))`` to ``(rows, p + sum(dims))``. Weights: one table for each column
        of codes, ``embeddings_0`` of shape ``(sizes[0], dims[0])``, and so on.

    Formula:
        ``(x[:p], embeddings_0[x[p]], embeddings_1[x[p + 1]], ...)`` for each row ``x``.

    Source:
        Guo & Berkhahn 2016, "Entity embeddings of categorical variables". The default of dims is
        the rule of the library fastai (Howard & Gugger 2020), kept to 50 columns.

    Args:
        sizes: number of categories of each column of codes.
        dims: length of the vectors of each column; None: ``min(50, round(1.6 * size ** 0.56))``.
        embeddings_initializer: initial values of the tables.
        embeddings_regularizer: penalty on the tables, on all of their rows at each step.
        embeddings_constraint: applied to the tables after each update.

    Raises:
        InvalidArgument: sizes or dims are not positive integers, they differ in number, a table has
            more than 2^24 rows (which float32 cannot number), the input has too few columns, or an
            initializer, regularizer or constraint is unknown.

    Example:
        >>> from trimtab import layers
        >>> layer = layers.CategoryEmbedding([3, 2], dims=[2, 1])
        >>> layer.build(3)
        >>> layer.set_weights([[[1, 2], [3, 4], [5, 6]], [[0.5], [0.25]]])
        >>> layer([[7.0, 2.0, 0.0], [8.0, 1.0, 1.0]]).tolist()
        [[7.0, 5.0, 6.0, 0.5], [8.0, 3.0, 4.0, 0.25]]
        >>> layers.CategoryEmbedding([10, 100, 1000]).dims
        (6, 21, 50)
        >>> layers.CategoryEmbedding([10, 0])
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: sizes must hold positive integers, received [10, 0]. \
Use the number of categories of each column of codes, sizes=[3, 12].
    """

    def __init__(
        self,
        sizes: Iterable[int],
        dims: Iterable[int] | None = None,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            embeddings_initializer, embeddings_regularizer, embeddings_constraint, **kwargs
        )
        hint = "Use the number of categories of each column of codes, sizes=[3, 12]."
        self.sizes = _positive_integers("sizes", sizes, hint)
        for size in self.sizes:
            _checked_size("sizes", size)
        if dims is None:
            self.dims = tuple(_usual_dim(size) for size in self.sizes)
        else:
            hint = "Use one for each of sizes, dims=[2, 6]."
            self.dims = _positive_integers("dims", dims, hint)
        if len(self.dims) != len(self.sizes):
            raise InvalidArgument(
                f"dims must be as many as sizes, {len(self.sizes)}, received {len(self.dims)}. "
                "Leave it out for a rule of thumb."
            )
        self.embeddings: list[Weight] = []

    def build(self, input_shape: Any) -> None:
        self._passing(input_shape[-1])
        self.embeddings = [
            self._add_table(size, dim, f"embeddings_{number}")
            for number, (size, dim) in enumerate(zip(self.sizes, self.dims, strict=True))
        ]

    @property
    def code_sizes(self) -> tuple[int, ...]:
        return self.sizes

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        return (None, self._passing(width_of_shape(input_shape)) + sum(self.dims))

    def _passing(self, width: int) -> int:
        """Columns before the codes."""
        if width < len(self.sizes):
            raise InvalidArgument(
                f"{self.path} has sizes for {len(self.sizes)} columns of codes, receives {width} "
                "columns. Give one size for each of the last columns that hold codes."
            )
        return width - len(self.sizes)

    def lower(self, builder: Builder, value: int) -> int:
        return self._emit(builder, value, self.embeddings, range(len(self.sizes)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sizes": list(self.sizes), "dims": list(self.dims)}


@REGISTRY.register()
class Embedding(_Embedding):
    """Replaces each column, a code, by a vector from one table that all columns share.

    A code is a whole number from 0 to ``input_dim - 1``; fractions are cut off, and the vector of
    any other number is NaN. If columns have different categories, or there are other columns, use
    ``CategoryEmbedding``.

    Shape:
        ``(rows, columns)`` to ``(rows, columns * output_dim)``; Keras'
        ``(rows, columns, output_dim)`` laid flat, as ``Flatten`` makes it there. Weights:
        embeddings ``(input_dim, output_dim)``.

    Formula:
        ``(embeddings[x[0]], embeddings[x[1]], ...)`` for each row ``x``.

    Source:
        Bengio et al. 2003, "A neural probabilistic language model".

    Args:
        input_dim: number of categories.
        output_dim: length of a vector.
        embeddings_initializer: initial values of the table.
        embeddings_regularizer: penalty on the table, on all of its rows at each step.
        embeddings_constraint: applied to the table after each update.

    Raises:
        InvalidArgument: input_dim or output_dim is not a positive integer, input_dim is more than
            float32 can number (2^24), or an initializer, regularizer or constraint is unknown.
        Unsupported: ``mask_zero``, ``weights``, ``lora_rank``, ``quantization_config`` and
            ``activity_regularizer``.

    Example:
        >>> from trimtab import layers
        >>> layer = layers.Embedding(3, 2)
        >>> layer.build(2)
        >>> layer.set_weights([[[1, 2], [3, 4], [5, 6]]])
        >>> layer([[2, 0], [1, 3]]).tolist()
        [[5.0, 6.0, 1.0, 2.0], [3.0, 4.0, nan, nan]]
        >>> layers.Embedding(0, 2)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: input_dim must be a positive integer, received 0.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: Any = None,
        lora_alpha: Any = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        columns = kwargs.pop("input_length", None)  # as Keras 2 had it
        if columns is not None:
            kwargs.setdefault("input_shape", (columns,))
        super().__init__(
            embeddings_initializer, embeddings_regularizer, embeddings_constraint, **kwargs
        )
        checks.unsupported(
            "Embedding",
            mask_zero=mask_zero,
            weights=weights,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        self.input_dim = _checked_size("input_dim", checks.positive_integer("input_dim", input_dim))
        self.output_dim = checks.positive_integer("output_dim", output_dim)
        self.embeddings: Weight | None = None

    def build(self, input_shape: Any) -> None:
        self.embeddings = self._add_table(self.input_dim, self.output_dim, "embeddings")

    @property
    def code_sizes(self) -> tuple[int, ...]:
        return (self.input_dim,) * (self.input_width or 0)

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        return (None, width_of_shape(input_shape) * self.output_dim)

    def lower(self, builder: Builder, value: int) -> int:
        assert self.embeddings is not None
        return self._emit(builder, value, [self.embeddings], [0] * builder.width(value))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
        }


def _positive_integers(name: str, value: Any, hint: str) -> tuple[int, ...]:
    """One or more of them."""
    given = tuple(value) if isinstance(value, Iterable) else (value,)
    try:
        numbers = tuple(checks.positive_integer(name, each) for each in given)
    except InvalidArgument:
        numbers = ()
    if not numbers:
        raise InvalidArgument(
            f"{name} must hold positive integers, received {brief(value)}. {hint}"
        )
    return numbers


def _checked_size(name: str, size: int) -> int:
    if size > MOST_ROWS:
        raise InvalidArgument(
            f"{name} must be at most {MOST_ROWS:,}, received {size:,}: codes are held in float32, "
            "which does not have all whole numbers beyond. Merge rare categories."
        )
    return size


def _usual_dim(size: int) -> int:
    return min(MOST_DIMS, round(1.6 * math.pow(size, 0.56)))
