"""Edits of the dense layers: their number, width, activation and first weights."""

from __future__ import annotations

import copy
from typing import Any

from trimtab.core import checks
from trimtab.insight.coach.edit import Edit
from trimtab.nn import activations, initializers
from trimtab.trials.edits.table import Options, edits, hidden_layers
from trimtab.trials.recipe import Recipe
from trimtab.trials.stack import Stack, each_record, misfit

__all__ = ["activation", "depth", "initializer", "output_activation", "unfreeze", "units"]


def _hidden(stack: Stack) -> list[int]:
    if not stack.hidden:
        raise misfit("the network has no hidden Dense layer.")
    return stack.hidden


def _activate(stack: Stack, name: str) -> None:
    for dense in reversed(_hidden(stack)):
        of_layer = stack.activation_of(dense)
        if of_layer is None:
            stack.config(dense)["activation"] = name
            continue
        own = stack.records[of_layer]["config"].get("name")
        stack.records[of_layer] = {
            "class_name": "Activation",
            "config": {"name": own, "activation": name},
        }


def _activate_network(recipe: Recipe, name: str) -> Recipe:
    stack = recipe.stack()
    _activate(stack, name)
    return recipe.with_stack(stack)


@edits(
    _activate_network,
    lambda options, name: hidden_layers(options, lambda stack: _activate(stack, name)),
)
def activation(name: str) -> Edit:
    """Gives every hidden layer this activation."""
    activations.get(name)
    return Edit("activation", {"name": name})


def _activate_output(recipe: Recipe, name: str) -> Recipe:
    stack = recipe.stack()
    of_layer = stack.activation_of(stack.output)
    if of_layer is not None:
        del stack.records[of_layer]
    stack.config(stack.output)["activation"] = name
    return recipe.with_stack(stack)


@edits(_activate_output, "train gives the output the activation that its loss needs. Leave it out.")
def output_activation(name: str) -> Edit:
    """Gives the output layer this activation."""
    activations.get(name)
    return Edit("output_activation", {"name": name})


def _initialize(recipe: Recipe, name: str) -> Recipe:
    stack = recipe.stack()
    record = initializers.serialize(initializers.get(name))
    for config in stack.of_kind("Dense"):
        config["kernel_initializer"] = copy.deepcopy(record)
    return recipe.with_stack(stack)


@edits(_initialize, "train draws the first weights by itself. Leave it out.")
def initializer(name: str) -> Edit:
    """Draws the first kernels of all dense layers from this initializer."""
    initializers.get(name)
    return Edit("initializer", {"name": name})


def _widen(stack: Stack, factor: float) -> None:
    for dense in _hidden(stack):
        config = stack.config(dense)
        config["units"] = max(1, round(config["units"] * factor))


def _widen_network(recipe: Recipe, factor: float) -> Recipe:
    stack = recipe.stack()
    _widen(stack, factor)
    return recipe.with_stack(stack)


@edits(
    _widen_network,
    lambda options, factor: hidden_layers(options, lambda stack: _widen(stack, factor)),
)
def units(factor: float) -> Edit:
    """Multiplies the units of every hidden layer."""
    return Edit("units", {"factor": checks.positive_number("factor", factor)})


def _deepen(stack: Stack, number: int) -> None:
    hidden = _hidden(stack)
    if len(hidden) == number:
        raise misfit(f"there are {number} hidden layers already.")
    while len(stack.hidden) > number:
        first, last = stack.hidden[-1], stack.output
        del stack.records[first:last]
    begin, end = stack.hidden[-1], stack.output
    block = copy.deepcopy(stack.records[begin:end])
    while len(stack.hidden) < number:
        for record in block:
            config = {name: value for name, value in record["config"].items() if name != "name"}
            stack.insert(stack.output, record["class_name"], **copy.deepcopy(config))


def _deepen_network(recipe: Recipe, number: int) -> Recipe:
    stack = recipe.stack()
    _deepen(stack, number)
    return recipe.with_stack(stack)


@edits(
    _deepen_network,
    lambda options, number: hidden_layers(options, lambda stack: _deepen(stack, number)),
)
def depth(number: int) -> Edit:
    """Makes it so many hidden layers: the last one is repeated, or the last ones are left out."""
    return Edit("depth", {"number": checks.positive_integer("number", number)})


def _unfreeze(recipe: Recipe) -> Recipe:
    stack = recipe.stack()
    frozen: list[dict[str, Any]] = [
        each["config"]
        for each in each_record(stack.records)
        if not each["config"].get("trainable", True)
    ]
    if not frozen:
        raise misfit("no layer is frozen.")
    for config in frozen:
        config["trainable"] = True
    return recipe.with_stack(stack)


def _never_frozen(options: Options) -> Options:
    raise misfit("train freezes no layer.")


@edits(_unfreeze, _never_frozen)
def unfreeze() -> Edit:
    """Makes every layer trainable."""
    return Edit("unfreeze")
