"""A custom layer: its ``call`` traced as a pure function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

<<<<<<< HEAD
from trimtab.engines.jax.context import Array, Context, full_products
from trimtab.errors import EngineError, InvalidArgument
from trimtab.program.ops import Call
=======
from trimtab.engines.jax.context import Array, Context, Knobs, full_products
from trimtab.engines.native import _native
from trimtab.errors import EngineError, InvalidArgument, InvalidData, NotBuilt, Unsupported
from trimtab.layers import scope as tracing
from trimtab.layers.base import Layer, Weight
from trimtab.program import Builder, Op
from trimtab.program.ops import Call, Dropping
from trimtab.program.ops.dropout import limits_and_scales

#: Rows of the array that a layer is traced on to learn the width of its output.
_ROWS = 17


# A weight that goes into a compiled function of JAX (most of jax.numpy) comes out as its array.
def _array_of(_: None, leaves: tuple[Any]) -> Any:
    return leaves[0]


jax.tree_util.register_pytree_node(
    Weight, lambda weight: ((jnp.asarray(weight.value),), None), _array_of
)
>>>>>>> native

#: The op that is being traced: layers inside the user's are computed under the same conditions.
_context: ContextVar[Context | None] = ContextVar("context of a custom layer", default=None)


def call(op: Call, context: Context) -> tuple[Array, Sequence[Array]]:
    """The function's value, checked; the state moves in training."""
    (x,) = context.inputs
    assert context.knobs is not None
    words = jnp.stack([context.knobs.key, jnp.asarray(context.step, jnp.uint32)])
    key = jax.random.wrap_key_data(words, impl="threefry2x32")
    with conditions(context), full_products():
        value, moved = op.function.call(
            x, context.parameters, context.state, training=context.training, key=key
        )
    value = rows_and_columns(op.function.name, value)
    if value.shape != (len(x), op.units):
        raise EngineError(
            f"{op.function.name}: call must return an array of shape {(len(x), op.units)}, "
            f"received {value.shape}: the rows it was given, and the width that the layer had "
            "when it was built."
        )
    return value.astype(x.dtype), moved if context.training else context.state


def rows_and_columns(name: str, value: Any) -> Array:
    """What ``call`` returned, if it is an array of two dimensions."""
    if isinstance(value, jax.Array | np.ndarray) and value.ndim == 2:
        return jnp.asarray(value)
    shown = f"shape {value.shape}" if hasattr(value, "shape") else type(value).__name__
    raise InvalidArgument(f"{name}: call must return an array (rows, units), received {shown}.")


@contextmanager
def conditions(context: Context) -> Iterator[None]:
    """Makes these the conditions under which custom layers are traced."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


<<<<<<< HEAD
def current_context() -> Context | None:
    """The conditions under which a custom layer is traced now, or None."""
    return _context.get()
=======
class _Scope:
    """The trace of one own layer. See :class:`~trimtab.layers.scope.Scope`.

    Args:
        layer: the layer.
        training: whether it trains.
        key: what its random keys are made from.
        values: what its weights stand for; None while it is built, when they are zeros.
    """

    def __init__(
        self, layer: Layer, training: bool, key: Array, values: dict[Weight, Array] | None
    ) -> None:
        self.layer = layer
        self.training = training
        self.key = key
        self.building = values is None
        self.values = {} if values is None else values
        self.draws = 0  # keys made so far

    def read(self, weight: Weight) -> Array:
        if weight not in self.values:
            self._refuse_strangers(weight._layer, weight.path)
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

    def call(self, layer: Layer, x: Any, training: bool | None) -> Any:
        self._refuse_strangers(layer, layer.name)
        x = _rows_and_columns(f"{layer.path}, inside {self.layer.path}", x)
        if not layer.built:
            if not self.building:
                raise NotBuilt(
                    f"{layer.path} was not called when {self.layer.path} was built, so it has no "
                    "weights. Call its build() in build."
                )
            layer.build(x.shape[1])
        elif layer.input_width != x.shape[1]:
            raise InvalidData(
                f"{layer.path} was built for {layer.input_width} columns, received {x.shape[1]}."
            )
        return self.run(layer, x, self.training if training is None else bool(training))

    def run(self, layer: Layer, x: Array, training: bool) -> Any:
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

    def lowered(self, layer: Layer, lower: Callable[..., int], x: Array, training: bool) -> Array:
        from trimtab.engines.jax.registry import FORWARD  # which lists this file's op

        outer = _context.get()
        assert outer is not None
        builder = Builder(x.shape[1])
        program = builder.finish(lower(layer, builder, 0))
        for scheduled in program.schedules:
            raise Unsupported(
                f"{scheduled.name}: a rate on a schedule is not there inside the call of "
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
        rate = op.rate if isinstance(op, Dropping) else 0.0
        return Knobs(word, *(jnp.asarray(each) for each in limits_and_scales(rate)))

    def _refuse_strangers(self, layer: Layer, what: str) -> None:
        """Only the layer itself and those in its attributes take part."""
        ancestor: Layer | None = layer
        while ancestor is not None:
            if ancestor is self.layer:
                return
            ancestor = ancestor._parent
        raise InvalidArgument(
            f"{what} is used inside the call of {self.layer.path}, which does not hold it. Make "
            "it in __init__ or build, and keep it in an attribute."
        )


def _takes_training(function: Callable[..., Any]) -> bool:
    parameters: Mapping[str, inspect.Parameter] = inspect.signature(function).parameters
    return "training" in parameters or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )
>>>>>>> native
