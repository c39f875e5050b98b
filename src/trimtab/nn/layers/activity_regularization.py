"""A penalty on values between two layers."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn import regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder

__all__ = ["ActivityRegularization"]


@REGISTRY.register()
class ActivityRegularization(Layer):
    """Passes values on and adds a penalty on their size to the loss.

    ``activity_regularizer=`` of a layer does the same to what that layer gives.

    Shape:
        Any width, kept. No weights.

    Formula:
        the loss gains ``sum(l1 * abs(x) + l2 * x**2)`` over the columns, its mean over the rows

    Source:
        As in Keras.

    Args:
        l1: factor of the absolute values.
        l2: factor of the squares.

    Raises:
        InvalidArgument: a factor is below 0.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> model = trimtab.Sequential([layers.Input((2,)), layers.ActivityRegularization(l2=0.5)])
        >>> model.compile(optimizer="sgd", loss="mse")
        >>> x = np.array([[1.0, 1.0], [3.0, 1.0]])
        >>> model.evaluate(x, x, verbose=0)  # no error, and the mean of 1 and 5
        3.0
    """

    any_width = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        factors = {
            name: checks.non_negative_number(name, value)
            for name, value in (("l1", l1), ("l2", l2))
        }
        super().__init__(activity_regularizer=regularizers.L1L2(**factors), **kwargs)
        self.l1, self.l2 = factors["l1"], factors["l2"]

    def lower(self, builder: Builder, value: int) -> int:
        return value

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activity_regularizer"]  # its two factors say it
        return {**config, "l1": self.l1, "l2": self.l2}
