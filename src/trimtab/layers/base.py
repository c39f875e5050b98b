"""What a layer is: arguments, weights and how it lowers itself; no arithmetic."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab import checks
from trimtab.errors import InvalidArgument, NotBuilt, Unsupported
from trimtab.program import Builder
from trimtab.registry import snake_case

Floats = NDArray[np.float32]

_names: dict[str, itertools.count[int]] = {}


def automatic_name(class_name: str) -> str:
    """``dense``, ``dense_1``, ... as Keras names layers."""
    stem = snake_case(class_name)
    number = next(_names.setdefault(stem, itertools.count()))
    return f"{stem}_{number}" if number else stem


def reset_names() -> None:
    """Starts the automatic names over (``keras.utils.clear_session``)."""
    _names.clear()


class Weight:
    """One array of a layer: a parameter, or a moving statistic.

    The truth lies in the engine while a model trains; reading :attr:`value` fetches it first.

    Attributes:
        name: ``kernel``, ``bias``, ``gamma``, ...
        path: ``layer/name``; unique in a model, used in files.
        shape: its shape.
        is_state: whether it is a moving statistic rather than a parameter.
        initializer: draws the first value.
        penalty: (l1, l2) factors of its regularizer.
    """

    def __init__(
        self,
        layer: Layer,
        name: str,
        shape: tuple[int, ...],
        initializer: Callable[..., Floats],
        *,
        penalty: tuple[float, float] = (0.0, 0.0),
        is_state: bool = False,
    ) -> None:
        self.name = name
        self.shape = shape
        self.initializer = initializer
        self.penalty = penalty
        self.is_state = is_state
        self._layer = layer
        self._value: Floats | None = None

    @property
    def path(self) -> str:
        return f"{self._layer.path}/{self.name}"

    @property
    def trainable(self) -> bool:
        return self._layer.trainable and not self.is_state

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def value(self) -> Floats:
        """The array, float32; a copy is not made, treat it as read-only."""
        self._layer.pull()
        if self._value is None:
            raise NotBuilt(f"{self.path} has no value yet. Call build() or fit() first.")
        return self._value

    def assign(self, value: ArrayLike) -> None:
        """Sets the array; its shape must be the weight's."""
        array = np.array(value, dtype=np.float32)
        if array.shape != self.shape:
            raise InvalidArgument(
                f"{self.path} has shape {self.shape}, received an array of shape {array.shape}."
            )
        self._layer.pull()
        self._value = array
        self._layer.touched()

    def numpy(self) -> Floats:
        """A copy of the array."""
        return self.value.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.value, dtype=dtype)

    def __repr__(self) -> str:
        return f"<Weight {self.path}, shape={self.shape}, trainable={self.trainable}>"


class Layer:
    """Base of all layers.

    A subclass checks its arguments in ``__init__`` (calling ``super().__init__(**kwargs)`` with
    the Keras arguments ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``,
    ``activity_regularizer``), creates weights in :meth:`build` with :meth:`add_weight`, and emits
    ops in :meth:`lower`. It holds no arithmetic: engines compute.
    """

    #: Name in files and ``get_config``.
    type_name: ClassVar[str] = ""

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
            checks.unknown_arguments(owner, unknown, _argument_names(type(self)))
        checks.unsupported(owner, activity_regularizer=activity_regularizer)
        if _dtype_name(dtype) not in (None, "float32"):
            raise Unsupported(f"{owner}: dtype must be 'float32', received {dtype!r}.")
        if input_dim is not None:
            input_shape = (input_dim,)
        self.name = automatic_name(owner) if name is None else checks.name_of("layer", name)
        self.input_shape_argument = None if input_shape is None else width_of_shape(input_shape)
        self._trainable = checks.boolean("trainable", trainable)
        self.weights_list: list[Weight] = []
        self.input_width: int | None = None
        self.output_width: int | None = None
        self._owner: Any = None  # the model that holds this layer, if any
        self._parent: Layer | None = None  # the block that holds this layer, if any
        self._calls = 0  # eager calls so far: gives every call of a dropout a new mask

    # -- what subclasses write ------------------------------------------------------------------

    def build(self, width: int) -> None:
        """Creates the weights for an input of this width and sets ``output_width``.

        Called once. Subclasses call ``super().build(width)`` first.
        """
        self.input_width = width
        self.output_width = width

    def lower(self, builder: Builder, value: int) -> int:
        """Emits this layer's ops onto ``value`` and returns the value they end in."""
        raise NotImplementedError(f"{type(self).__name__} does not lower itself")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data; subclasses extend it."""
        return {"name": self.name, "trainable": self._trainable}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    # -- weights --------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """Unique name inside the model; blocks prefix their layers."""
        return self.name if self._parent is None else f"{self._parent.path}/{self.name}"

    @property
    def sublayers(self) -> list[Layer]:
        """Layers inside this one (blocks)."""
        return []

    @property
    def built(self) -> bool:
        return self.input_width is not None

    @property
    def trainable(self) -> bool:
        """Whether the optimizer moves its parameters. Off in a block: off in all its layers."""
        return self._trainable and (self._parent is None or self._parent.trainable)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        # Takes effect at the next call that trains or predicts; setting a block sets its layers.
        self._trainable = checks.boolean("trainable", value)
        for layer in self.sublayers:
            layer.trainable = value

    def add_weight(
        self,
        name: str,
        shape: tuple[int, ...],
        initializer: Callable[..., Floats],
        *,
        penalty: tuple[float, float] = (0.0, 0.0),
        is_state: bool = False,
    ) -> Weight:
        """Creates a weight; it is drawn when the model (or the eager call) initializes."""
        weight = Weight(self, name, shape, initializer, penalty=penalty, is_state=is_state)
        self.weights_list.append(weight)
        return weight

    def all_weights(self) -> Iterator[Weight]:
        """Own weights in Keras' order (parameters, then moving statistics), then sublayers'."""
        yield from self.weights_list
        for layer in self.sublayers:
            yield from layer.all_weights()

    @property
    def weights(self) -> list[Weight]:
        return list(self.all_weights())

    @property
    def trainable_weights(self) -> list[Weight]:
        return [weight for weight in self.all_weights() if weight.trainable]

    @property
    def non_trainable_weights(self) -> list[Weight]:
        return [weight for weight in self.all_weights() if not weight.trainable]

    def get_weights(self) -> list[Floats]:
        """Copies of all arrays, in Keras' order."""
        return [weight.numpy() for weight in self.all_weights()]

    def set_weights(self, weights: list[ArrayLike]) -> None:
        """Sets all arrays; nothing changes if one of them does not fit."""
        own = list(self.all_weights())
        if len(own) != len(weights):
            raise InvalidArgument(
                f"{self.path} has {len(own)} weights, received {len(weights)} arrays."
            )
        arrays = [np.asarray(value, dtype=np.float32) for value in weights]
        for weight, array in zip(own, arrays, strict=True):
            if weight.shape != array.shape:
                raise InvalidArgument(
                    f"{weight.path} has shape {weight.shape}, received an array of shape "
                    f"{array.shape}."
                )
        for weight, array in zip(own, arrays, strict=True):
            weight.assign(array)

    def count_params(self) -> int:
        """Numbers held by all weights, moving statistics included."""
        if not self.built:
            raise NotBuilt(f"{self.path} is not built yet. Call build() or fit() first.")
        return sum(weight.size for weight in self.all_weights())

    def pull(self) -> None:
        """Fetches values from the engine if a model trains this layer."""
        if self._parent is not None:
            self._parent.pull()
        elif self._owner is not None:
            self._owner.pull()

    def touched(self) -> None:
        """Tells the model that a value was set by hand, so the engine reloads it."""
        if self._parent is not None:
            self._parent.touched()
        elif self._owner is not None:
            self._owner.touched()

    def __getstate__(self) -> dict[str, Any]:
        # A layer that is copied or pickled by itself leaves its model; a model takes its own back.
        self.pull()
        return {**self.__dict__, "_owner": None}

    # -- eager ----------------------------------------------------------------------------------

    def __call__(self, x: ArrayLike, training: bool = False) -> Floats:
        """Runs the layer on an array ``(rows, width)``; with ``training`` as in a training step."""
        if isinstance(x, Layer):
            raise Unsupported(
                f"{self.name} was called on a layer, received {x!r}: the functional API is not "
                "there. Build networks with Sequential([...])."
            )
        # The one upward import of this package: layers declare, engines compute.
        from trimtab.engines.eager import call_layer

        return call_layer(self, x, training=training)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _argument_names(cls: type[Layer]) -> list[str]:
    """Names of the constructor's arguments, those of the base class included."""
    names: dict[str, None] = {}
    for ancestor in cls.__mro__:
        if "__init__" in vars(ancestor) and ancestor is not object:
            for parameter in inspect.signature(vars(ancestor)["__init__"]).parameters.values():
                if parameter.kind is not parameter.VAR_KEYWORD and parameter.name != "self":
                    names[parameter.name] = None
    return list(names)


def _dtype_name(dtype: Any) -> Any:
    """The name in a dtype as layers' configurations of Keras hold it."""
    if isinstance(dtype, dict):
        return dtype.get("config", {}).get("name")
    return dtype


def width_of_shape(shape: Any) -> int:
    """The width in ``(n,)``, ``[n]``, ``(None, n)`` or ``n``; anything else is refused."""
    sizes = tuple(shape) if isinstance(shape, Iterable) else (shape,)
    if len(sizes) == 2 and sizes[0] is None:
        sizes = sizes[1:]
    width = sizes[0] if len(sizes) == 1 else None
    if not isinstance(width, int | np.integer) or isinstance(width, bool) or width < 1:
        raise InvalidArgument(
            "input_shape must hold one positive integer, the number of columns, received "
            f"{shape!r}. trimtab trains on tables: use input_shape=[n] for n columns."
        )
    return int(width)
