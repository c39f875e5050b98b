"""Activations as layers of their own."""

from __future__ import annotations

from functools import partial
from typing import Any

from trimtab.nn import activations
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.shapes import last_axis, width_of_shape
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder


class FunctionLayer(Layer):
    """Base of the layers that apply an activation.

    Attributes:
        activation: the function, with its arguments.
    """

    for_members = COLUMNS
    any_width = True

    activation: activations.Activation

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        return (None, activations.width_after(self.activation, width_of_shape(input_shape)))

    def lower(self, builder: Builder, value: int) -> int:
        members = 1 if self.seat is None else self.seat.members
        return activations.lower(self.activation, builder, value, members)


@REGISTRY.register()
class Activation(FunctionLayer):
    """Applies an activation function, for instance after a batch normalization.

    Shape:
        Any width, kept, but for ``glu``, which halves it. No weights.

    Formula:
        That of the activation; see ``trimtab.activations``.

    Args:
        activation: a name or a function of ``trimtab.activations``; with arguments, a
            ``functools.partial`` of one.

    Raises:
        InvalidArgument: the activation is unknown, or an argument of it does not fit.

    Example:
        >>> from trimtab import layers
        >>> layers.Activation("relu")([[-1.0, 2.0]]).tolist()
        [[0.0, 2.0]]
        >>> from functools import partial
        >>> from trimtab import activations
        >>> leaky = partial(activations.leaky_relu, negative_slope=0.5)
        >>> layers.Activation(leaky)([[-1.0, 2.0]]).tolist()
        [[-0.5, 2.0]]
        >>> layers.Activation("rely")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: no activation is called 'rely'. Did you mean 'relu'?
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


@REGISTRY.register()
class ReLU(FunctionLayer):
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

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        activations.relu_settings(negative_slope, max_value, threshold)  # refuses what does not fit
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    @property
    def activation(self) -> activations.Activation:  # type: ignore[override]
        """The function, with its arguments."""
        return activations.get(
            partial(
                activations.relu,
                negative_slope=self.negative_slope,
                max_value=self.max_value,
                threshold=self.threshold,
            )
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


@REGISTRY.register()
class LeakyReLU(FunctionLayer):
    """The rectified linear unit with a small slope below 0, so that no unit can die.

    Shape:
        Any width, kept. No weights.

    Formula:
        ``x`` where x is above 0, ``negative_slope * x`` elsewhere.

    Source:
        Maas et al. 2013.

    Args:
        negative_slope: slope below 0. As in Keras it is 0.3 here, and 0.2 in
            ``activations.leaky_relu``.

    Raises:
        InvalidArgument: the slope is no number of 0 or more.

    Example:
        >>> from trimtab import layers
        >>> layers.LeakyReLU(0.5)([[-1.0, 2.0]]).tolist()
        [[-0.5, 2.0]]
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        activations.get(partial(activations.leaky_relu, negative_slope=negative_slope))
        self.negative_slope = float(negative_slope)

    @property
    def activation(self) -> activations.Activation:  # type: ignore[override]
        """The function, with its argument."""
        return activations.get(partial(activations.leaky_relu, negative_slope=self.negative_slope))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


@REGISTRY.register()
class ELU(FunctionLayer):
    """The exponential linear unit: bends to a floor below 0.

    Shape:
        Any width, kept. No weights.

    Formula:
        ``x`` where x is above 0, ``alpha * (exp(x) - 1)`` elsewhere.

    Source:
        Clevert et al. 2016.

    Args:
        alpha: the floor is at ``-alpha``.

    Raises:
        InvalidArgument: alpha is no finite number.

    Example:
        >>> from trimtab import layers
        >>> print(layers.ELU(alpha=2.0)([[-1.0, 2.0]]).round(4))
        [[-1.2642  2.    ]]
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        activations.get(partial(activations.elu, alpha=alpha))
        self.alpha = float(alpha)

    @property
    def activation(self) -> activations.Activation:  # type: ignore[override]
        """The function, with its argument."""
        return activations.get(partial(activations.elu, alpha=self.alpha))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


@REGISTRY.register()
class Softmax(FunctionLayer):
    """Turns the columns of each row into probabilities.

    Shape:
        Any width, kept. No weights.

    Formula:
        ``exp(x) / sum exp(x)``.

    Source:
        Bridle 1990.

    Args:
        axis: must be -1 or 1, the columns of a table.

    Raises:
        Unsupported: another axis.

    Example:
        >>> from trimtab import layers
        >>> layers.Softmax()([[1.0, 1.0]]).tolist()
        [[0.5, 0.5]]
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = last_axis("Softmax", axis, listed=True)

    @property
    def activation(self) -> activations.Activation:  # type: ignore[override]
        """The function."""
        return activations.softmax

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
