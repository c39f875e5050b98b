"""Element-wise functions between layers, and softmax.

Each is a function on arrays, computed by the engine, and a name that layers lower to an op.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import catalogue, checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.program import Builder

Activation = Callable[..., Floats]

__all__ = [
    "deserialize",
    "elu",
    "gelu",
    "get",
    "linear",
    "relu",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]


def linear(x: ArrayLike) -> Floats:
    """``x`` itself.

    Example:
        >>> from trimtab import activations
        >>> activations.linear([[-1.0, 2.0]]).tolist()
        [[-1.0, 2.0]]
    """
    return np.array(x, np.float32)


def relu(
    x: ArrayLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Floats:
    """``max(x, 0)``; see :class:`trimtab.layers.ReLU` for the other arguments.

    Example:
        >>> from trimtab import activations
        >>> activations.relu([[-1.0, 2.0]]).tolist()
        [[0.0, 2.0]]
    """
    settings = relu_settings(max_value, negative_slope, threshold)
    return _run("activation", x, function="relu", **settings)


def relu_settings(
    max_value: float | None, negative_slope: float, threshold: float
) -> dict[str, Any]:
    """The attributes of the relu op, checked."""
    if max_value is not None:
        max_value = checks.non_negative_number("max_value", max_value)
    return {
        "max_value": math.inf if max_value is None else max_value,
        "negative_slope": checks.non_negative_number("negative_slope", negative_slope),
        "threshold": checks.non_negative_number("threshold", threshold),
    }


def tanh(x: ArrayLike) -> Floats:
    """Hyperbolic tangent.

    Example:
        >>> from trimtab import activations
        >>> round(float(activations.tanh([[1.0]])[0, 0]), 4)
        0.7616
    """
    return _run("activation", x, function="tanh")


def sigmoid(x: ArrayLike) -> Floats:
    """``1 / (1 + exp(-x))``.

    Example:
        >>> from trimtab import activations
        >>> activations.sigmoid([[0.0]]).tolist()
        [[0.5]]
    """
    return _run("activation", x, function="sigmoid")


def elu(x: ArrayLike, alpha: float = 1.0) -> Floats:
    """The input where it is above 0, ``alpha * (exp(x) - 1)`` elsewhere.

    Source:
        Clevert et al. 2016.

    Example:
        >>> from trimtab import activations
        >>> activations.elu([[0.0, 2.0]]).tolist()
        [[0.0, 2.0]]
    """
    return _run("activation", x, function="elu", alpha=checks.number("alpha", alpha))


def selu(x: ArrayLike) -> Floats:
    """``1.0507 * elu(x, 1.6733)``: keeps mean 0 and variance 1 through the depth.

    Source:
        Klambauer et al. 2017.

    Example:
        >>> from trimtab import activations
        >>> activations.selu([[0.0]]).tolist()
        [[0.0]]
    """
    return _run("activation", x, function="selu")


def gelu(x: ArrayLike, approximate: bool = False) -> Floats:
    """``x * (1 + erf(x / sqrt(2))) / 2``, or its tanh approximation.

    Source:
        Hendrycks & Gimpel 2016.

    Example:
        >>> from trimtab import activations
        >>> activations.gelu([[0.0]]).tolist()
        [[0.0]]
    """
    approximate = checks.boolean("approximate", approximate)
    return _run("activation", x, function="gelu_tanh" if approximate else "gelu")


def silu(x: ArrayLike) -> Floats:
    """``x * sigmoid(x)``, also called swish.

    Source:
        Elfwing et al. 2018; Ramachandran et al. 2017.

    Example:
        >>> from trimtab import activations
        >>> activations.silu([[0.0]]).tolist()
        [[0.0]]
    """
    return _run("activation", x, function="silu")


swish = silu


def softplus(x: ArrayLike) -> Floats:
    """``log(1 + exp(x))``.

    Example:
        >>> from trimtab import activations
        >>> round(float(activations.softplus([[0.0]])[0, 0]), 4)
        0.6931
    """
    return _run("activation", x, function="softplus")


def softmax(x: ArrayLike, axis: int = -1) -> Floats:
    """``exp(x) / sum exp(x)`` over the last axis: probabilities of classes.

    Example:
        >>> from trimtab import activations
        >>> activations.softmax([[1.0, 1.0]]).tolist()
        [[0.5, 0.5]]
    """
    if axis not in (-1, np.ndim(x) - 1):
        raise Unsupported(f"softmax: axis must be -1, the columns of a table, received {axis!r}.")
    return _run("softmax", x)


#: Name -> the function, and the op it lowers to (None: nothing) with its attributes.
ACTIVATIONS: dict[str, tuple[Activation, str | None, dict[str, Any]]] = {
    "linear": (linear, None, {}),
    "relu": (relu, "activation", {"function": "relu"}),
    "tanh": (tanh, "activation", {"function": "tanh"}),
    "sigmoid": (sigmoid, "activation", {"function": "sigmoid"}),
    "elu": (elu, "activation", {"function": "elu"}),
    "selu": (selu, "activation", {"function": "selu"}),
    "gelu": (gelu, "activation", {"function": "gelu"}),
    "silu": (silu, "activation", {"function": "silu"}),
    "softplus": (softplus, "activation", {"function": "softplus"}),
    "softmax": (softmax, "softmax", {}),
}

ALIASES = {"swish": "silu"}


def name_of(identifier: Any) -> str:
    """The name in :data:`ACTIVATIONS` of a name, an alias, a function of this module or None."""
    if identifier is None:
        return "linear"
    if isinstance(identifier, str):
        name = ALIASES.get(identifier, identifier)
        if name in ACTIVATIONS:
            return name
        if name in catalogue.names("activations"):
            raise Unsupported(catalogue.sentence("activations", name))
        known = [*ACTIVATIONS, *ALIASES]
        hint = checks.nearest(name, known) or f"Known are {checks.listing(known)}."
        raise InvalidArgument(f"no activation is called {identifier!r}. {hint}")
    for name, (function, _, _) in ACTIVATIONS.items():
        if identifier is function:
            return name
    if callable(identifier):
        raise Unsupported(
            f"activation: custom functions are not supported, received {brief(identifier)}. "
            f"Use one of {checks.listing(ACTIVATIONS)}."
        )
    raise InvalidArgument(
        "activation must be a name or a function of trimtab.activations, received "
        f"{brief(identifier)}."
    )


def get(identifier: Any) -> Activation:
    """The function of a name, an alias or None (linear)."""
    return ACTIVATIONS[name_of(identifier)][0]


def serialize(activation: Activation) -> str:
    """The name of an activation."""
    return name_of(activation)


def deserialize(config: str) -> Activation:
    """The inverse of :func:`serialize`."""
    return get(config)


def lower(activation: Activation, builder: Builder, value: int, members: int = 1) -> int:
    """Emits the activation onto ``value``; linear emits nothing.

    Args:
        activation: the function.
        builder, value: what it is emitted onto.
        members: of the network, whose columns lie side by side in the value.
    """
    _, kind, attributes = ACTIVATIONS[name_of(activation)]
    if kind == "softmax" and members > 1:
        attributes = {**attributes, "members": members}
    return value if kind is None else builder.emit(kind, [value], **attributes)


def _run(kind: str, x: ArrayLike, **attributes: Any) -> Floats:
    """One op on an array of any shape; softmax runs over the last axis."""
    # Upward, like Layer.__call__: declarations declare, engines compute.
    from trimtab.engines.eager import run_op

    return run_op(kind, x, **attributes)


__getattr__ = catalogue.refusals("activations", __all__)
