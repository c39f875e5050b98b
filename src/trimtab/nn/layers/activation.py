"""Activations as layers of their own."""

from __future__ import annotations

from typing import Any, ClassVar

from trimtab.nn import activations
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.table import registered
from trimtab.program import Builder


@registered
class Activation(Layer):
    """An activation as a layer, for instance after a batch normalization.

    Shape: any width, kept. No weights.

    Formula: that of the activation; see ``trimtab.activations``.

    Errors: ``InvalidArgument`` where the activation is unknown.

    Args:
        activation: a name or a function of ``trimtab.activations``.

    >>> from trimtab import layers
    >>> layers.Activation("relu")([[-1.0, 2.0]]).tolist()
    [[0.0, 2.0]]
    >>> layers.Activation("rely")
    Traceback (most recent call last):
        ...
    trimtab.errors.InvalidArgument: no activation is called 'rely'. Did you mean 'relu'?
    """

    type_name: ClassVar[str] = "Activation"

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def lower(self, builder: Builder, value: int) -> int:
        return activations.lower(self.activation, builder, value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


@registered
class ReLU(Layer):
    """The rectifier, with its optional slope, ceiling and threshold.

    Shape: any width, kept. No weights.

    Formula: ``negative_slope * (x - threshold)`` where x <= threshold, ``min(x, max_value)``
    elsewhere.

    Errors: ``InvalidArgument`` where an argument is negative.

    Source: Nair & Hinton 2010; with a slope, Maas et al. 2013.

    Args:
        max_value: ceiling, or None.
        negative_slope: slope below the threshold.
        threshold: where the function leaves 0.

    >>> from trimtab import layers
    >>> layers.ReLU(max_value=1.5, negative_slope=0.5)([[-1.0, 1.0, 2.0]]).tolist()
    [[-0.5, 1.0, 1.5]]
    """

    type_name: ClassVar[str] = "ReLU"

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
