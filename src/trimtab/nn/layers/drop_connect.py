"""DropConnect: a dense layer of which weights are dropped."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn import activations
from trimtab.nn.layers.dense import Dense
from trimtab.nn.layers.dropout import Dropping
from trimtab.nn.layers.table import REGISTRY
from trimtab.program import Builder


@REGISTRY.register()
class DropConnect(Dropping, Dense):
    """A dense layer that drops weights instead of values in training; one mask per step.

    Shape:
        ``(rows, inputs)`` to ``(rows, units)``. Weights: kernel ``(inputs, units)``, bias
        ``(units,)``, which is not dropped.

    Formula:
        Training ``activation(x @ (kernel * keep / (1 - rate)) + bias)``, each element of ``keep``
        being 1 with probability 1 - rate and 0 otherwise; inference
        ``activation(x @ kernel + bias)``. Penalties, weight decay and constraints are those of the
        whole kernel.

    Source:
        Wan et al. 2013, "Regularization of neural networks using DropConnect"; they draw a mask for
        each row and keep the bias among the weights.

    Args:
        units: number of outputs.
        rate: probability that a weight is dropped; a number or a schedule, as for ``Dropout``.
        activation, use_bias, kernel_initializer, bias_initializer: as for ``Dense``.
        kernel_regularizer, bias_regularizer: as for ``Dense``.
        kernel_constraint, bias_constraint: as for ``Dense``.
        seed: seed of the masks; None: that of the model. Each step has another mask.

    Raises:
        InvalidArgument: units is not a positive integer, rate is not a number between 0 and 1, or
            an activation, initializer, regularizer or constraint is unknown.

    Example:
        >>> from trimtab import layers
        >>> layer = layers.DropConnect(2, rate=0.5, kernel_initializer="ones", seed=4)
        >>> layer([[1.0, 2.0, 3.0]]).tolist()
        [[6.0, 6.0]]
        >>> layer([[1.0, 2.0, 3.0]], training=True).tolist()
        [[4.0, 2.0]]
        >>> layers.DropConnect(2, rate=30)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: rate must be a float between 0 and 1, received 30. \
Use rate=0.3 to drop 30 % of the units.
    """

    def __init__(
        self,
        units: int,
        rate: float,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        seed: int | None = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.rate = rate
        self.seed = checks.seed("seed", seed)

    def lower(self, builder: Builder, value: int) -> int:
        assert self.kernel is not None
        stream = builder.random_stream()
        if self._rate == 0.0:
            value = builder.emit("matmul", [value], [self.kernel])
        else:
            value = self._emit(
                builder, "drop_connect", value, self.kernel, stream=stream, seed=self.seed
            )
        if self.bias is not None:
            value = builder.emit("bias", [value], [self.bias])
        return activations.lower(self.activation, builder, value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}
