"""A custom layer: its ``call`` traced as a pure function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from trimtab.core import _native
from trimtab.engines.jax.call import conditions, current_context, rows_and_columns
from trimtab.engines.jax.context import Array, Context, Knobs
from trimtab.errors import EngineError, InvalidArgument, InvalidData, NotBuilt, Unsupported
from trimtab.nn.layers import scope as tracing
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.scope import LayerLike
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder, Op
from trimtab.program.ops import Dropping
from trimtab.program.ops.dropout import NOTHING

#: Rows of the array that a layer is traced on to learn the width of its output.
_ROWS = 17


# A weight that goes into a compiled function of JAX (most of jax.numpy) comes out as its array.
def _array_of(_: None, leaves: tuple[Any]) -> Any:
    return leaves[0]


jax.tree_util.register_pytree_node(
    Weight, lambda weight: ((jnp.asarray(weight.value),), None), _array_of
)


def run_layer(
    layer: LayerLike,
    x: Array,
    parameters: Sequence[Array],
    state: Sequence[Array],
    *,
    training: bool,
    key: Array,
) -> tuple[Any, tuple[Array, ...]]:
    """``layer.call(x)`` with its weights standing for these arrays; also the moved state."""
    own = list(layer.all_weights())
    held = [weight for weight in own if weight.is_state]
    values = dict(zip([w for w in own if not w.is_state], parameters, strict=True))
    values |= zip(held, state, strict=True)
    scope = _Scope(layer, training, key, values)
    value = scope.run(layer, x, training)
    value = value.value if isinstance(value, Weight) else value
    return value, tuple(scope.values[weight] for weight in held)


def output_width(layer: LayerLike, width: int, training: bool) -> int:
    """The width of what ``layer.call`` makes of rows of this width; computes nothing.

    Layers inside it that are not built yet are built for what they are called on.
    """

    def trace(x: Array, words: Array) -> Any:
        key = jax.random.wrap_key_data(words, impl="threefry2x32")
        step = jnp.uint32(0)
        knobs = Knobs(words[0], step, step)
        context = Context((x,), (), (), training, knobs, step, None, None, None, 1)
        scope = _Scope(layer, training, key, None)
        with conditions(context):
            return rows_and_columns(layer.path, scope.run(layer, x, training))

    x, words = np.zeros((_ROWS, width), np.float32), np.zeros(2, np.uint32)
    shape: tuple[int, ...] = jax.eval_shape(trace, x, words).shape
    if shape[0] != _ROWS or shape[1] < 1:
        raise InvalidArgument(
            f"{layer.path}: call must return (rows, units), one row for each row of x; from "
            f"{(_ROWS, width)} it made {shape}."
        )
    return shape[1]


class _Scope:
    """The trace of one custom layer. See :class:`~trimtab.nn.layers.scope.Scope`.

    Args:
        layer: the layer.
        training: whether it trains.
        key: what its random keys are made from.
        values: what its weights stand for; None while it is built, when they are zeros.
    """

    def __init__(
        self, layer: LayerLike, training: bool, key: Array, values: dict[Weight, Array] | None
    ) -> None:
        self.layer = layer
        self.training = training
        self.key = key
        self.building = values is None
        self.values = {} if values is None else values
        self.draws = 0  # keys made so far

    def read(self, weight: Weight) -> Array:
        if weight not in self.values:
            self._refuse_strangers(weight.layer, weight.path)
            assert self.building
            self.values[weight] = jnp.zeros(weight.shape, jnp.float32)
        return self.values[weight]

    def write(self, weight: Weight, value: Any) -> None:
        before = self.read(weight)
        if not weight.is_state:
            raise InvalidArgument(
                f"{weight.path} is what the optimizer moves; call cannot assign it. Use "
                "add_weight(..., trainable=False) for what call moves."
            )
        array = jnp.asarray(value, before.dtype)
        if array.shape != weight.shape:
            raise InvalidArgument(
                f"{weight.path} has shape {weight.shape}, received an array of shape {array.shape}."
            )
        self.values[weight] = array

    def random_key(self) -> Array:
        self.draws += 1
        return jax.random.fold_in(self.key, self.draws)

    def call(self, layer: LayerLike, x: Any, training: bool | None) -> Any:
        self._refuse_strangers(layer, layer.name)
        if layer.activity_penalty != (0.0, 0.0):
            raise Unsupported(
                f"{layer.path}: activity_regularizer of a layer inside {self.layer.path} is not "
                "supported. Give it to the outer layer, or leave it out."
            )
        x = rows_and_columns(f"{layer.path}, inside {self.layer.path}", x)
        if not layer.built:
            if not self.building:
                raise NotBuilt(
                    f"{layer.path} was not called when {self.layer.path} was built, so it has no "
                    "weights. Call its build() in build."
                )
            layer.build(x.shape[1])
        elif layer.input_width != x.shape[1] and not layer.any_width:
            raise InvalidData(
                f"{layer.path} was built for {layer.input_width} columns, received {x.shape[1]}."
            )
        return self.run(layer, x, self.training if training is None else bool(training))

    def run(self, layer: LayerLike, x: Array, training: bool) -> Any:
        """The layer's ``call`` in this scope."""
        more = {"training": training} if _takes_training(layer.call) else {}
        token = tracing.enter(self)
        try:
            return layer.call(x, **more)
        except ValueError as problem:
            if "__jax_array__" not in str(problem):
                raise
            raise EngineError(
                f"{layer.path}: functions of jax.lax take arrays, not weights. Write "
                "self.kernel.value for the array of self.kernel."
            ) from problem
        finally:
            tracing.leave(token)

    def lowered(
        self, layer: LayerLike, lower: Callable[..., int], x: Array, training: bool
    ) -> Array:
        from trimtab.engines.jax.registry import FORWARD  # which lists this file's op

        outer = current_context()
        assert outer is not None
        builder = Builder(x.shape[1])
        program = builder.finish(lower(layer, builder, 0))
        for scheduled in program.schedules:
            raise Unsupported(
                f"{scheduled.name}: a rate on a schedule is not supported inside the call of "
                f"{self.layer.path}. Give it a number, or put the layer into the model itself."
            )
        weights = {weight.path: weight for weight in layer.all_weights()}
        values = [x]
        for op in program.ops:
            held = [weights[program.state[i].name] for i in op.state]
            context = replace(
                outer,
                inputs=tuple(values[i] for i in op.inputs),
                parameters=tuple(
                    self.read(weights[program.parameters[i].name]) for i in op.parameters
                ),
                state=tuple(self.read(weight) for weight in held),
                training=training,
                knobs=self._knobs(op),
            )
            value, moved = FORWARD[op.kind](op, context)
            values.append(value)
            self.values |= zip(held, moved, strict=True)
        return values[program.output]

    def _knobs(self, op: Op) -> Knobs | None:
        """Random numbers of an op inside the layer, apart from those of all other ops."""
        if not hasattr(op, "stream"):
            return None
        word = jax.random.key_data(self.random_key())[0]
        if getattr(op, "seed", None) is not None:
            word = jnp.uint32(_native.mix(op.seed % 2**64, self.draws))  # type: ignore[attr-defined]
        drops = op.limits_and_scales(op.rate) if isinstance(op, Dropping) else NOTHING
        return Knobs(word, *(jnp.asarray(each) for each in drops))

    def _refuse_strangers(self, layer: LayerLike, what: str) -> None:
        """Only the layer itself and those in its attributes take part."""
        ancestor: LayerLike | None = layer
        while ancestor is not None:
            if ancestor is self.layer:
                return
            ancestor = attachment(ancestor).block
        raise InvalidArgument(
            f"{what} is used inside the call of {self.layer.path}, which does not hold it. Make "
            "it in __init__ or build, and keep it in an attribute."
        )


def _takes_training(function: Callable[..., Any]) -> bool:
    parameters: Mapping[str, inspect.Parameter] = inspect.signature(function).parameters
    return "training" in parameters or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )
