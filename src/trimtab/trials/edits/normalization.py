"""Edits of batch normalization."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.insight.coach.edit import Edit
from trimtab.trials.edits.table import Options, edits, hidden_layers
from trimtab.trials.recipe import Recipe
from trimtab.trials.stack import NORMALIZATION, Stack, misfit

__all__ = ["batch_norm", "batch_norm_momentum", "no_batch_norm", "population_statistics"]

PLACES = ("before_activation", "before_dense", "input")


def _add(stack: Stack, place: str, momentum: float | None) -> None:
    config: dict[str, Any] = {} if momentum is None else {"momentum": momentum}
    before = len(stack.records)
    if place == "input":
        if stack.kind(0) != NORMALIZATION:
            stack.insert(0, NORMALIZATION, **config)
    elif place == "before_dense":
        for dense in reversed(stack.dense):
            at = dense
            while stack.kind(at - 1) == "Dropout":  # dropout in front would shift its variance
                at -= 1
            if stack.kind(at - 1) != NORMALIZATION:
                stack.insert(at, NORMALIZATION, **config)
    else:
        for dense in reversed(stack.hidden):
            if stack.kind(dense + 1) == NORMALIZATION:
                continue
            activation = stack.config(dense).get("activation", "linear")
            stack.config(dense)["activation"] = "linear"
            stack.config(dense)["use_bias"] = False  # which it would subtract
            if activation != "linear":
                stack.insert(dense + 1, "Activation", activation=activation)
            stack.insert(dense + 1, NORMALIZATION, **config)
    if len(stack.records) == before:
        raise misfit(
            f"there is batch normalization at each place {place!r} already, or no such place. Try "
            f"another place: {checks.listing(PLACES)}."
        )


def _add_to_network(recipe: Recipe, place: str, momentum: float | None = None) -> Recipe:
    stack = recipe.stack()
    _add(stack, place, momentum)
    return recipe.with_stack(stack)


def _add_to_options(options: Options, place: str, momentum: float | None = None) -> Options:
    if options.get("layers") is not None:
        return hidden_layers(options, lambda stack: _add(stack, place, momentum))
    if options.get("batch_norm") is not False:
        raise misfit("the default layers of train have batch normalization. Try no_batch_norm().")
    return {**options, "batch_norm": True}


@edits(_add_to_network, _add_to_options)
def batch_norm(place: str = "before_activation", momentum: float | None = None) -> Edit:
    """Adds batch normalization.

    Args:
        place: ``before_activation``: between each hidden dense layer, which loses its bias, and its
            activation;
            ``before_dense``: in front of each dense layer, and of dropout there; ``input``: in
            front of the first layer.
        momentum: of the moving averages; None: the default, 0.99.

    Example:
        >>> from trimtab.trials import edits
        >>> print(edits.batch_norm("before_dense"))
        batch_norm(place='before_dense')
    """
    arguments: dict[str, Any] = {"place": checks.choice("place", place, PLACES)}
    if momentum is not None:
        arguments["momentum"] = checks.decay_factor("momentum", momentum)
    return Edit("batch_norm", arguments)


def _remove(stack: Stack) -> None:
    for dense in stack.dense:
        if stack.kind(dense + 1) == NORMALIZATION:
            stack.config(dense)["use_bias"] = True
    if not stack.remove(lambda record: record["class_name"] == NORMALIZATION):
        raise misfit("there is no batch normalization to remove.")


def _remove_from_network(recipe: Recipe) -> Recipe:
    stack = recipe.stack()
    _remove(stack)
    return recipe.with_stack(stack)


def _remove_from_options(options: Options) -> Options:
    if options.get("layers") is not None:
        return hidden_layers(options, _remove)
    if options.get("batch_norm") is False:
        raise misfit("there is no batch normalization to remove.")
    return {**options, "batch_norm": False}


@edits(_remove_from_network, _remove_from_options)
def no_batch_norm() -> Edit:
    """Removes every batch normalization; dense layers right before one get a bias."""
    return Edit("no_batch_norm")


def _momentum(stack: Stack, value: float) -> None:
    found = stack.of_kind(NORMALIZATION)
    if not found:
        raise misfit("there is no batch normalization. Add some with batch_norm(momentum=...).")
    for config in found:
        config["momentum"] = value


def _momentum_of_network(recipe: Recipe, value: float) -> Recipe:
    stack = recipe.stack()
    _momentum(stack, value)
    return recipe.with_stack(stack)


@edits(
    _momentum_of_network,
    lambda options, value: hidden_layers(options, lambda stack: _momentum(stack, value)),
)
def batch_norm_momentum(value: float) -> Edit:
    """Gives every batch normalization this momentum of its moving averages."""
    return Edit("batch_norm_momentum", {"value": checks.decay_factor("value", value)})


@edits(
    lambda recipe: recipe.with_fit(statistics="population"),
    "train computes the statistics of its batch normalizations by itself. Leave it out.",
)
def population_statistics() -> Edit:
    """Validates and predicts with statistics over all training rows, not with moving averages."""
    return Edit("population_statistics")
