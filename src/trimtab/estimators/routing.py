"""Arguments with a prefix, ``optimizer__learning_rate``, and where they go."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn import losses, metrics, optimizers

__all__ = ["PREFIXES", "call_with", "callbacks_of", "compile_arguments", "routed"]

#: What an argument may be for: the function that builds, parts of compile, and methods.
PREFIXES = ("model", "optimizer", "loss", "metrics", "compile", "callbacks", "fit", "predict")


def routed(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The values with a prefix, without it.

    Example:
        >>> routed({"optimizer__learning_rate": 0.1, "model__units": 8}, "optimizer")
        {'learning_rate': 0.1}
    """
    return {
        name.removeprefix(f"{prefix}__"): value
        for name, value in values.items()
        if name.startswith(f"{prefix}__")
    }


def call_with(
    function: Callable[..., Any], own: Mapping[str, Any], offered: Mapping[str, Any]
) -> Any:
    """Calls a function with its own arguments, and with those offered that it names.

    Args:
        function: to call.
        own: meant for it; one that it lacks is refused.
        offered: for whoever wants them.

    Raises:
        InvalidArgument: an argument is meant for it that it does not have.
    """
    parameters = inspect.signature(function).parameters
    any_name = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    name = getattr(function, "__name__", "model")
    for each in own:
        if each not in parameters and not any_name:
            hint = checks.nearest(each, parameters)
            raise InvalidArgument(
                f"{name} has no argument {each!r}, which is passed to it."
                f"{f' {hint}' if hint else ''} Add it to {name}(), or leave it out."
            )
    wanted = {each: value for each, value in offered.items() if each in parameters}
    return function(**{**wanted, **own})


def compile_arguments(values: Mapping[str, Any], usual_loss: str) -> dict[str, Any]:
    """The arguments of ``compile`` that an estimator's arguments stand for.

    Args:
        values: all arguments by name.
        usual_loss: where none is named.

    Raises:
        InvalidArgument: a part does not exist, or does not have such an argument.
    """
    found = values["metrics"]
    several = found if isinstance(found, list | tuple) else [] if found is None else [found]
    loss = usual_loss if values["loss"] is None else values["loss"]
    return {
        "optimizer": _made(optimizers.get, values["optimizer"], routed(values, "optimizer")),
        "loss": _made(losses.get, loss, routed(values, "loss")),
        "metrics": [_made(metrics.get, each, routed(values, "metrics")) for each in several],
        **routed(values, "compile"),
    }


def _made(get: Callable[[Any], Any], identifier: Any, arguments: Mapping[str, Any]) -> Any:
    """A new object, with these arguments in place of its own."""
    if isinstance(identifier, type):
        return identifier(**arguments)
    if isinstance(identifier, str) and not arguments:
        return identifier  # compile knows which accuracy is meant
    found = get(identifier)
    if not arguments:
        # An instance is the caller's: training would change it.
        return copy.deepcopy(found) if found is identifier else found
    kind = type(found)
    known = [each for each in inspect.signature(kind).parameters if each != "unknown"]
    checks.unknown_arguments(
        kind.__name__, [each for each in arguments if each not in known], known
    )
    return kind.from_config({**found.get_config(), **arguments})


def callbacks_of(values: Mapping[str, Any]) -> list[Any]:
    """New callbacks for a ``fit``: copies of instances, and instances of classes.

    Raises:
        InvalidArgument: arguments are routed to callbacks, and none is a class.
    """
    given = values["callbacks"]
    several = given if isinstance(given, list | tuple) else [] if given is None else [given]
    arguments = routed(values, "callbacks")
    if arguments and not any(isinstance(each, type) for each in several):
        raise InvalidArgument(
            f"callbacks__{next(iter(arguments))} needs a class to make, received callbacks="
            f"{brief(given)}. Use callbacks=trimtab.callbacks.EarlyStopping."
        )
    return [
        each(**arguments) if isinstance(each, type) else copy.deepcopy(each) for each in several
    ]
