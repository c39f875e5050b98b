"""PReLU: the rectified linear unit with a learned slope."""

from __future__ import annotations

from typing import Any

from trimtab.core.words import brief
from trimtab.errors import Unsupported
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder


@REGISTRY.register()
class PReLU(Layer):
    """The rectified linear unit whose slope below 0 is learned, one for each column.

    Shape:
        Any width, kept. Weights: alpha ``(width,)``.

    Formula:
        ``x`` where x is above 0, ``alpha * x`` elsewhere.

    Source:
        He et al. 2015, "Delving deep into rectifiers", equation 1.

    Args:
        alpha_initializer: initial values of alpha; with zeros it begins as a relu.
        alpha_regularizer: penalty on alpha.
        alpha_constraint: applied to alpha after each update.
        shared_axes: not supported: it is for images.

    Raises:
        InvalidArgument: an initializer, a regularizer or a constraint is unknown.
        Unsupported: ``shared_axes``.

    Example:
        >>> from trimtab import initializers, layers
        >>> layer = layers.PReLU(alpha_initializer=initializers.Constant(0.25))
        >>> layer([[-1.0, 2.0]]).tolist()
        [[-0.25, 2.0]]
    """

    for_members = COLUMNS

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if shared_axes is not None:
            raise Unsupported(
                "PReLU: shared_axes is for images, received "
                f"{brief(shared_axes)}. Leave it out: each column has a slope of its own."
            )
        self.shared_axes = None
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.alpha: Weight | None = None

    def build(self, input_shape: Any) -> None:
        self.alpha = self.add_weight(
            (input_shape[-1],),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )

    def lower(self, builder: Builder, value: int) -> int:
        assert self.alpha is not None
        return builder.emit("prelu", [value], [self.alpha])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }
