"""Edits of dropout."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.insight.coach.edit import Edit
from trimtab.trials.edits.table import Options, edits, hidden_layers
from trimtab.trials.recipe import Recipe
from trimtab.trials.stack import Record, Stack, misfit

__all__ = ["dropout", "dropout_last", "no_dropout"]


def _is_dropout(record: Record) -> bool:
    return bool(record["class_name"] == "Dropout")


def _set(stack: Stack, rate: float) -> None:
    found = stack.of_kind("Dropout")
    for config in found:
        config["rate"] = rate
    if found:
        return
    if not stack.hidden:
        raise misfit("there is no hidden Dense layer to put dropout behind.")
    for dense in reversed(stack.hidden):
        stack.insert(stack.behind_activation(dense), "Dropout", rate=rate)


def _set_in_network(recipe: Recipe, rate: float) -> Recipe:
    stack = recipe.stack()
    _set(stack, rate)
    return recipe.with_stack(stack)


def _set_in_options(options: Options, rate: float) -> Options:
    if options.get("layers") is None:
        return {**options, "dropout": rate}
    return hidden_layers(options, lambda stack: _set(stack, rate))


@edits(_set_in_network, _set_in_options)
def dropout(rate: float) -> Edit:
    """Gives every dropout layer this rate; without any, adds one behind each hidden layer.

    Args:
        rate: share of the units that are dropped, at least 0 and below 1.

    Example:
        >>> from trimtab.trials import edits
        >>> edits.dropout(30)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: rate must be a float between 0 and 1, received 30. \
Use rate=0.3 to drop 30 %.
    """
    number = checks.probability("rate", rate, hint="Use rate=0.3 to drop 30 %.")
    if number == 1:
        raise InvalidArgument("rate must be below 1, received 1. Use rate=0.3 to drop 30 %.")
    return Edit("dropout", {"rate": number})


def _remove(stack: Stack) -> None:
    if not stack.remove(_is_dropout):
        raise misfit("there is no dropout to remove.")


def _remove_from_network(recipe: Recipe) -> Recipe:
    stack = recipe.stack()
    _remove(stack)
    return recipe.with_stack(stack)


def _remove_from_options(options: Options) -> Options:
    if options.get("layers") is None:
        return {**options, "dropout": 0.0}
    return hidden_layers(options, _remove)


@edits(_remove_from_network, _remove_from_options)
def no_dropout() -> Edit:
    """Removes every dropout layer."""
    return Edit("no_dropout")


def _last(stack: Stack) -> None:
    found = stack.of_kind("Dropout")
    if not found:
        raise misfit("there is no dropout to move. Add some with dropout(rate=0.2).")
    rates: list[Any] = [config.get("rate") for config in found]
    if not all(checks.is_number(rate) for rate in rates):
        raise misfit("a dropout rate follows a schedule. Give all one rate, dropout(rate=0.2).")
    stack.remove(_is_dropout)
    stack.insert(stack.output, "Dropout", rate=max(rates))


def _last_of_network(recipe: Recipe) -> Recipe:
    stack = recipe.stack()
    _last(stack)
    return recipe.with_stack(stack)


@edits(_last_of_network, lambda options: hidden_layers(options, _last))
def dropout_last() -> Edit:
    """Moves dropout behind every batch normalization: one layer, in front of the output.

    Its rate is the highest that there was.
    """
    return Edit("dropout_last")
