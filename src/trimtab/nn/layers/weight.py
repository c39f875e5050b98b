"""One array of a layer."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab import config
from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument, NotBuilt
from trimtab.nn.layers import scope as tracing
from trimtab.nn.layers.scope import LayerLike
from trimtab.program.ops import ConstraintOp, Function

__all__ = ["Weight", "assign_all"]


def _operator(function: Callable[..., Any], *, reflected: bool = False) -> Any:
    """An operator of :class:`Weight`: that of its array."""

    def apply(self: Weight, *others: Any) -> Any:
        return function(self.value, *(_plain(other) for other in others))

    def apply_reflected(self: Weight, other: Any) -> Any:
        return function(_plain(other), self.value)

    return apply_reflected if reflected else apply


def _plain(operand: Any) -> Any:
    return operand.value if isinstance(operand, Weight) else operand


class Weight:
    """One array of a layer: a parameter, or a moving statistic.

    Reading :attr:`value` fetches it from the engine if a model has trained it. In arithmetic a
    weight acts as its array: ``x @ weight``, ``weight + 1``, ``weight[0]``. Inside the
    ``call`` of a custom layer, its array is a traced one of JAX, which ``jax.numpy`` and
    compiled functions take as it is; functions of ``jax.lax`` want ``weight.value``.

    Attributes:
        name: ``kernel``, ``bias``, ``gamma``, ...
        path: ``layer/name``, unique in a model and used in files.
        shape: its shape.
        decays: False for a factor that weight decay would pull to 0.
        is_state: whether it is a moving statistic instead of a parameter.
        initializer: draws the first value.
        penalty: factors (l1, l2) of its regularizer.
        own_penalty: a custom regularizer, or None.
        constraint: applied after each update, or None.
    """

    #: Of weights that were pickled before some had no weight decay, or a penalty of their own, too.
    decays = True
    own_penalty: Function | None = None

    #: NumPy arrays on the left of an operator leave it to this class.
    __array_priority__ = 1000

    def __init__(
        self,
        layer: LayerLike,
        name: str,
        shape: tuple[int, ...],
        initializer: Callable[..., Floats],
        *,
        penalty: tuple[float, float] = (0.0, 0.0),
        own_penalty: Function | None = None,
        constraint: ConstraintOp | None = None,
        is_state: bool = False,
    ) -> None:
        self.name = name
        self.shape = shape
        self.initializer = initializer
        self.penalty = penalty
        self.own_penalty = own_penalty
        self.constraint = constraint
        self.is_state = is_state
        self.decays = True
        self._layer = layer
        self._value: Floats | None = None

    @property
    def layer(self) -> LayerLike:
        """The layer that it belongs to."""
        return self._layer

    @property
    def stored(self) -> Floats | None:
        """The array as it lies here, maybe older than the engine's; None before the first draw."""
        return self._value

    @stored.setter
    def stored(self, value: Floats) -> None:
        self._value = value

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
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """float32; inside ``call`` under mixed precision that of the traced array."""
        dtype: np.dtype[np.float32] = self.value.dtype
        return dtype

    @property
    def value(self) -> Any:
        """The array, float32. It is not a copy: do not change it."""
        scope = tracing.current()
        if scope is not None:
            return scope.read(self)
        self._layer.pull()
        if self._value is None and self._layer.built:
            self._draw()
        if self._value is None:
            raise NotBuilt(f"{self.path} has no value yet. Call build() or fit() first.")
        return self._value

    def _draw(self) -> None:
        """First values of a layer that was built by itself: no model draws them."""
        seed = config.next_seed()
        for index, weight in enumerate(self._layer.weights):
            if weight.stored is None:
                weight.stored = weight.initializer(weight.shape, seed=seed, index=index)

    def assign(self, value: Any) -> None:
        """Sets the array.

        Inside ``call``, it sets the value after this step; only weights with ``trainable=False``
        can be set there.

        Args:
            value: an array of the weight's shape.

        Raises:
            InvalidArgument: the shape differs, or the optimizer updates this weight.
        """
        scope = tracing.current()
        if scope is not None:
            scope.write(self, _plain(value))
            return
        array = np.array(value, dtype=np.float32)
        if array.shape != self.shape:
            raise InvalidArgument(
                f"{self.path} has shape {self.shape}, received an array of shape {array.shape}."
            )
        self._layer.pull()
        self._value = array
        self._layer.touched()

    def assign_add(self, value: Any) -> None:
        """Adds to the array; see :meth:`assign`."""
        self.assign(self + value)

    def assign_sub(self, value: Any) -> None:
        """Subtracts from the array; see :meth:`assign`."""
        self.assign(self - value)

    def numpy(self) -> Floats:
        """A copy of the array."""
        copy: Floats = np.array(self.value)
        return copy

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.value, dtype=dtype)

    def __jax_array__(self) -> Any:
        import jax.numpy as jnp

        return jnp.asarray(self.value)

    __add__, __radd__ = _operator(operator.add), _operator(operator.add, reflected=True)
    __sub__, __rsub__ = _operator(operator.sub), _operator(operator.sub, reflected=True)
    __mul__, __rmul__ = _operator(operator.mul), _operator(operator.mul, reflected=True)
    __pow__, __rpow__ = _operator(operator.pow), _operator(operator.pow, reflected=True)
    __matmul__ = _operator(operator.matmul)
    __rmatmul__ = _operator(operator.matmul, reflected=True)
    __truediv__ = _operator(operator.truediv)
    __rtruediv__ = _operator(operator.truediv, reflected=True)
    __lt__, __le__ = _operator(operator.lt), _operator(operator.le)
    __gt__, __ge__ = _operator(operator.gt), _operator(operator.ge)
    __neg__, __abs__ = _operator(operator.neg), _operator(operator.abs)
    __getitem__ = _operator(operator.getitem)
    __float__ = _operator(float)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def T(self) -> Any:  # noqa: N802 - the arrays' name
        """Its array, transposed."""
        return self.value.T

    def __repr__(self) -> str:
        return f"<Weight {self.path}, shape={self.shape}, trainable={self.trainable}>"


def assign_all(owner: str, weights: Sequence[Weight], arrays: Sequence[ArrayLike]) -> None:
    """Sets several weights; none of them changes if one array does not fit.

    Args:
        owner: what has the weights, for messages.
        weights: the weights.
        arrays: one for each.

    Raises:
        InvalidArgument: the number of arrays differs, or the shape of one of them.
    """
    if len(weights) != len(arrays):
        raise InvalidArgument(f"{owner} has {len(weights)} weights, received {len(arrays)} arrays.")
    values = [np.asarray(array, dtype=np.float32) for array in arrays]
    for weight, value in zip(weights, values, strict=True):
        if weight.shape != value.shape:
            raise InvalidArgument(
                f"{weight.path} has shape {weight.shape}, received an array of shape {value.shape}."
            )
    for weight, value in zip(weights, values, strict=True):
        weight.assign(value)
