"""What weights have to keep to: applied after each update of the optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core import catalogue, checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import registration
from trimtab.nn.registry import Registry
from trimtab.program.ops import ConstraintOp, Function
from trimtab.program.ops.constraints import FUNCTION

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]


class Constraint:
    """Base of all constraints.

    A subclass that overrides ``__call__`` returns the weight as it should be, an array of the same
    shape, written in ``jax.numpy``. Networks with it run on the JAX engine; register the class to
    save them, and return the constructor's arguments from ``get_config``.

    Example:
        >>> import jax.numpy as jnp
        >>> import trimtab
        >>> class Between(trimtab.constraints.Constraint):
        ...     def __call__(self, w):
        ...         return jnp.clip(w, -1.0, 1.0)
        >>> layer = trimtab.layers.Dense(4, kernel_constraint=Between())
    """

    def lower(self, shape: tuple[int, ...]) -> ConstraintOp:
        """What engines do to a weight of this shape.

        Raises:
            InvalidArgument: an axis that the weight has not.
            Unsupported: a subclass without ``__call__``.
        """
        if type(self).__call__ is Constraint.__call__:
            owner = type(self).__name__
            raise Unsupported(
                f"constraint {owner} does not say what it does. Write __call__(self, w) in "
                "jax.numpy, which returns the weight as it should be."
            )
        return _custom(self.__call__, type(self).__name__)

    def __call__(self, w: ArrayLike) -> NDArray[np.float32]:
        """An array, constrained."""
        array: NDArray[np.float64] = np.asarray(w, np.float64)
        op = self.lower(array.shape)
        if op.kind == "non_negative":
            return np.asarray(np.maximum(array, 0.0), np.float32)
        norm = np.sqrt(np.square(array).sum(axis=op.axes, keepdims=True))
        wanted = np.clip(norm, op.minimum, op.maximum)
        if op.rate != 1:
            wanted = op.rate * wanted + (1 - op.rate) * norm
        return np.asarray(array * (wanted / (1e-7 + norm)), np.float32)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constraint:
        """The inverse of :meth:`get_config`."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return (
            type(self) is type(other)
            and isinstance(other, Constraint)
            and self.get_config() == other.get_config()
        )

    def __hash__(self) -> int:
        return hash((type(self), repr(self.get_config())))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


REGISTRY: Registry[Constraint] = Registry("constraint", "constraints", Constraint)


class _Norm(Constraint):
    """A constraint on norms: what they are taken over, and how far they may go."""

    def __init__(self, minimum: float, maximum: float, rate: float, axis: Any) -> None:
        self.axis = _axis(axis)
        self._bounds = (minimum, maximum, rate)

    def lower(self, shape: tuple[int, ...]) -> ConstraintOp:
        minimum, maximum, rate = self._bounds
        return ConstraintOp(
            kind="norm",
            minimum=minimum,
            maximum=maximum,
            rate=rate,
            axes=_axes(self.axis, shape),
        )


@REGISTRY.register()
class MaxNorm(_Norm):
    """Keeps the norm of what goes into each unit at ``max_value`` or below.

    Formula:
        ``w * clip(n, 0, max_value) / (1e-7 + n)`` with ``n = sqrt(sum(w^2))`` over the axis, as in
        Keras.

    Source:
        Srivastava et al. 2014, section 5.1: beside dropout, with values of 3 to 4.

    Args:
        max_value: the largest norm.
        axis: what norms are taken over, an axis or several; None: all. 0 is what goes into each
            unit of a ``Dense``; a bias has one norm.

    Raises:
        InvalidArgument: max_value is not a number of 0 or more.

    Example:
        >>> from trimtab import constraints
        >>> constraints.MaxNorm(1.0)([[3.0, 0.3], [4.0, 0.4]]).round(3).tolist()
        [[0.6000000238418579, 0.30000001192092896], [0.800000011920929, 0.4000000059604645]]
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = checks.non_negative_number("max_value", max_value)
        super().__init__(0.0, self.max_value, 1.0, axis)

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


@REGISTRY.register()
class NonNeg(Constraint):
    """Makes negative weights 0.

    Example:
        >>> from trimtab import constraints
        >>> constraints.NonNeg()([1.0, -3.0]).tolist()
        [1.0, 0.0]
    """

    def lower(self, shape: tuple[int, ...]) -> ConstraintOp:
        return ConstraintOp(kind="non_negative")


@REGISTRY.register()
class UnitNorm(_Norm):
    """Keeps the norm of what goes into each unit at 1.

    Formula:
        ``w / (1e-7 + n)`` with ``n = sqrt(sum(w^2))`` over the axis, as in Keras.

    Args:
        axis: as for :class:`MaxNorm`.

    Example:
        >>> from trimtab import constraints
        >>> constraints.UnitNorm()([3.0, 4.0]).round(3).tolist()
        [0.6000000238418579, 0.800000011920929]
    """

    def __init__(self, axis: Any = 0) -> None:
        super().__init__(1.0, 1.0, 1.0, axis)

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


@REGISTRY.register()
class MinMaxNorm(_Norm):
    """Keeps norms between two bounds, or draws them there step by step.

    Formula:
        ``w * (rate clip(n, min_value, max_value) + (1 - rate) n) / (1e-7 + n)`` with
        ``n = sqrt(sum(w^2))`` over the axis, as in Keras.

    Args:
        min_value, max_value: the bounds.
        rate: 1: at once; below 1: that part of the way each step.
        axis: as for :class:`MaxNorm`.

    Raises:
        InvalidArgument: a bound is not a number of 0 or more, min_value is above max_value, or rate
            is not between 0 and 1.

    Example:
        >>> from trimtab import constraints
        >>> constraints.MinMaxNorm(0.0, 1.0, rate=0.5)([6.0, 8.0]).round(3).tolist()
        [3.299999952316284, 4.400000095367432]
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        self.min_value = checks.non_negative_number("min_value", min_value)
        self.max_value = checks.non_negative_number("max_value", max_value)
        if self.min_value > self.max_value:
            raise InvalidArgument(
                f"min_value must be max_value or less, received min_value={brief(min_value)} and "
                f"max_value={brief(max_value)}. Exchange them."
            )
        self.rate = checks.probability("rate", rate)
        super().__init__(self.min_value, self.max_value, self.rate, axis)

    def get_config(self) -> dict[str, Any]:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


