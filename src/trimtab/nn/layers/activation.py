"""Activations as layers of their own."""

from __future__ import annotations

from typing import Any

from trimtab.nn import activations
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder


@REGISTRY.register()
class Activation(Layer):
    """Applies an activation function, for instance after a batch normalization.

    Shape:
        Any width, kept. No weights.

    Formula:
        That of the activation; see ``trimtab.activations``.

    Args:
        activation: a name or a function of ``trimtab.activations``.

    Raises:
        InvalidArgument: the activation is unknown.

    Example:
        >>> from trimtab import layers
        >>> layers.Activation("relu")([[-1.0, 2.0]]).tolist()
        [[0.0, 2.0]]
        >>> layers.Activation("rely")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: no activation is called 'rely'. Did you mean 'relu'?
    """

    for_members = COLUMNS

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def lower(self, builder: Builder, value: int) -> int:
        members = 1 if self.seat is None else self.seat.members
        return activations.lower(self.activation, builder, value, members)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


@REGISTRY.register()
class ReLU(Layer):
    """The rectified linear unit, with optional slope, ceiling and threshold.

    Shape:
        Any width, kept. No weights.

    Formula:
        ``negative_slope * (x - threshold)`` where x <= threshold, ``min(x, max_value)`` elsewhere.

    Source:
        Nair & Hinton 2010; with a slope, Maas et al. 2013.

    Args:
        max_value: largest output, or None.
        negative_slope: slope below the threshold.
        threshold: inputs below it are treated as negative.

    Raises:
        InvalidArgument: an argument is negative.

    Example:
        >>> from trimtab import layers
        >>> layers.ReLU(max_value=1.5, negative_slope=0.5)([[-1.0, 1.0, 2.0]]).tolist()
        [[-0.5, 1.0, 1.5]]
    """

    for_members = COLUMNS

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings = activations.relu_settings(max_value, negative_slope, threshold)
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def lower(self, builder: Builder, value: int) -> int:
        return builder.emit("activation", [value], function="relu", **self.settings)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }
