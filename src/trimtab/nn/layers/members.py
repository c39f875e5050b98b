"""Members: several networks in one, which share kernels and differ in vectors and heads.

A value of k members holds their columns side by side, ``(rows, k * width)``. In row-major memory
this is one tall matrix ``(rows * k, width)``, which a shared kernel multiplies at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core import random
from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.initializers.base import Initializer, RandomInitializer, Shape
from trimtab.nn.layers.seat import BLOCK, COLUMNS, KERNEL, Seat
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder
from trimtab.program.ops import Function

if TYPE_CHECKING:
    from trimtab.nn.layers.base import Layer

__all__ = ["adapt", "add_adapter", "each_member", "seat_layers"]


class RandomSigns(RandomInitializer):
    """-1 or 1, each with probability 1/2."""

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        drawn = self._uniform(shape, seed, index)
        return np.where(drawn < 0.5, np.float32(-1), np.float32(1))


class _Each(Initializer):
    """Draws each member's part like a weight of its own."""

    def __init__(self, one: Any) -> None:
        self.one = one

    def draw(self, shape: Shape, seed: int | None, index: int) -> Floats:
        parts = []
        for member in range(shape[0]):
            own = None if seed is None else random.derive(seed, random.Stream.MODELS, member)
            parts.append(self.one(shape[1:], seed=own, index=index))
        return np.stack(parts)


def each_member(
    layer: Layer,
    name: str,
    shape: tuple[int, ...],
    initializer: Any,
    regularizer: Any = None,
    constraint: Any = None,
    *,
    decays: bool = True,
) -> Weight:
    """A weight that each member has its own of, ``(members, *shape)``.

    A constraint is that of one member's part. The penalty is the mean over the members, as the
    loss is.
    """
    assert layer.seat is not None
    members = layer.seat.members
    weight = layer.add_weight((members, *shape), _Each(initializers.get(initializer)), name=name)
    penalty = regularizers.get(regularizer)
    l1, l2 = regularizers.penalty(penalty)
    weight.penalty = (l1 / members, l2 / members)
    own = None if penalty is None else penalty.function()
    weight.own_penalty = None if own is None else _of_each(own, mean=True)
    kept = constraints.get(constraint)
    if kept is not None:
        op = kept.lower(shape)
        function = None if op.function is None else _of_each(op.function)
        axes = tuple(axis + 1 for axis in op.axes)
        weight.constraint = replace(op, axes=axes, function=function)
    weight.decays = decays
    return weight


@dataclass(frozen=True)
class _OfEach:
    """A custom function of one member's part, for all members; the mean of what it returns."""

    call: Callable[[Any], Any]
    mean: bool

    def __call__(self, w: Any) -> Any:
        import jax

        made = jax.vmap(self.call)(w)
        return made.mean(axis=0) if self.mean else made


def _of_each(function: Function, *, mean: bool = False) -> Function:
    return replace(function, call=_OfEach(function.call, mean))


def add_adapter(layer: Layer, width: int) -> Weight:
    """What each member multiplies the columns of the common input by: signs, at first."""
    return each_member(layer, "adapter", (width,), RandomSigns(), decays=False)


def adapt(builder: Builder, value: int, adapter: Weight) -> int:
    """Gives each member its own version of a value."""
    return builder.emit(
        "affine", [value], [adapter], members=adapter.shape[0], center=False, repeat=True
    )


def seat_layers(owner: str, layers: Sequence[Layer], members: int) -> None:
    """Gives each layer its place in a network of this many members.

    Layers before the first with a kernel stay as they are and are shared.

    Raises:
        InvalidArgument: no ``Dense`` to tell members apart, or layers built for another place.
        Unsupported: a layer that cannot work on members.
    """
    products = [number for number, layer in enumerate(layers) if _role(layer) in (KERNEL, BLOCK)]
    if not products:
        raise InvalidArgument(
            f"{owner}: members={members} needs a Dense, whose kernel the members share. "
            "Add layers.Dense(1), or leave members out."
        )
    first, last = products[0], products[-1]
    if _role(layers[last]) != KERNEL:
        raise InvalidArgument(
            f"{owner}: with members={members}, the last layer with a kernel must be a Dense, of "
            f"which each member has its own, received {layers[last].name} "
            f"({type(layers[last]).__name__}). Add layers.Dense(1) at the end."
        )
    for number, layer in enumerate(layers[first:], start=first):
        _take(owner, layer, Seat(members, number == first, number == last))


def _role(layer: Layer) -> str:
    """What a layer can do for members; a subclass that computes otherwise has to say so itself."""
    computes = next(each for each in type(layer).__mro__ if "lower" in vars(each))
    return str(vars(computes).get("for_members", ""))


def _take(owner: str, layer: Layer, seat: Seat) -> None:
    if _role(layer) not in (COLUMNS, KERNEL, BLOCK):
        raise Unsupported(
            f"{owner}: {layer.path} ({type(layer).__name__}) cannot follow a Dense in a network of "
            f"members={seat.members}: it does not take its columns one by one. Put it in front of "
            "the first Dense, where all members share it, use Dense in its place, or train "
            "independent networks with trimtab.Committee.fit."
        )
    if layer.built and layer.seat != seat:
        raise InvalidArgument(
            f"{owner}: {layer.path} was built for another place or number of members. Pass new "
            "layers, all of them at once: Sequential([...], members=...)."
        )
    if layer.seat != seat:
        layer.seat = seat
    for inner in layer.sublayers:
        _take(owner, inner, Seat(seat.members))
