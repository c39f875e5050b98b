"""Remedies after training, as code: the network anew, with other settings.

A trained network that is trained on is another experiment, and one that diverged is lost; so these
begin with new weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from trimtab.insight.coach import remedies
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.source import literal
from trimtab.nn.layers import BatchNormalization, Dense

__all__ = ["again", "other_rate", "renewed", "reshaped", "with_callback"]


def again(
    facts: Facts | None,
    *,
    fit: Mapping[str, str] = {},
    first: str = "",
    **compile_: str,
) -> str:
    """Code that trains the network anew.

    Args:
        facts: of the network and its fit; None: there is no code.
        fit: argument -> code of its new value.
        first: code that comes before: it may change the layers or make a callback.
        compile_: ``optimizer`` or ``loss`` -> code of a new one.
    """
    if facts is None:
        return ""
    code, modules = remedies.compiling(facts.model, **compile_)
    imports = ["from trimtab.keras.models import clone_model"]
    if modules:
        imports.insert(0, f"from trimtab import {', '.join(sorted(modules))}")
    fitting = remedies.fitting(facts, shared=False, **fit)
    lines = [*imports, "", *([first] if first else [])]
    return "\n".join([*lines, "model = clone_model(model)  # new weights", code, fitting])


def renewed(facts: Facts, found: Iterable[Finding]) -> list[Finding]:
    """Findings about a network that is trained by now: their remedies begin with new weights."""
    first = "from trimtab.keras.models import clone_model\n\n"
    first += "model = clone_model(model)  # new weights\n"
    if facts.model.compiled:
        code, modules = remedies.compiling(facts.model)
        names = f"from trimtab import {', '.join(sorted(modules))}\n" if modules else ""
        first = f"{names}{first}{code}\n"
    return [replace(each, remedy=f"{first}\n{each.remedy}") for each in found]


def other_rate(facts: Facts | None, rate: float) -> str:
    """The same with another learning rate."""
    if facts is None or facts.optimizer is None:
        return ""
    changed = remedies.new_optimizer(facts.optimizer, learning_rate=float(f"{rate:.2g}"))
    return again(facts, optimizer=changed)


def with_callback(facts: Facts | None, call: str, kind: str) -> str:
    """The same with a callback in place of those of its kind.

    Args:
        facts: of the network and its fit.
        call: code that makes it.
        kind: its class.
    """
    if facts is None:
        return ""
    others = [each for each in facts.callbacks if type(each).__name__ != kind]
    lines = [f"from trimtab.callbacks import {kind}\n", f"stop = {call}"]
    value = "[stop]"
    if others and not facts.one_callback:
        lines.append(f"callbacks = [each for each in callbacks if not isinstance(each, {kind})]")
        value = "[*callbacks, stop]"
    elif others:
        value = "[callbacks, stop]"
    return again(facts, first="\n".join(lines), fit={"callbacks": value})


def reshaped(facts: Facts | None, activation: str | None, *, normalized: bool) -> str:
    """The same with other hidden layers: another activation, a batch normalization before it.

    Args:
        facts: of the network and its fit.
        activation: of the hidden dense layers; None: as it is.
        normalized: whether each gets a batch normalization before its activation.
    """
    if facts is None:
        return ""
    dense = [layer for layer in facts.model.layers_without_inputs if type(layer) is Dense]
    if len(dense) < 2:
        return again(facts)
    plain = {type(layer) for layer in facts.model.layers_without_inputs}
    if normalized and BatchNormalization in plain:
        normalized = False
    own = f"layers.Activation({literal(activation)})" if activation else "layer.activation"
    inside = ["stack.append(layer)"]
    if normalized:
        before = "layers.Activation(layer.activation)" if activation is None else own
        inside += [
            "if type(layer) is layers.Dense and layer is not last:",
            f"    stack += [layers.BatchNormalization(), {before}]",
            '    layer.activation = "linear"',
        ]
    elif activation is not None:
        inside = [
            "if type(layer) is layers.Dense and layer is not last:",
            f"    layer.activation = {literal(activation)}",
            "if isinstance(layer, layers.Activation | layers.ReLU):",
            f"    layer = layers.Activation({literal(activation)}, name=layer.name)",
            "stack.append(layer)",
        ]
    code, modules = remedies.compiling(facts.model)
    names = sorted({"Sequential", "layers", *modules})
    return "\n".join(
        [
            f"from trimtab import {', '.join(names)}",
            "from trimtab.keras.models import clone_model",
            "",
            "stack, new = [], clone_model(model)  # new weights",
            "last = [layer for layer in new.layers if type(layer) is layers.Dense][-1]",
            "for layer in new.layers:",
            *(f"    {line}" for line in inside),
            "model = Sequential(stack)",
            code,
            remedies.fitting(facts, shared=False),
        ]
    )
