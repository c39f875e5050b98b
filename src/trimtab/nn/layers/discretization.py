"""Numbers as bins, and codes as columns of 0 and 1: Discretization and CategoryEncoding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, NotBuilt
from trimtab.nn.layers.adapting import rows_to_adapt_to
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder
from trimtab.program.ops.discretization import MODES


@REGISTRY.register()
class Discretization(Layer):
    """Turns each number into the number of the bin it lies in, or that into columns of 0 and 1.

    The same boundaries hold for all columns, as in Keras; for bins of each column's own that the
    network then learns curves from, see :class:`trimtab.layers.PiecewiseLinearEmbedding`. No
    gradient passes.

    Shape:
        ``(rows, width)``, kept with ``output_mode="int"``; to ``(rows, width * bins)`` with
        ``"one_hot"``, the columns of each number side by side; to ``(rows, bins)`` with
        ``"multi_hot"`` and ``"count"``. No weights.

    Formula:
        The bin is how many of the boundaries are at most ``x``. NaN stays NaN.

    Source:
        As in Keras.

    Args:
        bin_boundaries: rising numbers; bins are one more.
        num_bins: how many bins of about equally many values :meth:`adapt` finds.
        epsilon: how far off the share of a bin may be that :meth:`adapt` finds.
        output_mode: ``"int"``, ``"one_hot"``, ``"multi_hot"`` or ``"count"``.
        sparse: must be False.

    Raises:
        InvalidArgument: neither or both of boundaries and num_bins, or numbers that do not fit.
        Unsupported: ``sparse``.

    Example:
        >>> from trimtab import layers
        >>> layers.Discretization([0.0, 1.0, 2.0])([[-1.5, 1.0, 3.4]]).tolist()
        [[0.0, 2.0, 3.0]]
        >>> layer = layers.Discretization(num_bins=2, output_mode="one_hot")
        >>> layer.adapt([[1.0], [2.0], [3.0], [4.0]])
        >>> layer([[1.5], [3.5]]).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(
        self,
        bin_boundaries: Iterable[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype=None if dtype == "int32" else dtype, name=name, **kwargs)
        checks.unsupported("Discretization", sparse=sparse)
        if (bin_boundaries is None) == (num_bins is None):
            raise InvalidArgument(
                "Discretization takes bin_boundaries or num_bins, received "
                f"bin_boundaries={brief(bin_boundaries)}, num_bins={num_bins}. Pass one of them."
            )
        self.num_bins = None if num_bins is None else checks.positive_integer("num_bins", num_bins)
        self.bin_boundaries = None if bin_boundaries is None else _boundaries(bin_boundaries)
        self.epsilon = checks.positive_number("epsilon", epsilon)
        self.output_mode = checks.choice("output_mode", output_mode, ("int", *MODES))
        self.sparse = False

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Finds boundaries between bins of about equally many values, all columns together.

        Args:
            data: ``(rows, columns)``, what the layer will receive; NaN is left out. Or batches of
                it, one after the other: a list of arrays, a generator, a ``PyDataset``, a
                ``DataLoader``; of ``(x, y)`` it takes ``x``.
            steps: batches to take; None: all.

        Raises:
            InvalidArgument: the boundaries were given, or there are too few distinct values.
        """
        if self.num_bins is None:
            raise InvalidArgument(
                f"{self.path} was given its boundaries. Use num_bins to adapt it."
            )
        values = np.sort(rows_to_adapt_to(self, data, steps).astype(np.float32), axis=None)
        values = values[np.isfinite(values)]
        edges = np.unique(_quantiles(values, self.epsilon, self.num_bins)) if len(values) else ()
        if not len(edges):
            raise InvalidArgument(
                f"{self.path}.adapt needs {self.num_bins} values or more for {self.num_bins} bins, "
                f"received {len(values)}."
            )
        before = self.output_width
        self.bin_boundaries = [float(edge) for edge in edges]
        if before is not None and self.input_width is not None:
            after = self.compute_output_shape((None, self.input_width))[1]
            if after != before:
                raise InvalidArgument(
                    f"{self.path} was built for {before} columns out, the boundaries now make "
                    f"{after}. Adapt it before the model is built."
                )

    @property
    def bins(self) -> int:
        """How many bins there are."""
        if self.bin_boundaries is None:
            raise NotBuilt(
                f"{self.path} has no boundaries yet. Call adapt(rows) first, or pass "
                "bin_boundaries."
            )
        return len(self.bin_boundaries) + 1

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        return (None, _width(self.output_mode, width_of_shape(input_shape), self.bins))

    def lower(self, builder: Builder, value: int) -> int:
        bins = self.bins
        assert self.bin_boundaries is not None
        value = builder.emit("discretization", [value], boundaries=tuple(self.bin_boundaries))
        if self.output_mode == "int":
            return value
        return builder.emit("category_encoding", [value], depth=bins, mode=self.output_mode)

    def get_config(self) -> dict[str, Any]:
        # Keras' own has no weights, hence no such setting: what is not set stays out of the record.
        common = super().get_config()
        if common["trainable"]:
            del common["trainable"]
        return {
            **common,
            "bin_boundaries": self.bin_boundaries,
            "num_bins": self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Discretization:
        # One that was adapted has both, which the constructor does not take.
        config = dict(config)
        found = config.pop("bin_boundaries", None)
        if config.get("num_bins") is None:
            return cls(found, **config)
        layer = cls(**config)
        layer.bin_boundaries = None if found is None else _boundaries(found)
        return layer


@REGISTRY.register()
class CategoryEncoding(Layer):
    """Turns codes 0, 1, ... into columns of 0 and 1.

    An unknown code, and NaN, makes its columns NaN, so that it is noticed. No gradient passes.

    Shape:
        ``(rows, width)`` to ``(rows, width * num_tokens)`` with ``"one_hot"``, the columns of each
        code side by side, and to ``(rows, num_tokens)`` otherwise. No weights.

    Formula:
        1 in the column of the code, 0 elsewhere; ``"multi_hot"``: 1 in those of all codes of the
        row; ``"count"``: how many of the row's codes there are.

    Source:
        As in Keras.

    Args:
        num_tokens: number of codes: they are 0 to num_tokens - 1.
        output_mode: ``"multi_hot"``, ``"one_hot"`` or ``"count"``.
        sparse: must be False.

    Raises:
        InvalidArgument: num_tokens is no positive integer, or the mode is unknown.
        Unsupported: ``sparse``.

    Example:
        >>> from trimtab import layers
        >>> layers.CategoryEncoding(3, output_mode="one_hot")([[0], [2]]).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
        >>> layers.CategoryEncoding(3, output_mode="count")([[0, 2, 2]]).tolist()
        [[1.0, 0.0, 2.0]]
    """

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        checks.unsupported("CategoryEncoding", sparse=sparse)
        self.num_tokens = checks.positive_integer(
            "num_tokens", num_tokens, hint="Codes are 0 to num_tokens - 1."
        )
        mode = "multi_hot" if output_mode == "binary" else output_mode  # its name in older Keras
        self.output_mode = checks.choice("output_mode", mode, MODES)
        self.sparse = False

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        return (None, _width(self.output_mode, width_of_shape(input_shape), self.num_tokens))

    def lower(self, builder: Builder, value: int) -> int:
        return builder.emit(
            "category_encoding", [value], depth=self.num_tokens, mode=self.output_mode
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_tokens": self.num_tokens,
            "output_mode": self.output_mode,
        }


def _width(mode: str, width: int, depth: int) -> int:
    """Number of columns out."""
    return {"int": width, "one_hot": width * depth}.get(mode, depth)


def _boundaries(given: Iterable[float]) -> list[float]:
    try:
        edges = [float(edge) for edge in given]
    except (TypeError, ValueError):
        edges = []
    if not edges or not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
        raise InvalidArgument(
            "bin_boundaries must be rising finite numbers, one or more, "
            f"received {brief(given)}. Use bin_boundaries=[0.0, 1.0, 2.0]."
        )
    return edges


def _quantiles(values: Floats, epsilon: float, bins: int) -> Doubles:
    """Boundaries of bins with equal shares, to epsilon, by the same sketch as Keras'.

    Every so many-th of the sorted values stands for those up to it; between these, shares are
    interpolated.
    """
    step = max(len(values) * epsilon, 1.0)
    kept = values[int(step - 1) :: int(step)]
    heights = np.full(len(kept), step)
    for share in (epsilon, 1 / bins):
        if len(kept) * share < 1:
            continue
        sums = np.cumsum(heights)
        wanted = share + np.arange(0.0, 1.0, share)
        kept = np.interp(wanted, sums / sums[-1], kept).astype(np.float32)
        heights = np.diff(np.interp(wanted, sums / sums[-1], sums), prepend=0)
    return np.asarray(kept[:-1], np.float64)
