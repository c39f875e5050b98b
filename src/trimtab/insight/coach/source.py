"""Plain data, calls and layers as Python code."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.errors import InvalidArgument
from trimtab.nn.layers import Activation, Layer, Residual
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.table import LAYERS

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = [
    "Expression",
    "access",
    "call",
    "constructor",
    "literal",
    "outermost",
    "shortest",
    "with_argument",
]

#: Longest line of a remedy, in characters.
WIDTH = 84


class Expression(str):
    """Code among values; :func:`literal` leaves it as it is."""


def literal(value: Any) -> str:
    """Plain data as code; floats that came from float32 with as many digits as that has."""
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float | np.floating):
        return repr(shortest(value))
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)


def shortest(value: float | np.floating[Any]) -> float:
    """A float that came from float32, rounded to the digits it was written with."""
    short = float(str(np.float32(value)))
    return short if float(np.float32(short)) == float(value) else float(value)


def call(name: str, arguments: Sequence[str]) -> str:
    """A call, on one line if that is short enough."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = "    " + ", ".join(arguments)
    if len(inner) > WIDTH or "\n" in inner:
        inner = textwrap.indent(",\n".join(arguments) + ",", "    ")
    return f"{name}(\n{inner}\n)"


def with_argument(code: str, argument: str) -> str:
    """The code of a call with one more argument."""
    if code.endswith("\n)"):
        return f"{code[:-2].removesuffix(',')},\n    {argument},\n)"
    name, _, arguments = code[:-1].partition("(")
    return call(name, [arguments, argument] if arguments else [argument])


# -- layers -------------------------------------------------------------------------------------


def constructor(
    layer: Layer, changes: Mapping[str, Mapping[str, Any]] = {}, *, named: bool = True
) -> str:
    """The call that makes a layer like this one.

    Args:
        layer: A layer; its weights are not part of the code.
        changes: Path of a layer -> arguments with new values; also for layers inside blocks.
        named: Pass the layer's name; otherwise the new one gets an automatic name.
    """
    kind, config, changed = type(layer), layer.get_config(), changes.get(layer.path, {})
    if "activation" in changed and "activation" not in config:  # of one function: another layer
        kind, config = Activation, Layer.get_config(layer)
    own = {**config, **changed}
    # With a name, so that the automatic names are not counted up.
    if isinstance(layer, Residual):
        needed = [constructor(inner, changes, named=named) for inner in layer.layers]
        plain = Residual(Activation("linear", name="plain"), name=layer.name).get_config()
        del own["layers"]
    else:
        names = [
            name
            for name, parameter in inspect.signature(kind).parameters.items()
            if parameter.default is parameter.empty and name in own
        ]
        plain = _plain(kind, {name: own[name] for name in names}, layer.name)
        needed = [literal(own.pop(name)) for name in names]
    own.pop("name", None)
    if own.get("bin_boundaries") is not None:  # of a layer that adapted to its rows
        own.pop("num_bins", None)
    more = [
        f"{name}={literal(value)}"
        for name, value in own.items()
        if name not in plain or value != plain[name]
    ]
    if named:
        more.append(f"name={literal(layer.name)}")
    module = "layers." if kind in LAYERS.values() else ""
    return call(f"{module}{kind.__name__}", [*needed, *more])


def _plain(kind: type[Layer], needed: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The configuration of a layer with nothing else said; of one that needs more, next to none."""
    try:
        return kind(**needed, name=name).get_config()
    except InvalidArgument:
        return {"trainable": True}


def access(model: Network, layer: Layer) -> str:
    """The expression for a layer of a model."""
    block = attachment(layer).block
    if block is None:
        if layer is model.layers_without_inputs[-1]:
            return "model.layers[-1]"
        return f"model.get_layer({literal(layer.name)})"
    return f"{access(model, block)}.layers[{block.sublayers.index(layer)}]"


def outermost(layer: Layer) -> Layer:
    """The layer of the model that contains this one; the layer itself outside of blocks."""
    block = attachment(layer).block
    return layer if block is None else outermost(block)
