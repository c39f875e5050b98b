"""Edits applied to a model, or to options of ``train``, outside of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trimtab.errors import InvalidArgument
from trimtab.insight.coach.edit import Edit
from trimtab.model.sequential import Sequential
from trimtab.trials.edits.table import changed
from trimtab.trials.recipe import Recipe

__all__ = ["edited", "edited_options"]


def edited(model: Sequential, *edits: Edit) -> Sequential:
    """A new compiled model with edits; the given one stays as it is.

    Layers are made anew from their configurations, so that weights are new.

    Args:
        model: a compiled ``Sequential``, built or not.
        edits: applied one after another.

    Raises:
        InvalidArgument: an edit does not fit, or changes more than the model, such as ``epochs``.

    Example:
        >>> import trimtab
        >>> from trimtab import layers
        >>> from trimtab.trials import edits
        >>> model = trimtab.Sequential([layers.Dense(8, "relu", input_shape=[3]), layers.Dense(1)])
        >>> model.compile("adam", "mae")
        >>> new = edits.edited(model, edits.batch_norm(), edits.dropout(0.2))
        >>> [type(layer).__name__ for layer in new.layers]
        ['Dense', 'BatchNormalization', 'Activation', 'Dropout', 'Dense']
        >>> edits.edited(model, edits.epochs(2))
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: epochs(factor=2.0) changes fit or the data, not the model. \
Compare it, trials.compare(model, [edit], x, y), or pass it to fit by hand.
    """
    base = Recipe.of(model)
    recipe = base
    for edit in edits:
        before = recipe
        recipe = changed(recipe, edit)
        same = {name: getattr(before, name) for name in ("layers", "optimizer", "loss")}
        if replace(recipe, **same) != replace(before, **same):
            raise InvalidArgument(
                f"{edit} changes fit or the data, not the model. Compare it, "
                "trials.compare(model, [edit], x, y), or pass it to fit by hand."
            )
    new = recipe.model(model.fixed_seed)
    width = model.known_width()
    if width is not None:
        new.build((None, width))
    return new


def edited_options(options: Mapping[str, Any], *edits: Edit) -> dict[str, Any]:
    """Options of ``train`` with edits.

    Args:
        options: those that are set.
        edits: applied one after another.

    Raises:
        InvalidArgument: an edit does not fit.

    Example:
        >>> from trimtab.trials import edits
        >>> edits.edited_options({"layers": "64 relu, 32 relu"}, edits.batch_norm(), edits.depth(1))
        {'layers': '64 bn relu'}
        >>> edits.edited_options({}, edits.optimizer("sgd"))
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: optimizer(name='sgd') does not fit: train uses AdamW. \
Leave it out.
    """
    found = dict(options)
    for edit in edits:
        found = changed(found, edit)
    return found
