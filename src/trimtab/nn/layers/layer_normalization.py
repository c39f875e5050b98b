"""Normalization of each row by itself: by its deviation, its root mean square or its length."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.shapes import last_axis
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder


@REGISTRY.register()
class LayerNormalization(Layer):
    """Gives each row mean 0 and variance 1 over its columns, then scales and shifts the columns.

    Unlike a batch normalization it does the same in training and inference, whatever the batch.
    On raw columns of a table, whose units differ, it is out of place: put it between layers.

    Shape:
        Any width, kept. Weights: gamma and beta ``(width,)``.

    Formula:
        ``gamma * (x - mean) / sqrt(variance + epsilon) + beta``; mean and biased variance are
        those of the row.

    Source:
        Ba et al. 2016, "Layer normalization", equation 4.

    Args:
        axis: must be -1 or 1, the columns of a table.
        epsilon: added to the variance.
        center: whether to add beta.
        scale: whether to multiply by gamma.
        beta_initializer, gamma_initializer: initial values.
        beta_regularizer, gamma_regularizer: penalties.
        beta_constraint, gamma_constraint: applied after each update.

    Raises:
        InvalidArgument: epsilon is no number above 0, or an initializer, a regularizer or a
            constraint is unknown.
        Unsupported: another axis, or ``rms_scaling``.

    Example:
        >>> from trimtab import layers
        >>> print(layers.LayerNormalization(epsilon=1e-9)([[1.0, 2.0, 3.0]]).round(4))
        [[-1.2247  0.      1.2247]]
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        # Configurations of Keras hold it.
        checks.unsupported("LayerNormalization", rms_scaling=kwargs.pop("rms_scaling", False))
        super().__init__(**kwargs)
        self.axis = last_axis("LayerNormalization", axis, listed=True)
        self.epsilon = checks.positive_number("epsilon", epsilon)
        self.center = checks.boolean("center", center)
        self.scale = checks.boolean("scale", scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma: Weight | None = None
        self.beta: Weight | None = None

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[-1],)
        if self.scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                name="gamma",
            )
        if self.center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                name="beta",
            )

    def lower(self, builder: Builder, value: int) -> int:
        return builder.emit(
            "layer_normalization",
            [value],
            [weight for weight in (self.gamma, self.beta) if weight is not None],
            by="deviation",
            epsilon=self.epsilon,
            scale=self.scale,
            center=self.center,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
        }


@REGISTRY.register()
class RMSNormalization(Layer):
    """Divides each row by its root mean square, then scales the columns.

    Shape:
        Any width, kept. Weights: scale ``(width,)``.

    Formula:
        ``scale * x / sqrt(mean(x**2) + epsilon)``, the mean over the row.

    Source:
        Zhang & Sennrich 2019, "Root mean square layer normalization", equation 4.

    Args:
        axis: must be -1 or 1, the columns of a table.
        epsilon: added to the mean.

    Raises:
        InvalidArgument: epsilon is no number above 0.
        Unsupported: another axis.

    Example:
        >>> from trimtab import layers
        >>> print(layers.RMSNormalization()([[3.0, 4.0]]).round(4))
        [[0.8485 1.1314]]
    """

    def __init__(self, axis: int = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = last_axis("RMSNormalization", axis, listed=True)
        self.epsilon = checks.positive_number("epsilon", epsilon)
        self.scale: Weight | None = None

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")

    def lower(self, builder: Builder, value: int) -> int:
        assert self.scale is not None
        return builder.emit(
            "layer_normalization",
            [value],
            [self.scale],
            by="root_mean_square",
            epsilon=self.epsilon,
            scale=True,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}


@REGISTRY.register()
class UnitNormalization(Layer):
    """Gives each row length 1; a row of zeros stays one.

    Shape:
        Any width, kept. No weights.

    Formula:
        ``x / sqrt(sum(x**2))``, the sum over the row, and 1e-12 at least below the line.

    Source:
        As in Keras.

    Args:
        axis: must be -1 or 1, the columns of a table.

    Raises:
        Unsupported: another axis.

    Example:
        >>> from trimtab import layers
        >>> print(layers.UnitNormalization()([[3.0, 4.0], [0.0, 0.0]]).round(4))
        [[0.6 0.8]
         [0.  0. ]]
    """

    any_width = True

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = last_axis("UnitNormalization", axis, listed=True)

    def lower(self, builder: Builder, value: int) -> int:
        return builder.emit("layer_normalization", [value], by="length", epsilon=1e-12)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
