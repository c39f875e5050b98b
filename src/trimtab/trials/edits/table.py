"""All edits by name: what each does to a network's recipe and to options of ``train``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.insight.coach.edit import Edit
from trimtab.trials.recipe import Recipe
from trimtab.trials.stack import Stack, misfit

__all__ = ["EDITS", "Options", "Rule", "changed", "edits", "hidden_layers"]

#: Options of ``train``, those that are set.
Options = dict[str, Any]

C = TypeVar("C", bound=Callable[..., Edit])


@dataclass(frozen=True)
class Rule:
    """What an edit does.

    Attributes:
        make: checks the arguments and makes the edit.
        network: changes a recipe.
        options: changes options of ``train``, or says why it cannot.
    """

    make: Callable[..., Edit]
    network: Callable[..., Recipe]
    options: Callable[..., Options] | str


#: Name -> what the edit does. Contract tests run over this table.
EDITS: dict[str, Rule] = {}


def edits(
    network: Callable[..., Recipe], options: Callable[..., Options] | str
) -> Callable[[C], C]:
    """Enters an edit into :data:`EDITS`; written above the function that makes it."""

    def enter(make: C) -> C:
        EDITS[make.__name__] = Rule(make, network, options)
        return make

    return enter


def changed(base: Recipe | Mapping[str, Any], edit: Edit) -> Any:
    """A recipe, or options of ``train``, with an edit.

    Raises:
        InvalidArgument: there is no such edit, its arguments break a rule, or it does not fit; the
            message says why.
    """
    rule = EDITS.get(edit.name)
    if rule is None:
        hint = checks.nearest(edit.name, EDITS) or f"There are {checks.listing(EDITS)}."
        raise InvalidArgument(f"no edit is called {edit.name!r}. {hint}")
    known = list(inspect.signature(rule.make).parameters)
    checks.unknown_arguments(f"the edit {edit.name}", set(edit.arguments) - set(known), known)
    arguments = rule.make(**edit.arguments).arguments
    try:
        if isinstance(base, Recipe):
            return rule.network(base, **arguments)
        if isinstance(rule.options, str):
            raise misfit(rule.options)
        return rule.options(dict(base), **arguments)
    except InvalidArgument as refusal:
        raise InvalidArgument(f"{edit} does not fit: {refusal}") from None


def hidden_layers(options: Options, change: Callable[[Stack], None]) -> Options:
    """Options of ``train`` with changed hidden layers.

    Args:
        options: those that are set.
        change: changes the layers; behind the hidden ones stands an output of one unit.

    Raises:
        InvalidArgument: the layers are not set, so that ``train`` decides them from the table.
    """
    from trimtab.nn.layers.table import deserialize, serialize
    from trimtab.predictor import notation

    text = options.get("layers")
    if text is None:
        raise misfit("train decides the layers here. Set them, layers='256 bn relu, 256 bn relu'.")
    parsed = notation.parse(notation.spelled(text), numbered=True)
    stack = Stack([serialize(layer) for layer in parsed])
    stack.insert(len(stack.records), "Dense", units=1, activation="linear")
    change(stack)
    del stack.records[stack.output]
    found = notation.to_text([deserialize(record) for record in stack.records])
    return {**options, "layers": found}