def _axis(axis: Any) -> int | list[int] | None:
    """As given, lists for all sequences: what a file gives back."""
    if axis is None:
        return None
    several = list(axis) if isinstance(axis, Iterable) and not isinstance(axis, str) else [axis]
    integers = all(
        isinstance(each, int | np.integer) and not isinstance(each, bool) for each in several
    )
    if not integers or not several:
        raise InvalidArgument(
            f"axis must be an integer, several of them or None, received {axis!r}."
        )
    found = [int(each) for each in several]
    return found if isinstance(axis, Iterable) else found[0]


def _axes(axis: int | list[int] | None, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Ascending, counted from 0."""
    if axis is None:
        return tuple(range(len(shape)))
    several = [axis] if isinstance(axis, int) else axis
    found = sorted({each + len(shape) if each < 0 else each for each in several})
    if len(found) != len(several) or not all(0 <= each < len(shape) for each in found):
        raise InvalidArgument(
            f"axis of a constraint must be among those of its weight, whose shape is {shape}, "
            f"each once, received {axis}."
        )
    return tuple(found)


class FunctionConstraint(Constraint):
    """A function of a weight, written in ``jax.numpy``, as a constraint.

    ``kernel_constraint=function`` makes one. It runs on the JAX engine.

    Args:
        fn: returns the weight as it should be; ``trimtab.register`` gives it a name for files.

    Example:
        >>> import trimtab
        >>> layer = trimtab.layers.Dense(4, kernel_constraint=lambda w: w.clip(-1, 1))
        >>> layer.kernel_constraint
        FunctionConstraint(<lambda>)
    """

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self.fn = fn

    def __call__(self, w: Any) -> Any:
        return self.fn(w)

    def lower(self, shape: tuple[int, ...]) -> ConstraintOp:
        return _custom(self.fn, self._name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionConstraint) and self.fn == other.fn

    def __hash__(self) -> int:
        return hash((type(self), self.fn))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name})"

    @property
    def _name(self) -> str:
        return getattr(self.fn, "__name__", "function")


def _custom(call: Callable[[Any], Any], name: str) -> ConstraintOp:
    return ConstraintOp(kind=FUNCTION, function=Function(call, name))


# Keras' lower-case names of the same classes.
max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm


def get(identifier: Any) -> Constraint | None:
    """From None, a name, a function, a class, a configuration or an instance to a constraint.

    None stays None.
    """
    if callable(identifier) and not isinstance(identifier, Constraint | type):
        return FunctionConstraint(identifier)
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    own = registration.function_named(identifier)
    return REGISTRY.optional(identifier) if own is None else FunctionConstraint(own)


def serialize(constraint: Constraint | None) -> dict[str, Any] | None:
    """``{"class_name": ..., "config": ...}``, or None."""
    if isinstance(constraint, FunctionConstraint):
        return registration.record_of_function(constraint.fn)
    return None if constraint is None else REGISTRY.serialize(constraint)


def deserialize(config: Mapping[str, Any] | None) -> Constraint | None:
    """The inverse of :func:`serialize`."""
    if config is not None and config.get("class_name") == registration.FUNCTION:
        return FunctionConstraint(registration.function_of(config, "constraint"))
    return None if config is None else REGISTRY.deserialize(config)


__getattr__ = catalogue.refusals("constraints", __all__)
