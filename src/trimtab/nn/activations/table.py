"""All activations by name, and what layers do with one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from trimtab.core import catalogue, checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn.activations.base import ACTIVATIONS, Activation, Formula
from trimtab.program import Builder

__all__ = [
    "ALIASES",
    "deserialize",
    "get",
    "lower",
    "lowered",
    "name_of",
    "serialize",
    "width_after",
]

ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}


def _formula(identifier: Any) -> tuple[Formula, dict[str, Any]]:
    """The formula of a name, a function, a function with arguments, or a configuration."""
    if identifier is None:
        return ACTIVATIONS["linear"], {}
    if isinstance(identifier, str):
        return ACTIVATIONS[_known(identifier)], {}
    if isinstance(identifier, Mapping) and isinstance(identifier.get("class_name"), str):
        name = _known(identifier["class_name"])
        return ACTIVATIONS[name], dict(identifier.get("config") or {})
    inner = identifier.func if isinstance(identifier, partial) else identifier
    for formula in ACTIVATIONS.values():
        if inner is formula.function:
            if inner is identifier:
                return formula, {}
            if identifier.args:
                raise InvalidArgument(
                    f"activation: arguments of {formula.name} need their names, received "
                    f"{brief(identifier.args)}. Use functools.partial(activations.{formula.name}, "
                    "name=value)."
                )
            return formula, {name: _plain(value) for name, value in identifier.keywords.items()}
    if callable(identifier):
        raise Unsupported(
            f"activation: custom functions are not supported, received {brief(identifier)}. "
            "Use a name or a function of trimtab.activations, one with arguments as "
            "functools.partial(activations.leaky_relu, negative_slope=0.1)."
        )
    raise InvalidArgument(
        "activation must be a name or a function of trimtab.activations, received "
        f"{brief(identifier)}."
    )


def _plain(value: Any) -> Any:
    """A number of NumPy as one of Python, which files hold."""
    return value.item() if isinstance(value, np.generic) else value


def _known(text: str) -> str:
    name = ALIASES.get(text, text)
    if name in ACTIVATIONS:
        return name
    known = [*ACTIVATIONS, *ALIASES]
    if name in catalogue.names("activations"):
        raise Unsupported(catalogue.sentence("activations", name))
    hint = checks.nearest(text, known) or f"Known are {checks.listing(known)}."
    raise InvalidArgument(f"no activation is called {text!r}. {hint}")


def name_of(identifier: Any) -> str:
    """The name of an activation, whatever its arguments."""
    return _formula(identifier)[0].name


def get(identifier: Any) -> Activation:
    """The function of a name, an alias, a configuration or None (linear), or of itself.

    A function with arguments is a ``functools.partial``, as in ``partial(activations.leaky_relu,
    negative_slope=0.1)``.

    Raises:
        InvalidArgument: there is none of this name, or an argument does not fit.
        Unsupported: it is a Python function of one's own.
    """
    formula, arguments = _formula(identifier)
    attributes = formula.attributes(arguments)
    if not formula.needed and attributes == formula.attributes({}):
        return formula.function
    return partial(formula.function, **arguments)


def serialize(activation: Activation) -> str | dict[str, Any]:
    """The name of an activation; with arguments, a configuration."""
    formula, arguments = _formula(get(activation))
    if not arguments:
        return formula.name
    return {"class_name": formula.name, "config": arguments}


def deserialize(config: str | Mapping[str, Any]) -> Activation:
    """The inverse of :func:`serialize`."""
    return get(config)


def lowered(activation: Activation) -> tuple[str | None, dict[str, Any]]:
    """The op of an activation (None: nothing) and its attributes."""
    formula, arguments = _formula(activation)
    return formula.kind, formula.attributes(arguments)


def width_after(activation: Activation, width: int) -> int:
    """Number of columns that an activation makes of so many."""
    return width // 2 if lowered(activation)[0] == "glu" else width


def lower(activation: Activation, builder: Builder, value: int, members: int = 1) -> int:
    """Emits the activation onto ``value``; linear emits nothing.

    Args:
        activation: the function.
        builder, value: what it is emitted onto.
        members: of the network, whose columns lie side by side in the value.

    Raises:
        InvalidArgument: glu, of an odd number of columns.
    """
    kind, attributes = lowered(activation)
    if kind is None:
        return value
    columns = builder.width(value) // members
    if kind == "glu" and columns % 2:
        raise InvalidArgument(
            f"glu halves the columns, which must be an even number, received {columns}. Give the "
            f"layer before it {columns + 1} units."
        )
    if kind in ("softmax", "glu") and members > 1:
        attributes = {**attributes, "members": members}
    return builder.emit(kind, [value], **attributes)
