"""Edits of what is learned from: inputs, target, classes and rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from trimtab.errors import InvalidArgument
from trimtab.insight.coach.edit import Edit
from trimtab.trials.edits.table import Options, edits
from trimtab.trials.recipe import Recipe
from trimtab.trials.stack import misfit

__all__ = [
    "class_weight",
    "drop_columns",
    "group_split",
    "log_target",
    "standardize_inputs",
    "standardize_target",
]


@edits(
    lambda recipe: replace(recipe, standardized=True),
    lambda options: {**options, "raw": False, "scaling": "standard"},
)
def standardize_inputs() -> Edit:
    """Standardizes the inputs: mean 0, deviation 1, over the training rows of the trial."""
    return Edit("standardize_inputs")


def _scaled(recipe: Recipe, scale: str) -> Recipe:
    kind = type(recipe.loss).__name__
    if "Crossentropy" in kind:
        raise misfit(f"the target is classes ({kind}), which have no scale.")
    return replace(recipe, target=scale)


def _scaled_options(options: Options, scale: str) -> Options:
    return {**options, "target_scaling": True, "target_scale": scale}


@edits(
    lambda recipe: _scaled(recipe, "standard"),
    lambda options: _scaled_options(options, "standard"),
)
def standardize_target() -> Edit:
    """Learns the target on a standard scale; errors stay in its units."""
    return Edit("standardize_target")


@edits(lambda recipe: _scaled(recipe, "log"), lambda options: _scaled_options(options, "log"))
def log_target() -> Edit:
    """Learns the logarithm of the target; errors stay in its units. It must be above 0."""
    return Edit("log_target")


def _balanced(recipe: Recipe) -> Recipe:
    if "Crossentropy" not in type(recipe.loss).__name__:
        raise misfit("the target is numbers. It is for classes.")
    return replace(recipe, balanced=True).with_fit(class_weight=None)


@edits(_balanced, lambda options: {**options, "class_weight": "balanced"})
def class_weight() -> Edit:
    """Gives each class the same total weight in training."""
    return Edit("class_weight")


def _dropped(recipe: Recipe, columns: Sequence[Any]) -> Recipe:
    return replace(recipe, dropped=tuple(dict.fromkeys([*recipe.dropped, *columns])))


@edits(
    _dropped,
    lambda options, columns: {
        **options,
        "drop": [*(options.get("drop") or ()), *map(str, columns)],
    },
)
def drop_columns(columns: Sequence[Any]) -> Edit:
    """Leaves columns out: of an array by number, of a data frame or a table by name.

    Example:
        >>> from trimtab.trials import edits
        >>> print(edits.drop_columns(["id"]))
        drop_columns(columns=['id'])
    """
    if isinstance(columns, str | int):
        columns = [columns]
    listed = list(columns)
    if not listed:
        raise InvalidArgument("columns must name at least one column, received none.")
    return Edit("drop_columns", {"columns": listed})


def _grouped(options: Options, column: str | None = None) -> Options:
    if column is None:
        raise misfit("which column holds the groups? Name it, group_split(column='customer').")
    return {**options, "group": column}


@edits(lambda recipe, column=None: replace(recipe, by_group=True), _grouped)
def group_split(column: str | None = None) -> Edit:
    """Validates on whole groups: no group is on both sides.

    Args:
        column: of a table that holds the groups; of arrays they are the ``groups`` of the
            comparison.
    """
    return Edit("group_split", {} if column is None else {"column": column})
