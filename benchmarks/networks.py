"""What is trained, said once for every peer: layers, optimizer, batch size, epochs.

A peer turns a `Run` into its own framework's network. Only what the measured networks need is
here; this is no second layer library.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FLOAT_BYTES = 4


@dataclass(frozen=True)
class Dense:
    """`x @ kernel + bias`, then relu if `relu`."""

    units: int
    relu: bool = False


@dataclass(frozen=True)
class Dropout:
    """Drops with probability `rate` in training, scales the kept by 1 / (1 - rate)."""

    rate: float


@dataclass(frozen=True)
class BatchNormalization:
    """Keras' defaults: momentum 0.99, epsilon 1e-3, gamma and beta."""

    momentum: float = 0.99
    epsilon: float = 1e-3


Layer = Dense | Dropout | BatchNormalization


@dataclass(frozen=True)
class Run:
    """One training run. The loss is the mean absolute error throughout.

    `lands` is the open range in which the smallest validation loss of a full run is expected: a
    check that every peer trained the same thing. `members` are those of a committee in one network.
    """

    name: str
    layers: tuple[Layer, ...]
    optimizer: str
    batch_size: int
    epochs: int
    lands: tuple[float, float] | None = None
    members: int = 1


@dataclass(frozen=True)
class DenseShape:
    """A dense layer with its input width, and whether its input needs a gradient."""

    inputs: int
    units: int
    input_gradient: bool


def dense_shapes(run: Run, columns: int) -> Iterator[DenseShape]:
    """The dense layers of a run. A gradient is needed wherever a parameter lies further down."""
    width, trainable_below = columns, False
    for layer in run.layers:
        if isinstance(layer, Dense):
            yield DenseShape(width, layer.units, trainable_below)
            width, trainable_below = layer.units, True
        elif isinstance(layer, BatchNormalization):
            trainable_below = True


def count_parameters(run: Run, columns: int) -> int:
    """Trainable numbers and moving statistics."""
    count, width = 0, columns
    for layer in run.layers:
        if isinstance(layer, Dense):
            count += (width + 1) * layer.units
            width = layer.units
        elif isinstance(layer, BatchNormalization):
            count += 4 * width
    return count


@dataclass(frozen=True)
class ProductFlops:
    """Floating-point operations a row, by what a product computes."""

    forward: int
    kernel_gradients: int
    input_gradients: int


def product_flops(run: Run, columns: int) -> ProductFlops:
    """Operations of the matrix products of a training step, for each of its rows."""
    shapes = list(dense_shapes(run, columns))
    forward = run.members * sum(2 * shape.inputs * shape.units for shape in shapes)
    back = run.members * sum(
        2 * shape.inputs * shape.units for shape in shapes if shape.input_gradient
    )
    return ProductFlops(forward, forward, back)


def step_flops(run: Run, columns: int) -> int:
    """Floating-point operations of a whole batch's matrix products, gradients included."""
    flops = product_flops(run, columns)
    return (flops.forward + flops.kernel_gradients + flops.input_gradients) * run.batch_size


def activation_width(run: Run, columns: int) -> int:
    """Numbers per row that a plain forward pass keeps: the input and every layer's output."""
    total, width = columns, columns
    for layer in run.layers:
        if isinstance(layer, Dense):
            width = layer.units
        total += width
    return total


def memory_limit(run: Run, columns: int) -> int:
    """Bytes of five copies of the parameters and two batches of activations."""
    parameters = count_parameters(run, columns)
    activations = activation_width(run, columns) * run.batch_size
    return FLOAT_BYTES * (5 * parameters + 2 * activations)
