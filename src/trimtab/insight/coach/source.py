"""Layers, networks and calls as the Python code that makes them: what remedies are written in."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.nn import losses, optimizers
from trimtab.nn.layers import Activation, Layer, Residual
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.table import LAYERS
from trimtab.nn.losses import FunctionLoss, Loss

if TYPE_CHECKING:
    from trimtab.insight.coach.facts import Facts
    from trimtab.nn.network import Network

__all__ = [
    "access",
    "constructor",
    "fitting",
    "literal",
    "network",
    "new_loss",
    "new_optimizer",
    "outermost",
    "recompiled",
    "shortest",
    "with_argument",
]

#: Longest line of a remedy.
WIDTH = 84


def literal(value: Any) -> str:
    """Plain data as code; floats that came from float32 with its digits."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float | np.floating):
        return repr(shortest(value))
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)


def shortest(value: float | np.floating[Any]) -> float:
    """A float that came from float32 with the digits it was written with."""
    short = float(str(np.float32(value)))
    return short if float(np.float32(short)) == float(value) else float(value)


def call(name: str, arguments: Sequence[str]) -> str:
    """A call, on one line where that is short enough."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = "    " + ", ".join(arguments)
    if len(inner) > WIDTH or "\n" in inner:
        inner = textwrap.indent(",\n".join(arguments) + ",", "    ")
    return f"{name}(\n{inner}\n)"


# -- layers -------------------------------------------------------------------------------------


def constructor(
    layer: Layer, changes: Mapping[str, Mapping[str, Any]] = {}, *, named: bool = True
) -> str:
    """The call that makes a layer like this one.

    Args:
        layer: of trimtab; its weights are not part of it.
        changes: path of a layer -> arguments that get other values. Layers of a block are found by
            their paths, too.
        named: give it this one's name; otherwise it gets an automatic one.
    """
    kind = type(layer)
    own = {**layer.get_config(), **changes.get(layer.path, {})}
    # Examples get the layer's name: making one without would count up the automatic names.
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
        plain = kind(**{name: own[name] for name in names}, name=layer.name).get_config()
        needed = [literal(own.pop(name)) for name in names]
    own.pop("name", None)
    more = [
        f"{name}={literal(value)}"
        for name, value in own.items()
        if name not in plain or value != plain[name]
    ]
    if named:
        more.append(f"name={literal(layer.name)}")
    module = "layers." if kind in LAYERS.values() else ""
    return call(f"{module}{kind.__name__}", [*needed, *more])


def access(model: Network, layer: Layer) -> str:
    """The expression by which a layer of a model is got at."""
    block = attachment(layer).block
    if block is None:
        if layer is model.layers[-1]:
            return "model.layers[-1]"
        return f"model.get_layer({literal(layer.name)})"
    return f"{access(model, block)}.layers[{block.sublayers.index(layer)}]"


def outermost(layer: Layer) -> Layer:
    """The layer of the model that holds this one, or is it."""
    block = attachment(layer).block
    return layer if block is None else outermost(block)


# -- models -------------------------------------------------------------------------------------


def network(
    facts: Facts,
    *,
    changes: Mapping[str, Mapping[str, Any]] = {},
    renewed: Iterable[Layer] = (),
    removed: Iterable[Layer] = (),
    first: str | None = None,
    behind: Layer | None = None,
    columns: int | None = None,
) -> str:
    """Code for a model with some layers made anew; it keeps the others and their weights.

    Args:
        facts: of the model.
        changes: path -> arguments of it that get other values.
        renewed: layers that are made anew as they are, since another width comes in.
        removed: layers left out.
        first: the code of a layer that is put in front, or
        behind: this layer of the model.
        columns: of the input, if it has another number of them.
    """
    model = facts.model
    gone = list(removed)
    new = {id(layer) for layer in renewed}
    lines = ["from trimtab import Sequential, layers", "", "stack = model.layers"]
    for i, layer in enumerate(model.layers):
        inner = [path for path in changes if path.split("/")[0] == layer.name]
        inner += [each.path for each in gone if each is not layer and outermost(each) is layer]
        if not inner and id(layer) not in new:
            continue
        code = _without(layer, gone, changes)
        if i == 0 and model.built and first is None and "input_shape" not in code:
            code = with_argument(code, f"input_shape=[{columns or model.input_shape[1]}]")
        lines.append(f"stack[{i}] = {code}")
    places = [i for i, layer in enumerate(model.layers) if any(layer is each for each in gone)]
    lines += [f"del stack[{i}]" for i in reversed(places)]
    if first is not None:
        place = 0 if behind is None else 1 + [layer is behind for layer in model.layers].index(True)
        lines.append(call("stack.insert", [str(place), first]))
    seed = "" if model.fixed_seed is None else f", seed={model.fixed_seed}"
    lines.append(f"model = Sequential(stack{seed})")
    if model.compiled:
        code, imports = compiling(model)
        lines[0] = f"from trimtab import {', '.join(sorted({'Sequential', 'layers', *imports}))}"
        lines.append(code)
    return "\n".join(lines)


def _without(layer: Layer, gone: list[Layer], changes: Mapping[str, Mapping[str, Any]]) -> str:
    if isinstance(layer, Residual) and gone:
        kept = [inner for inner in layer.layers if not any(inner is each for each in gone)]
        inner = [_without(each, gone, changes) for each in kept]
        return call("layers.Residual", [*inner, f"name={literal(layer.name)}"])
    return constructor(layer, changes)


def with_argument(code: str, argument: str) -> str:
    """A call with one more argument."""
    if code.endswith("\n)"):
        return f"{code[:-1]}    {argument},\n)"
    name, _, arguments = code[:-1].partition("(")
    return call(name, [arguments, argument] if arguments else [argument])


def compiling(
    model: Network, *, optimizer: str | None = None, loss: str | None = None
) -> tuple[str, set[str]]:
    """The ``compile`` call of a model, and what of trimtab it needs imported.

    Args:
        model: compiled.
        optimizer, loss: code of others than it has.
    """
    imports = set()
    if optimizer is None:
        optimizer = _optimizer(model.optimizer)
    if optimizer.startswith("optimizers."):
        imports.add("optimizers")
    if loss is None:
        loss = _loss(model.loss, model.loss_function)
    if loss.startswith("losses."):
        imports.add("losses")
    arguments = [f"optimizer={optimizer}", f"loss={loss}"]
    for name, given in zip(("metrics", "weighted_metrics"), model.metric_specs, strict=True):
        names = [metric for metric in given if isinstance(metric, str)]
        if names:
            arguments.append(f"{name}={literal(names)}")
    for name, default in (("engine", "auto"), ("precision", "float32")):
        if model.runner.choice.get(name, default) != default:
            arguments.append(f"{name}={literal(model.runner.choice[name])}")
    return call("model.compile", arguments), imports


def recompiled(model: Network, **changes: str) -> str:
    """:func:`compiling`, imports in front."""
    code, imports = compiling(model, **changes)
    lines = [f"from trimtab import {', '.join(sorted(imports))}", ""] if imports else []
    return "\n".join([*lines, code])


def new_loss(loss: Any, **changes: Any) -> str:
    """The call that makes a loss of the same class with other arguments."""
    return _constructor("losses", loss, changes)


def new_optimizer(optimizer: Any, **changes: Any) -> str:
    """The call that makes an optimizer of the same class with other arguments."""
    return _constructor("optimizers", optimizer, changes)


def _optimizer(optimizer: Any) -> str:
    name = type(optimizer).__name__
    if _constructor("optimizers", optimizer) == f"optimizers.{name}()":
        known = optimizers.REGISTRY.names.get(name.lower())
        if known is type(optimizer):
            return literal(name.lower())
    return _constructor("optimizers", optimizer)


def _loss(given: Any, loss: Loss) -> str:
    if isinstance(given, str):
        return literal(given)
    if isinstance(loss, FunctionLoss) or type(loss) not in losses.REGISTRY.classes.values():
        name = loss.fn.__name__ if isinstance(loss, FunctionLoss) else f"{type(loss).__name__}()"
        return str(name)
    return _constructor("losses", loss)


def _constructor(module: str, instance: Any, changes: Mapping[str, Any] = {}) -> str:
    """The call that makes an optimizer or a loss like this one."""
    kind = type(instance)
    defaults = kind(name=instance.name).get_config()
    own = {**instance.get_config(), **changes}
    arguments = []
    for name, value in own.items():
        if name not in defaults or name in ("name", "dtype", "reduction"):
            continue  # not an argument, or of no consequence
        if value == defaults[name]:
            continue
        arguments.append(f"{name}={literal(value)}")
    return f"{module}.{kind.__name__}({', '.join(arguments)})"


# -- fit ----------------------------------------------------------------------------------------


def fitting(facts: Facts, **changes: Any) -> str:
    """The ``fit`` call that was checked.

    Args:
        facts: of it.
        changes: arguments that get other values, as code where they are no plain data.
    """
    settings = facts.settings
    arguments = {
        "batch_size": literal(settings.batch_size),
        "epochs": literal(settings.epochs),
    }
    if facts.split == "data":
        arguments["validation_data"] = "(x_valid, y_valid)"
    elif facts.split == "split":
        arguments["validation_split"] = literal(facts.validation_split)
    if facts.callbacks:
        arguments["callbacks"] = "callbacks"
    for name, default in (("statistics", "moving"), ("last_batch", "keep")):
        value = getattr(settings, name)
        if value != default:
            arguments[name] = literal(value)
    arguments |= changes
    return call("model.fit", ["x", "y", *(f"{name}={code}" for name, code in arguments.items())])
