"""Penalties on weights, added to the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import catalogue, checks
from trimtab.core.extras import need_jax
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import registration
from trimtab.nn.registry import Registry
from trimtab.program.ops import Function

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


class Regularizer:
    """Base of all regularizers.

    A subclass that overrides ``__call__`` returns the penalty of a weight as a single number,
    written in ``jax.numpy``. Networks with it run on the JAX engine; register the class to save
    them, and return the constructor's arguments from ``get_config``.

    Attributes:
        penalty: (l1, l2): ``l1 sum |w| + l2 sum w^2`` is added to the loss.

    Example:
        >>> import jax.numpy as jnp
        >>> import trimtab
        >>> class SumToOne(trimtab.regularizers.Regularizer):
        ...     def __call__(self, x):
        ...         return jnp.sum(jnp.square(jnp.sum(x, axis=0) - 1))
        >>> layer = trimtab.layers.Dense(4, kernel_regularizer=SumToOne())
    """

    penalty: tuple[float, float] = (0.0, 0.0)

    def function(self) -> Function | None:
        """The penalty of a custom regularizer; None where :attr:`penalty` says it all."""
        if type(self).__call__ is Regularizer.__call__:
            return None
        return Function(self.__call__, type(self).__name__)

    def __call__(self, x: ArrayLike) -> float:
        """The penalty on an array."""
        array = np.asarray(x, np.float64)
        l1, l2 = self.penalty
        return float(l1 * np.abs(array).sum() + l2 * np.square(array).sum())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return (
            type(self) is type(other)
            and isinstance(other, Regularizer)
            and self.penalty == other.penalty
            and self.get_config() == other.get_config()
        )

    def __hash__(self) -> int:
        return hash((type(self), self.penalty))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


REGISTRY: Registry[Regularizer] = Registry("regularizer", "regularizers", Regularizer)


@REGISTRY.register()
class L1(Regularizer):
    """``l1 * sum |w|``: pulls weights to exactly 0.

    Raises:
        InvalidArgument: l1 is not a number of 0 or more.

    Example:
        >>> from trimtab import regularizers
        >>> regularizers.L1(0.5)([1.0, -3.0])
        2.0
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = 0.01 if l1 is None else checks.non_negative_number("l1", l1)
        self.penalty = (self.l1, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


@REGISTRY.register()
class L2(Regularizer):
    """``l2 * sum w^2``: keeps weights small.

    Raises:
        InvalidArgument: l2 is not a number of 0 or more.

    Example:
        >>> from trimtab import regularizers
        >>> regularizers.L2(0.5)([1.0, -3.0])
        5.0
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = 0.01 if l2 is None else checks.non_negative_number("l2", l2)
        self.penalty = (0.0, self.l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


@REGISTRY.register("l1l2")
class L1L2(Regularizer):
    """``l1 * sum |w| + l2 * sum w^2``.

    Raises:
        InvalidArgument: a factor is not a number of 0 or more.

    Example:
        >>> from trimtab import regularizers
        >>> regularizers.L1L2(l1=0.5, l2=0.5)([1.0, -3.0])
        7.0
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = 0.0 if l1 is None else checks.non_negative_number("l1", l1)
        self.l2 = 0.0 if l2 is None else checks.non_negative_number("l2", l2)
        self.penalty = (self.l1, self.l2)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


@REGISTRY.register()
class OrthogonalRegularizer(Regularizer):
    """Draws the rows or columns of a kernel to right angles. It runs on the JAX engine.

    Shape:
        A weight of two axes. In the kernel of a ``Dense``, a row is what one input does, and a
        column what goes into one unit.

    Formula:
        ``factor * mean |cos(a, b)|`` over all pairs of different rows or columns; a row of zeros
        has no angle and counts as 0.

    Raises:
        InvalidArgument: factor is not a number of 0 or more, mode is neither ``rows`` nor
            ``columns``, or the weight does not have two axes.

    Example:
        >>> from trimtab import regularizers
        >>> regularizer = regularizers.OrthogonalRegularizer(0.5)
        >>> round(float(regularizer([[1.0, 0.0], [3.0, 4.0]])), 3)
        0.3
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = checks.non_negative_number("factor", factor)
        self.mode = checks.choice("mode", mode, ("rows", "columns"))

    def __call__(self, x: Any) -> Any:
        need_jax("OrthogonalRegularizer")
        import jax.numpy as jnp

        w = jnp.asarray(x)
        if w.ndim != 2:
            raise InvalidArgument(
                f"OrthogonalRegularizer needs a weight of two axes, received shape {w.shape}. "
                "Use it as kernel_regularizer."
            )
        rows = w if self.mode == "rows" else w.T
        squares = jnp.sum(jnp.square(rows), axis=1, keepdims=True)
        # Where a row is 0, so is its gradient; that of a root of 0 would be infinite.
        rows = rows / jnp.sqrt(jnp.where(squares > 0, squares, 1.0))
        size = len(rows)
        angles = (rows @ rows.T) * (1 - jnp.eye(size))
        return self.factor * jnp.sum(jnp.abs(angles)) / max(1, size * (size - 1))

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


class FunctionRegularizer(Regularizer):
    """A function of a weight, written in ``jax.numpy``, as a regularizer.

    ``kernel_regularizer=function`` makes one. It runs on the JAX engine.

    Args:
        fn: returns a single number; ``trimtab.register`` gives it a name for files.

    Example:
        >>> import trimtab
        >>> layer = trimtab.layers.Dense(4, kernel_regularizer=lambda w: 0.1 * (w**4).sum())
        >>> layer.kernel_regularizer
        FunctionRegularizer(<lambda>)
    """

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self.fn = fn

    def __call__(self, x: Any) -> Any:
        return self.fn(x)

    def function(self) -> Function:
        return Function(self.fn, getattr(self.fn, "__name__", "function"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionRegularizer) and self.fn == other.fn

    def __hash__(self) -> int:
        return hash((type(self), self.fn))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.function().name})"


# Keras' lower-case names of the same classes.
l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer


# "l1_l2" means factors of 0.01 in older code and of 0 in Keras 3; Keras 3 is followed.
def get(identifier: Any) -> Regularizer | None:
    """From None, a name, a function, a class, a configuration or an instance to a regularizer.

    None stays None.
    """
    if callable(identifier) and not isinstance(identifier, Regularizer | type):
        return FunctionRegularizer(identifier)
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    own = registration.function_named(identifier)
    return REGISTRY.optional(identifier) if own is None else FunctionRegularizer(own)


def penalty(regularizer: Regularizer | None) -> tuple[float, float]:
    """(l1, l2) of a regularizer or None."""
    return (0.0, 0.0) if regularizer is None else regularizer.penalty


def of_activity(owner: str, regularizer: Any) -> Regularizer | None:
    """A regularizer of what a layer gives.

    Args:
        owner: the class of the layer, for messages.
        regularizer: a name, a configuration or a regularizer.

    Raises:
        Unsupported: it is a function of one's own, or one of matrices.
    """
    made = get(regularizer)
    if made is not None and made.function() is not None:
        raise Unsupported(
            f"{owner}: activity_regularizer must be L1, L2 or L1L2, received {brief(regularizer)}. "
            "Use regularizers.L2(0.01), for instance."
        )
    return made


def serialize(regularizer: Regularizer | None) -> dict[str, Any] | None:
    """``{"class_name": ..., "config": ...}``, or None."""
    if isinstance(regularizer, FunctionRegularizer):
        return registration.record_of_function(regularizer.fn)
    return None if regularizer is None else REGISTRY.serialize(regularizer)


def deserialize(config: Mapping[str, Any] | None) -> Regularizer | None:
    """The inverse of :func:`serialize`."""
    if config is not None and config.get("class_name") == registration.FUNCTION:
        return FunctionRegularizer(registration.function_of(config, "regularizer"))
    return None if config is None else REGISTRY.deserialize(config)


__getattr__ = catalogue.refusals("regularizers", __all__)
