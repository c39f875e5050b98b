"""Code for remedies: a changed network, another ``compile`` or ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.plan import Plan
from trimtab.insight.coach.source import (
    access,
    call,
    constructor,
    literal,
    outermost,
    with_argument,
)
from trimtab.nn import losses, optimizers
from trimtab.nn.layers import Activation, Dense, Layer, Nested, Residual
from trimtab.nn.losses import FunctionLoss, Loss
from trimtab.nn.losses.several import SeveralLosses
from trimtab.training.settings import FitSettings

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = [
    "changed_optimizer",
    "compiling",
    "fitting",
    "free_name",
    "network",
    "new_loss",
    "new_optimizer",
    "recompiled",
]


def activated(facts: Facts, layer: Layer, function: str) -> str:
    """Code that gives a layer another activation; one of a single function is replaced."""
    if not isinstance(layer, Dense | Activation):
        return network(facts, changes={layer.path: {"activation": function}})
    place = access(facts.model, layer)
    return f"from trimtab import activations\n\n{place}.activation = activations.{function}"


def network(
    facts: Facts,
    *,
    changes: Mapping[str, Mapping[str, Any]] = {},
    renewed: Iterable[Layer] = (),
    removed: Iterable[Layer] = (),
    first: str | None = None,
    behind: Layer | None = None,
    last: str | None = None,
    columns: int | None = None,
) -> str:
    """Code for a model with some new layers; the others keep their weights.

    Args:
        facts: The facts about the model.
        changes: Path of a layer -> arguments with new values.
        renewed: Layers made anew because their input width changes.
        removed: Layers left out.
        first: Code of a layer that is inserted at the beginning,
        behind: or after this layer.
        last: Code of a layer that is added at the end.
        columns: New number of input columns, if it changes.
    """
    model, plan = facts.model, facts.plan
    if not model.graph().straight or any(
        isinstance(each, Nested) for each in model.layers_without_inputs
    ):
        return _described(model, changes, removed, first=first, behind=behind, last=last)
    own = list(removed)
    plan.gone += [layer for layer in own if not any(layer is each for each in plan.gone)]
    new = {id(layer) for layer in renewed}
    for path, arguments in changes.items():
        plan.change(path, **arguments)
    whole = [layer for layer in model.layers_without_inputs if any(layer is each for each in own)]
    plan.moves = plan.moves or bool(whole) or first is not None
    lines = ["from trimtab import Sequential, layers", "", *_stack(model, plan, whole)]
    for i, layer in enumerate(model.layers_without_inputs):
        inner = [path for path in changes if path.split("/")[0] == layer.name]
        inner += [each.path for each in own if each is not layer and outermost(each) is layer]
        if not inner and id(layer) not in new:
            continue
        code = _without(layer, plan.gone, plan.layers)
        if i == 0 and model.built and first is None and "input_shape" not in code:
            code = with_argument(code, f"input_shape=[{columns or model.built_width()}]")
        lines += [f"new = {code}", "stack[place[new.name]] = new"] if plan.by_name else []
        lines += [] if plan.by_name else [f"stack[{i}] = {code}"]
    if first is not None and behind is not None:
        number = [layer is behind for layer in model.layers_without_inputs].index(True)
        found = f"place[{literal(behind.name)}] + 1" if plan.by_name else str(number + 1)
        lines.append(call("stack.insert", [found, first]))
    if not plan.by_name:
        lines += [
            f"del stack[{i}]"
            for i in reversed(range(len(model.layers_without_inputs)))
            if any(model.layers_without_inputs[i] is each for each in whole)
        ]
    if first is not None and behind is None:
        lines.append(call("stack.insert", ["0", first]))
    if last is not None:
        lines.append(f"stack.append({last})")
    seed = "" if model.fixed_seed is None else f", seed={model.fixed_seed}"
    members = "" if len(model) == 1 else f", members={len(model)}"
    lines.append(f"model = Sequential(stack{seed}{members})")
    imports = {"Sequential", "layers"}
    imports |= {"regularizers"} if any("regularizers." in line for line in lines) else set()
    if model.compiled:
        code, more = compiling(model, **plan.compile)
        imports |= more
        lines.append(code)
    lines[0] = f"from trimtab import {', '.join(sorted(imports))}"
    plan.networks.add("\n".join(lines[2:]).split("model = ")[0])
    return "\n".join(lines)


def _described(
    model: Network,
    changes: Mapping[str, Mapping[str, Any]],
    removed: Iterable[Layer],
    *,
    first: str | None,
    behind: Layer | None,
    last: str | None,
) -> str:
    """What to change where a graph of layers is described, as comments.

    A row of layers can be made anew from its list; a graph is in the code that called the layers.
    """
    lines = ["# Where the layers are called:"]
    for path, arguments in changes.items():
        listed = ", ".join(f"{name}={literal(value)}" for name, value in arguments.items())
        lines.append(f"# - {path}: {listed}")
    lines += [f"# - leave out {layer.path}" for layer in removed]
    if first is not None:
        place = "inputs" if behind is None else behind.path
        lines.append(f"# - call {first} on what {place} returns")
    if last is not None:
        lines.append(f"# - call {last} on the output")
    lines.append(f"# and make {model.name} again: Model(inputs, outputs).")
    return "\n".join(lines)


def free_name(model: Network, kind: str) -> list[str]:
    """The argument for a new layer's name; none where the automatic one cannot be taken.

    In a model that was loaded, automatic names begin again.
    """
    names = {layer.name for layer in model.layers}
    if not any(name.startswith(kind) for name in names):
        return []
    number = next(i for i in range(1, len(names) + 2) if f"{kind}_{i}" not in names)
    return [f'name="{kind}_{number}"']


def _stack(model: Network, plan: Plan, gone: list[Layer]) -> list[str]:
    """Code for the layers as a list, and where they stand if they go by name."""
    inputs = len(model.layers) - len(model.layers_without_inputs)
    every = f"model.layers[{inputs}:]" if inputs else "model.layers"
    lines = [f"stack = {every}"]
    if not plan.by_name:
        return lines
    names = [layer.name for layer in gone]
    if names:
        lines = [
            f"gone = {literal(names)}",
            f"stack = [layer for layer in {every} if layer.name not in gone]",
        ]
    return [*lines, "place = {layer.name: i for i, layer in enumerate(stack)}"]


def _without(layer: Layer, gone: list[Layer], changes: Mapping[str, Mapping[str, Any]]) -> str:
    if isinstance(layer, Residual) and gone:
        kept = [inner for inner in layer.layers if not any(inner is each for each in gone)]
        inner = [_without(each, gone, changes) for each in kept]
        return call("layers.Residual", [*inner, f"name={literal(layer.name)}"])
    return constructor(layer, changes)


def compiling(
    model: Network, *, optimizer: str | None = None, loss: str | None = None
) -> tuple[str, set[str]]:
    """The ``compile`` call of a model, and the modules of trimtab that it needs.

    Args:
        model: A compiled model.
        optimizer, loss: Code of new ones.
    """
    imports = set()
    fits = _metrics_of(loss)
    if optimizer is None:
        optimizer = _optimizer(model.optimizer)
    if optimizer.startswith("optimizers."):
        imports.add("optimizers")
    if loss is None:
        loss = _loss(model.loss, model.loss_function)
    if "losses." in loss:
        imports.add("losses")
    arguments = [f"optimizer={optimizer}", f"loss={loss}"]
    several = isinstance(model.loss_function, SeveralLosses)
    if several:
        parts = model.loss_function.parts
        weights = {part.head.name: part.weight for part in parts if part.weight != 1}
        arguments += [f"loss_weights={literal(weights)}"] if weights else []
    for name, given in zip(("metrics", "weighted_metrics"), model.metric_specs, strict=True):
        if several:
            own = {
                head: [metric for metric in each if isinstance(metric, str)]
                for head, each in given.items()
            }
            arguments += [f"{name}={literal(own)}"] if any(own.values()) else []
            continue
        names = [metric for metric in given if isinstance(metric, str) and fits(metric)]
        if names:
            arguments.append(f"{name}={literal(names)}")
    for name, default in (("engine", "auto"), ("precision", "float32")):
        if model.runner.choice.get(name, default) != default:
            arguments.append(f"{name}={literal(model.runner.choice[name])}")
    return call("model.compile", arguments), imports


def _metrics_of(loss: str | None) -> Callable[[str], bool]:
    """Whether a metric can stay where the loss becomes another: accuracy of classes, or none."""
    if loss is None or ("from_logits" in loss and "sparse" not in loss.lower()):
        return lambda metric: True
    if loss == '"mse"':
        return lambda metric: "accuracy" not in metric and metric not in ("acc", "auc")
    return lambda metric: metric in ("accuracy", "acc")


def recompiled(model: Network, plan: Plan | None = None, **changes: str) -> str:
    """:func:`compiling` with its imports; with a plan, the changes of the other remedies too."""
    if plan is not None:
        plan.compile |= changes
        changes = plan.compile
    code, imports = compiling(model, **changes)
    lines = [f"from trimtab import {', '.join(sorted(imports))}", ""] if imports else []
    return "\n".join([*lines, code])


def new_loss(loss: Any, **changes: Any) -> str:
    """The call that makes a loss of the same class with some new arguments."""
    return _constructor("losses", loss, changes)


def new_optimizer(optimizer: Any, **changes: Any) -> str:
    """The call that makes an optimizer of the same class with some new arguments."""
    return _constructor("optimizers", optimizer, changes)


def changed_optimizer(facts: Facts, **changes: Any) -> str:
    """The same for the compiled optimizer, with what other remedies change."""
    facts.plan.optimizer |= changes
    return new_optimizer(facts.optimizer, **facts.plan.optimizer)


def _optimizer(optimizer: Any) -> str:
    name = type(optimizer).__name__
    if _constructor("optimizers", optimizer) == f"optimizers.{name}()":
        known = optimizers.REGISTRY.names.get(name.lower())
        if known is type(optimizer):
            return literal(name.lower())
    return _constructor("optimizers", optimizer)


def _loss(given: Any, loss: Loss | SeveralLosses) -> str:
    if isinstance(loss, SeveralLosses):
        each = [f"{literal(part.head.name)}: {_loss(None, part.loss)}" for part in loss.parts]
        return f"{{{', '.join(each)}}}"
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


def fitting(facts: Facts, *, shared: bool = True, **changes: str | None) -> str:
    """The ``fit`` call that was checked, with changes.

    Args:
        facts: The facts about it.
        shared: Whether the other remedies' calls have the changes as well.
        changes: New arguments, as code; None leaves one out.
    """
    settings = facts.settings
    if shared:
        facts.plan.fit |= {name: code for name, code in changes.items() if code is not None}
    arguments: dict[str, str | None] = {"batch_size": literal(settings.batch_size)}
    if facts.knows_epochs:
        arguments["epochs"] = literal(settings.epochs)
    if facts.split == "data":
        arguments["validation_data"] = "(x_valid, y_valid)"
    elif facts.split == "split":
        arguments["validation_split"] = literal(facts.validation_split)
    if facts.callbacks:
        arguments["callbacks"] = "callbacks"
    arguments |= facts.given
    plain = FitSettings()
    for each in fields(settings):
        value = getattr(settings, each.name)
        if each.name == "validation_batch_size" and value == settings.batch_size:
            continue
        if each.name not in arguments and value != getattr(plain, each.name):
            if isinstance(value, tuple | set):
                value = sorted(value)
            arguments[each.name] = literal(value)
    if not facts.knows_epochs:
        arguments.pop("epochs", None)
    arguments |= {**facts.plan.fit, **changes}
    listed = [f"{name}={code}" for name, code in arguments.items() if code is not None]
    return call("model.fit", ["x", "y", *listed])
