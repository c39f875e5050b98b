"""Dense: a matrix product, a bias, an activation."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn import activations, constraints, initializers, regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.members import adapt, add_adapter, each_member
from trimtab.nn.layers.seat import KERNEL, Seat
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder


@REGISTRY.register()
class Dense(Layer):
    """A dense layer: each output is a weighted sum of all inputs, plus a bias.

    Shape:
        ``(rows, inputs)`` to ``(rows, units)``; with ``glu`` to half of these. Weights: kernel
        ``(inputs, units)``, bias ``(units,)``.

    Formula:
        ``activation(x @ kernel + bias)``.

    Source:
        Rosenblatt 1958; kernels drawn as in Glorot & Bengio 2010.

    Args:
        units: number of outputs.
        activation: a name or a function of ``trimtab.activations``; None: linear.
        use_bias: whether to add a bias. Before a batch normalization, a bias has no effect.
        kernel_initializer: initial values of the kernel.
        bias_initializer: initial values of the bias.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        kernel_constraint: applied to the kernel after each update; ``MaxNorm(3)`` works well with
            dropout.
        bias_constraint: applied to the bias after each update.

    Raises:
        InvalidArgument: units is not a positive integer, or an activation, initializer, regularizer
            or constraint is unknown.
        Unsupported: ``lora_rank``, ``quantization_config`` or ``activity_regularizer``.

    Example:
        >>> from trimtab import layers
        >>> layer = layers.Dense(2, kernel_initializer="ones")
        >>> layer([[1.0, 2.0, 3.0]]).tolist()
        [[6.0, 6.0]]
        >>> layers.Dense(2.5)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: units must be a positive integer, received 2.5.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: Any = None,
        lora_alpha: Any = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        checks.unsupported(
            "Dense",
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        self.units = checks.positive_integer("units", units)
        self.activation = activations.get(activation)
        self.use_bias = checks.boolean("use_bias", use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.kernel: Weight | None = None
        self.bias: Weight | None = None

    for_members = KERNEL
    #: Weights in a network of several members.
    adapter: Weight | None = None
    scale: Weight | None = None

    def build(self, input_shape: Any) -> None:
        if self.seat is not None:
            self._build_for_members(input_shape[-1], self.seat)
            return
        self.kernel = self.add_weight(
            (input_shape[-1], self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        units = activations.width_after(self.activation, self.units)
        return (None, units if self.seat is None else units * self.seat.members)

    def _build_for_members(self, width: int, seat: Seat) -> None:
        """The kernel is shared, or each member's own in the last layer; vectors tell them apart."""
        inputs = width if seat.first else width // seat.members
        kernel = (self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint)
        if seat.first:
            self.adapter = add_adapter(self, inputs)
        if seat.last:
            self.kernel = each_member(self, "kernel", (inputs, self.units), *kernel)
        else:
            self.kernel = self.add_weight(
                (inputs, self.units),
                kernel[0],
                regularizer=kernel[1],
                constraint=kernel[2],
                name="kernel",
            )
            self.scale = each_member(self, "scale", (self.units,), "ones", decays=False)
        if self.use_bias:
            bias = (self.bias_initializer, self.bias_regularizer, self.bias_constraint)
            self.bias = each_member(self, "bias", (self.units,), *bias)

    def _lower_for_members(self, builder: Builder, value: int, seat: Seat) -> int:
        assert self.kernel is not None
        members = seat.members
        if self.adapter is not None:
            value = adapt(builder, value, self.adapter)
        product = "heads" if seat.last else "matmul"
        value = builder.emit(product, [value], [self.kernel], members=members)
        vectors = [weight for weight in (self.scale, self.bias) if weight is not None]
        if vectors:
            value = builder.emit(
                "affine",
                [value],
                vectors,
                members=members,
                scale=self.scale is not None,
                center=self.bias is not None,
            )
        return activations.lower(self.activation, builder, value, members)

    def lower(self, builder: Builder, value: int) -> int:
        if self.seat is not None:
            return self._lower_for_members(builder, value, self.seat)
        assert self.kernel is not None
        value = builder.emit("matmul", [value], [self.kernel])
        if self.bias is not None:
            value = builder.emit("bias", [value], [self.bias])
        return activations.lower(self.activation, builder, value)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }
