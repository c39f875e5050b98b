"""PeriodicEmbedding: numbers as waves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trimtab.core import checks
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.embedded_columns import chosen_columns, embedded_columns
from trimtab.nn.layers.shapes import width_of_shape
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder


@REGISTRY.register()
class PeriodicEmbedding(Layer):
    """Turns each number into a vector that the network makes of waves.

    Each column has ``frequencies`` waves ``cos(2 pi (w x + b))`` with frequencies ``w`` and phases
    ``b`` of its own, all of them learned, and maps them to a vector by a linear map of its own.
    Where an effect rises and falls several times, a plain network needs many units for it, and
    waves need few. It suits standardized columns: a wave goes up and down once over ``1 / w``
    deviations, and ``w`` begins with a standard deviation of ``sigma``.

    By default this is the variant of RealMLP: phases, no activation, and the column itself beside
    (``linear``). ``phases=False, relu=True`` is the variant of Gorishniy et al. ("PLR"),
    with a sine beside each cosine.

    A missing cell (NaN) gets a vector of its own, and 0 for the column itself.

    Shape:
        ``(rows, columns)`` to ``(rows, passing + embedded * dim)``: first the columns that pass
        through, in their order, then the vectors. Weights: frequencies and phases
        ``(embedded, frequencies)``, kernel ``(embedded * waves, dim)``, bias and vectors of missing
        cells ``(embedded, dim)``. There are as many waves as frequencies, or twice as many without
        phases, which then have no weight.

    Formula:
        ``v(x) = kernel' cos(2 pi (w x + b)) + bias`` for each column; without phases
        ``kernel' (cos(2 pi w x), sin(2 pi w x)) + bias``.

    Source:
        Gorishniy, Rubachev & Babenko 2022, "On embeddings for numerical features in tabular deep
        learning"; Holzmueller, Grinsztajn & Steinwart 2024, "Better by default: strong pre-tuned
        MLPs and boosted trees on tabular data".

    Args:
        frequencies: of each column.
        dim: length of the vectors.
        sigma: standard deviation of the first frequencies. Larger ones find finer detail, and
            noise.
        columns: numbers of the columns to embed, or how many of the first ones; all by default.
        linear: whether embedded columns also pass through as they are.
        phases: learn a phase for each frequency; otherwise each has a sine and a cosine.
        relu: cut the vectors off below 0.
        kernel_regularizer: penalty on the kernel.
        kernel_constraint: applied to the kernel after each update.

    Raises:
        InvalidArgument: frequencies or dim is not a positive integer, sigma is not a positive
            number, columns are not in the input, or a regularizer or constraint is unknown.

    Example:
        >>> import numpy as np
        >>> from trimtab import layers
        >>> layer = layers.PeriodicEmbedding(frequencies=1, dim=1)
        >>> layer.build(1)
        >>> layer.set_weights([[[0.5]], [[0.0]], [[3.0]], [[1.0]], [[-7.0]]])
        >>> np.round(layer([[0.0], [1.0], [float("nan")]]), 5).tolist()
        [[0.0, 4.0], [1.0, -2.0], [0.0, -7.0]]
        >>> layers.PeriodicEmbedding(sigma=0)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: sigma must be a number above 0, received 0.
    """

    def __init__(
        self,
        frequencies: int = 24,
        dim: int = 8,
        sigma: float = 0.1,
        columns: int | Iterable[int] | None = None,
        linear: bool = True,
        phases: bool = True,
        relu: bool = False,
        kernel_regularizer: Any = None,
        kernel_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.frequencies = checks.positive_integer("frequencies", frequencies)
        self.dim = checks.positive_integer("dim", dim)
        self.sigma = checks.positive_number("sigma", sigma)
        self.columns = chosen_columns(columns)
        self.linear = checks.boolean("linear", linear)
        self.phases = checks.boolean("phases", phases)
        self.relu = checks.boolean("relu", relu)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self._parameters: list[Weight] = []

    @property
    def waves(self) -> int:
        """Waves of a column."""
        return self.frequencies * (1 if self.phases else 2)

    def build(self, input_shape: Any) -> None:
        columns = len(embedded_columns(self.path, self.columns, input_shape[-1]))
        turns, vectors = (columns, self.frequencies), (columns, self.dim)
        limit = self.waves**-0.5
        level = initializers.RandomUniform(-limit, limit)
        self._parameters = [
            self.add_weight(turns, initializers.RandomNormal(0.0, self.sigma), name="frequencies")
        ]
        if self.phases:
            phases = initializers.RandomUniform(-0.5, 0.5)
            self._parameters.append(self.add_weight(turns, phases, name="phases"))
        self._parameters += [
            self.add_weight(
                (columns * self.waves, self.dim),
                level,
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
                name="kernel",
            ),
            self.add_weight(vectors, level, name="bias"),
            self.add_weight(vectors, level, name="missing"),
        ]

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        width = width_of_shape(input_shape)
        columns = len(embedded_columns(self.path, self.columns, width))
        return (None, width - (0 if self.linear else columns) + columns * self.dim)

    def lower(self, builder: Builder, value: int) -> int:
        return builder.emit(
            "periodic",
            [value],
            self._parameters,
            columns=embedded_columns(self.path, self.columns, builder.width(value)),
            frequencies=self.frequencies,
            dim=self.dim,
            linear=self.linear,
            pairs=not self.phases,
            relu=self.relu,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "frequencies": self.frequencies,
            "dim": self.dim,
            "sigma": self.sigma,
            "columns": None if self.columns is None else list(self.columns),
            "linear": self.linear,
            "phases": self.phases,
            "relu": self.relu,
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
        }
