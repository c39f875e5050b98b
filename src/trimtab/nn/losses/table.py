"""All losses by name: each file of losses enters its own, :func:`get` finds them here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.errors import InvalidArgument
from trimtab.nn import registration
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.function import FunctionLoss
from trimtab.nn.registry import Registry

__all__ = ["FUNCTIONS", "REGISTRY", "deserialize", "get", "serialize"]

REGISTRY: Registry[Loss] = Registry("loss", "losses", Loss)

#: The functions that stand for a loss, as in Keras.
FUNCTIONS: dict[Callable[..., Any], type[Loss]] = {}


def get(identifier: Any) -> Loss:
    """From a name, a function, a class, a configuration or an instance to a loss.

    Example:
        >>> from trimtab import losses
        >>> losses.get("mae")
        <MeanAbsoluteError name=mean_absolute_error>
        >>> losses.get("mean_sqared_error")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: no loss is called 'mean_sqared_error'. \
Did you mean 'mean_squared_error'?
    """
    if identifier is None:
        raise InvalidArgument("loss must be named, received None. Use loss='mse', for instance.")
    if callable(identifier) and not isinstance(identifier, Loss | type):
        for function, cls in FUNCTIONS.items():
            if identifier is function:
                return cls()
        return FunctionLoss(identifier)
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        if identifier.lower() in ("crossentropy", "ce"):
            raise InvalidArgument(
                f"loss {identifier!r} leaves open which one. Use loss='binary_crossentropy' for "
                "one output between 0 and 1, 'sparse_categorical_crossentropy' for class numbers, "
                "or 'categorical_crossentropy' for a column for each class."
            )
        own = registration.registered_object(identifier)
        if callable(own) and not isinstance(own, type):
            return FunctionLoss(own)
    return REGISTRY.get(identifier)


def serialize(loss: Loss) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``

    Raises:
        InvalidArgument: the loss is custom and not registered.
    """
    if type(loss) is FunctionLoss:
        return {"class_name": FunctionLoss.__name__, "config": loss.get_config()}
    return REGISTRY.serialize(loss)


def deserialize(config: Mapping[str, Any]) -> Loss:
    """The inverse of :func:`serialize`."""
    if config.get("class_name") == FunctionLoss.__name__:
        return FunctionLoss.from_config(dict(config.get("config") or {}))
    if config.get("class_name") == registration.FUNCTION:
        return FunctionLoss(registration.function_of(config, "loss"))
    return REGISTRY.deserialize(config)
