"""The base class of layers: arguments, weights, building and calling; no arithmetic."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab import config
from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, NotBuilt, Unsupported
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.layers import scope as tracing
from trimtab.nn.layers import symbol as symbols
from trimtab.nn.layers.arguments import argument_names, dtype_name
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.eager import call_layer
from trimtab.nn.layers.seat import Seat
from trimtab.nn.layers.shapes import width_of_row, width_of_shape
from trimtab.nn.layers.weight import Weight, assign_all
from trimtab.nn.names import automatic_name
from trimtab.program import Builder
from trimtab.program.ops import Function

__all__ = ["Layer", "is_custom", "trainable_itself"]


def _declaration(build: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """``build`` as it is called from outside: once, with all that belongs to it."""

    @functools.wraps(build)
    def declare(self: Layer, input_shape: Any) -> None:
        if self._building:  # super().build() of a subclass
            build(self, input_shape)
        else:
            self._declare(build, self.given_width(input_shape))

    return declare


#: Attributes of a layer that say nothing of what it computes.
_BOOKKEEPING = frozenset(
    {
        *("weights_list", "input_width", "output_width"),
        *("_calls", "_call_seed", "_building", "_version"),
    }
)


class Layer:
    """Base class of all layers. Subclass it to write a custom layer.

    A subclass checks its arguments in ``__init__``, where it passes the common ones on with
    ``super().__init__(**kwargs)``, creates its weights in :meth:`build` with :meth:`add_weight`,
    and computes in :meth:`call`, written in ``jax.numpy``. A model with custom layers runs on JAX.
    A ``call`` in a subclass of another layer, such as ``Dense``, replaces what that layer computes.

    An attribute set on a custom layer takes effect at the next call that trains or predicts. A
    change inside a list or an array does not: set the attribute again.

    The layers of trimtab define :meth:`lower` instead of :meth:`call`: they emit ops, which the
    engines compute.

    Args:
        name: of the layer; by default the class name with a number.
        trainable: False freezes the layer.
        dtype: None or float32.
        input_shape, input_dim: number of input columns, for the first layer of a model.
        activity_regularizer: penalty on the output, a part of the loss: its mean over the rows.

    Attributes:
        name: of the layer.
        input_width, output_width: columns in and out; None until the layer is built.

    Raises:
        InvalidArgument: an unknown argument, or one that does not fit.
        Unsupported: another dtype, or an ``activity_regularizer`` that is a function.

    Example:
        >>> import trimtab
        >>> class Scale(trimtab.layers.Layer):
        ...     def build(self, input_shape):
        ...         self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")
        ...     def call(self, x):
        ...         return x * self.scale
        >>> Scale()([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
    """

    _building = False  # inside build
    _version = 0  # goes up when an attribute is set

    for_members: ClassVar[str] = ""  # what it can do for several members; see ``seat.py``
    seat: Seat | None = None  # its place in a network of several members, set by that network
    activity_regularizer: regularizers.Regularizer | None = None  # of older pickles, too
    any_width: ClassVar[bool] = False  # whether each call may be of another width
    dtype = compute_dtype = variable_dtype = "float32"  # Keras' names, for custom layers

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        input_shape: Any = None,
        input_dim: int | None = None,
        activity_regularizer: Any = None,
        **unknown: Any,
    ) -> None:
        owner = type(self).__name__
        if unknown:
            checks.unknown_arguments(owner, unknown, argument_names(type(self)))
        if dtype_name(dtype) not in (None, "float32"):
            raise Unsupported(f"{owner}: dtype must be 'float32', received {brief(dtype)}.")
        if input_dim is not None:
            input_shape = (input_dim,)
        self.name = automatic_name(owner) if name is None else checks.name_of("layer", name)
        self.input_shape_argument = None if input_shape is None else width_of_row(input_shape)
        self._trainable = checks.boolean("trainable", trainable)
        self.activity_regularizer = regularizers.of_activity(owner, activity_regularizer)
        self.weights_list: list[Weight] = []
        self.input_width: int | None = None
        self.output_width: int | None = None
        self._calls = 0  # eager calls so far: gives every call of a dropout a new mask

    def given_width(self, input_shape: Any) -> int:
        """The number of columns in a shape that the layer is built for."""
        return width_of_shape(input_shape)

    # -- what subclasses write ------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Creates the weights for an input of this shape, ``(None, width)``.

        The model calls it once. Called by hand, it takes a shape in any form. Subclasses override
        it and need not call ``super().build()``.

        Args:
            input_shape: ``(None, width)``.
        """

    def compute_output_shape(self, input_shape: Any) -> tuple[None, int]:
        """``(None, units)`` for an input ``(None, width)``.

        By default, a custom layer is traced to find out; other layers keep the width.

        Args:
            input_shape: ``(None, width)``.
        """
        width = width_of_shape(input_shape)
        if not is_custom(self):
            return (None, width)
        if self.input_width is None:
            raise NotBuilt(f"{self.path} is not built yet. Call build((None, n)) or fit() first.")
        return (None, self._traced_width(width))

    def call(self, x: Any, training: bool = False) -> Any:
        """Computes the output of a custom layer, in ``jax.numpy``.

        It is traced and compiled like a function under :func:`jax.jit`: a Python ``if`` may depend
        on ``training`` and on shapes, not on values; ``print`` prints once; attributes cannot be
        set. Weights act as arrays. A weight with ``trainable=False`` can be set with ``assign``,
        which lasts if ``training`` is true. Layers in attributes can be called on ``x``.

        Called on a layer of trimtab, it computes that layer's formula.

        Shape:
            ``(rows, width)`` to ``(rows, units)``.

        Args:
            x: the input.
            training: whether this is a training step; an override may leave this argument out.
        """
        scope = tracing.current()
        if scope is None:
            return self(x, training=training)
        for ancestor in type(self).__mro__:
            lower = vars(ancestor).get("lower")
            if lower is not None and lower is not Layer.lower:
                return scope.lowered(self, lower, x, training)
        raise NotImplementedError(_NEITHER.format(type(self).__name__))

    def random_key(self) -> Any:
        """A JAX random key for use inside :meth:`call`.

        It depends on the model's seed, the layer, the step and the number of keys drawn in the step
        so far: each step draws other numbers, and a run can be repeated. Outside of training it is
        always the same.

        Raises:
            InvalidArgument: called outside of :meth:`call`.
        """
        scope = tracing.current()
        if scope is None:
            raise InvalidArgument(
                f"{self.path}: random_key() is for use inside call, where there is a step to draw "
                "for. Use jax.random.key(seed) elsewhere."
            )
        return scope.random_key()

    def lower(self, builder: Builder, value: int) -> int:
        """Emits the ops of this layer on ``value`` and returns the value they end in."""
        if not is_custom(self):
            raise NotImplementedError(_NEITHER.format(type(self).__name__))
        parameters = [weight for weight in self.all_weights() if not weight.is_state]
        state = [weight for weight in self.all_weights() if weight.is_state]
        return builder.emit(
            "call",
            [value],
            parameters,
            state,
            function=Function(self._compute, self.path, tuple(_versions(self))),
            units=self.output_width,
            stream=builder.random_stream(),
            weights=tuple(weight.shape for weight in parameters),
            statistics=tuple(weight.shape for weight in state),
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor as plain data; subclasses add theirs."""
        own = regularizers.serialize(self.activity_regularizer)
        more = {} if own is None else {"activity_regularizer": own}
        return {"name": self.name, "trainable": self._trainable, **more}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    # -- custom layers ----------------------------------------------------------------------------

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "build" in vars(cls):
            setattr(cls, "build", _declaration(vars(cls)["build"]))  # noqa: B010 - mypy's wish
        if "call" in vars(cls) and "lower" not in vars(cls):
            setattr(cls, "lower", Layer.lower)  # noqa: B010 - call goes before what a parent lowers

    def _compute(
        self, x: Any, parameters: Any, state: Any, *, training: bool, key: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """:meth:`call` as a pure function: what the op ``call`` runs."""
        from trimtab.nn.layers.custom import run_layer

        return run_layer(self, x, parameters, state, training=training, key=key)

    def _traced_width(self, width: int, training: bool = False) -> int:
        from trimtab.core.extras import need_jax

        need_jax(f"{type(self).__name__}, a custom layer,")
        from trimtab.nn.layers.custom import output_width

        return output_width(self, width, training)

    if not TYPE_CHECKING:  # else every attribute would pass the type checker

        def __getattr__(self, name: str) -> Any:
            """Says what to use for what layers of Keras have and this one has not."""
            return symbols.member(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _BOOKKEEPING:
            if tracing.current() is not None and is_custom(self) and not self._building:
                raise InvalidArgument(
                    f"{self.path}: call sets self.{name}, which would happen once, when call is "
                    "compiled. Keep what moves in add_weight(..., trainable=False) and its "
                    "assign(); set other attributes in __init__ or build."
                )
            vars(self)["_version"] = self._version + 1
        super().__setattr__(name, value)
        if name not in _BOOKKEEPING and is_custom(self):
            self._adopt()

    # -- weights --------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """Unique name in the model: ``block/layer`` for a layer inside a block."""
        own = attachment(self)
        return self.name if own.block is None else f"{own.block.path}/{own.place or self.name}"

    @property
    def sublayers(self) -> list[Layer]:
        """Layers inside this one: those of a block, or in attributes of a custom layer."""
        return [layer for _, layer in self._held()] if is_custom(self) else []

    @property
    def activity_penalty(self) -> tuple[float, float]:
        """Factors of the penalty on its output: of absolute values, and of squares."""
        if self.activity_regularizer is not None and self.seat is not None:
            raise Unsupported(
                f"{self.path}: activity_regularizer in a network of several members is not "
                "supported. Leave it out, or use a Committee."
            )
        return regularizers.penalty(self.activity_regularizer)

    def _held(self) -> Iterator[tuple[str, Layer]]:
        """Layers in attributes, in lists and dicts there too, with where they are."""
        for name, value in vars(self).items():
            if name in _BOOKKEEPING:
                continue
            if isinstance(value, Layer):
                yield name, value
                continue
            items: Iterable[tuple[Any, Any]] = ()
            if isinstance(value, list | tuple):
                items = enumerate(value)
            elif isinstance(value, dict):
                items = value.items()
            yield from ((f"{name}.{key}", item) for key, item in items if isinstance(item, Layer))

    def _declare(self, build: Callable[[Any, Any], None], width: int) -> None:
        """Builds the layer for this width, and works out the width it gives."""
        if self.input_width is not None:
            if self.input_width != width and not self.any_width:
                raise InvalidArgument(
                    f"{self.path} was built for {self.input_width} columns, received {width}."
                )
            return
        before = len(self.weights_list)
        try:
            self._building = True
            self.input_width = width
            build(self, (None, width))
            self._building = False
            if is_custom(self):
                self._adopt()
            shape = self.compute_output_shape((None, width))
            for training in (False, True):  # tracing builds the layers that are called
                if not all(layer.built for layer in self.sublayers):
                    self._traced_width(width, training)
            self.output_width = _checked_width(self, shape)
        except BaseException:
            self.input_width = self.output_width = None
            del self.weights_list[before:]
            raise
        finally:
            self._building = False

    def _adopt(self) -> None:
        """Makes this the block of the layers in its attributes, and these their names."""
        for place, layer in list(self._held()):
            inner = attachment(layer)
            if inner.block is self:
                continue
            if not inner.free:
                raise InvalidArgument(
                    f"{self.path}.{place}, {layer.name}, is part of another block or model "
                    "already. Make a new layer."
                )
            inner.join(self, place)

    @property
    def built(self) -> bool:
        """Whether the weights exist. Setting it, as layers written for Keras do, has no effect."""
        return self.output_width is not None

    @built.setter
    def built(self, value: bool) -> None:
        checks.boolean("built", value)

    @property
    def trainable(self) -> bool:
        """Whether the optimizer updates the parameters. False for a block freezes its layers."""
        block = attachment(self).block
        return self._trainable and (block is None or bool(block.trainable))

    @trainable.setter
    def trainable(self, value: bool) -> None:
        # Takes effect at the next call that trains or predicts; setting a block sets its layers.
        self._trainable = checks.boolean("trainable", value)
        for layer in self.sublayers:
            layer.trainable = value

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Weight:
        """Creates a weight. Its first value is drawn when the model is built.

        Args:
            shape: a tuple of sizes or a size; () by default, a single number.
            initializer: a name, a configuration or an initializer; ``glorot_uniform`` by default.
            dtype: None or float32.
            trainable: False for a weight that the optimizer does not update; :meth:`call` may
                ``assign`` it.
            regularizer: penalty on the weight.
            constraint: applied after each update of the optimizer.
            name: such as ``kernel``; by default ``variable``, ``variable_1``, ...
            autocast, aggregation: accepted for compatibility with Keras, without effect.
            overwrite_with_gradient: not supported; must be False.

        Returns:
            The weight.

        Raises:
            InvalidArgument: a size is below 1, or the name is taken or contains a slash.
        """
        owner = type(self).__name__
        if tracing.current() is not None and not self._building:
            raise InvalidArgument(
                f"{self.path}: call adds a weight, which would be another one each time that call "
                "is compiled. Add weights in build."
            )
        checks.unsupported(f"{owner}.add_weight", overwrite_with_gradient=overwrite_with_gradient)
        if dtype_name(dtype) not in (None, "float32") and dtype is not np.float32:
            raise Unsupported(
                f"{owner}.add_weight: dtype must be 'float32', received {brief(dtype)}."
            )
        if isinstance(shape, str):  # (name, shape), as older Keras had it
            raise InvalidArgument(
                f"{owner}.add_weight takes the shape first, received {brief(shape)}. "
                f"Use add_weight(shape=..., name={brief(shape)})."
            )
        taken = {weight.name for weight in self.weights_list}
        if name is None:
            numbered = ("variable" if i == 0 else f"variable_{i}" for i in itertools.count())
            name = next(free for free in numbered if free not in taken)
        elif checks.name_of("weight", name) in taken:
            raise InvalidArgument(
                f"{self.path} already has a weight named {name!r}. Give one of the two another "
                "name."
            )
        sizes = () if shape is None else tuple(shape) if isinstance(shape, Iterable) else (shape,)
        whole = tuple(checks.positive_integer(f"{owner}.add_weight: size", size) for size in sizes)
        kept, penalty = constraints.get(constraint), regularizers.get(regularizer)
        weight = Weight(
            self,
            name,
            whole,
            initializers.get("glorot_uniform" if initializer is None else initializer),
            penalty=regularizers.penalty(penalty),
            own_penalty=None if penalty is None else penalty.function(),
            constraint=None if kept is None else kept.lower(whole),
            is_state=not checks.boolean("trainable", trainable),
        )
        self.weights_list.append(weight)
        return weight

    def all_weights(self) -> Iterator[Weight]:
        """The layer's weights in Keras' order, parameters first, then those of its sublayers."""
        yield from sorted(self.weights_list, key=lambda weight: weight.is_state)
        for layer in self.sublayers:
            yield from layer.all_weights()

    @property
    def weights(self) -> list[Weight]:
        """All weights, those of sublayers included."""
        return list(self.all_weights())

    @property
    def trainable_weights(self) -> list[Weight]:
        """The weights that the optimizer updates."""
        return [weight for weight in self.all_weights() if weight.trainable]

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """Moving statistics, and the weights of a frozen layer."""
        return [weight for weight in self.all_weights() if not weight.trainable]

    def get_weights(self) -> list[Floats]:
        """Copies of all arrays, in Keras' order."""
        return [weight.numpy() for weight in self.all_weights()]

    def set_weights(self, weights: list[ArrayLike]) -> None:
        """Sets all arrays; nothing changes if one of them does not fit.

        Args:
            weights: arrays as :meth:`get_weights` returns them.

        Raises:
            InvalidArgument: the number of arrays differs, or the shape of one of them.
        """
        assign_all(self.path, self.weights, weights)

    def count_params(self) -> int:
        """The number of parameters, moving statistics included."""
        if not self.built:
            raise NotBuilt(f"{self.path} is not built yet. Call build() or fit() first.")
        return sum(weight.size for weight in self.all_weights())

    def pull(self) -> None:
        """Reads the weights back from the engine of a model that trains this layer."""
        attachment(self).holders().pull()

    def touched(self) -> None:
        """Tells the models of this layer that a weight was set by hand."""
        attachment(self).holders().touched()

    def __getstate__(self) -> dict[str, Any]:
        # A layer that is copied or pickled by itself leaves its model; a model takes its own back.
        self.pull()
        own = attachment(self)
        kept = {name: value for name, value in vars(self).items() if value is not own}
        return {**kept, "_owner": None, "_parent": own.block, "_place": own.place}

    def __setstate__(self, state: dict[str, Any]) -> None:
        told = dict(state)
        told.pop("_owner", None)
        block, place = told.pop("_parent", None), told.pop("_place", None)
        vars(self).update(told)
        attachment(self).join(block, place)

    def _next_call(self) -> tuple[int, int]:
        """Seed and number of an eager call: each of them drops other units."""
        if self._calls == 0 or not hasattr(self, "_call_seed"):
            self._call_seed: int = config.next_seed()
        self._calls += 1
        return self._call_seed, self._calls

    # -- eager ----------------------------------------------------------------------------------

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Runs the layer on an array ``(rows, width)``.

        Inside the ``call`` of a custom layer, it runs on a traced array.

        Args:
            x: the rows; or a symbol, to describe a network: see :class:`~trimtab.Model`.
            training: True as in a training step: dropout drops, batch normalization uses the
                batch. None: False; inside a ``call``, what that call was given.
            mask: ``(rows,)`` of True and False: False leaves a row out of batch statistics. Not
                supported inside a ``call``, where the mask of the outer layer holds.

        Raises:
            InvalidArgument, InvalidData: the array does not fit the layer.
        """
        if symbols.given(x):
            return symbols.apply(self, x, training, mask)
        if isinstance(x, Layer):
            raise InvalidArgument(
                f"{self.name} was called on a layer, {brief(x)}. Call it on what Input((n,)) or "
                "the call of another layer returned."
            )
        scope = tracing.current()
        if scope is not None:
            checks.unsupported(f"{self.path} inside call", mask=mask)
            return scope.call(self, x, training)
        return call_layer(self, x, self._next_call, training=bool(training), mask=mask)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


_NEITHER = (
    "{} computes nothing. Write call(self, x), in jax.numpy; see the documentation of "
    "trimtab.layers.Layer."
)

# The base class is not a subclass of itself: what __init_subclass__ does, done here.
setattr(Layer, "build", _declaration(Layer.build))  # noqa: B010


def is_custom(layer: Layer) -> bool:
    """Whether a layer computes with a ``call`` that a user wrote."""
    return type(layer).lower is Layer.lower and type(layer).call is not Layer.call


def trainable_itself(layer: Layer) -> bool:
    """What ``trainable`` was set to on this layer, whatever the blocks around it say."""
    return bool(vars(layer)["_trainable"])


def _versions(layer: Layer) -> Iterator[int]:
    """Numbers that change when an attribute of a layer or of one inside it is set."""
    yield vars(layer).get("_version", 0)
    for inner in layer.sublayers:
        yield from _versions(inner)


def _checked_width(layer: Layer, shape: Any) -> int:
    """The width in what ``compute_output_shape`` returned."""
    try:
        return width_of_shape(shape)
    except InvalidArgument:
        if not is_custom(layer):
            raise
        raise InvalidArgument(
            f"{layer.path}: compute_output_shape must return (None, units), received "
            f"{brief(shape)}."
        ) from None
