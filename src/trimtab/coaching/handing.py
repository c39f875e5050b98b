"""A trained network that takes rows as they are: scales of its rows become part of its weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from trimtab.model.sequential import Sequential
from trimtab.trials.network_trial import Fitted
from trimtab.trials.recipe import Recipe

__all__ = ["can_hand_over", "handed_over"]


def can_hand_over(recipe: Recipe) -> bool:
    """Whether a network of this recipe can take rows as they are.

    Standardized and left-out columns go into a Dense layer at the beginning, a standardized target
    into a linear one at the end. The logarithm of a target stays one: the model predicts it.
    """
    if (recipe.standardized or recipe.dropped) and not _takes(recipe, 0, recipe.standardized):
        return False
    if recipe.target != "standard":
        return True
    last = len(recipe.layers) - 1
    linear = recipe.layers[last]["config"].get("activation", "linear") == "linear"
    return _takes(recipe, last, bias=True) and linear


def _takes(recipe: Recipe, place: int, bias: bool) -> bool:
    record = recipe.layers[place]
    plain = record["class_name"] == "Dense" and recipe.members == 1
    return plain and (not bias or bool(record["config"].get("use_bias", True)))


def handed_over(fitted: Fitted, width: int, seed: int | None = None) -> Sequential:
    """A model of all columns that predicts what ``fitted`` predicts; a log target stays one.

    Args:
        fitted: a trained network whose recipe :func:`can_hand_over` accepts.
        width: number of all columns.
        seed: of the model.

    Returns:
        The network itself where it has no scales.
    """
    recipe, model = fitted.recipe, fitted.model
    scaled_target = recipe.target == "standard"
    if not (recipe.standardized or recipe.dropped or scaled_target):
        return model
    new = replace(recipe, standardized=False, target=None, dropped=()).model(seed)
    new.build((None, width))
    weights: list[list[Any]] = [
        [np.array(each) for each in layer.get_weights()] for layer in model.layers
    ]
    if recipe.standardized or recipe.dropped:
        weights[0] = _widened(fitted, weights[0], width)
    if scaled_target:
        kernel, bias = (each.astype(np.float64) for each in weights[-1])
        mean, deviation = fitted.target.given(np.zeros(1)), fitted.target.given(np.ones(1))
        deviation = deviation - mean
        weights[-1] = [kernel * deviation, bias * deviation + mean]
    for layer, own in zip(new.layers, weights, strict=True):
        layer.set_weights([np.asarray(each, np.float32) for each in own])
    return new


def _widened(fitted: Fitted, weights: list[Any], width: int) -> list[Any]:
    """The first kernel, for unscaled inputs and with zeros for columns that are left out."""
    kernel = weights[0].astype(np.float64)
    per_unit = kernel / np.asarray(fitted.scale)[:, None]
    wide = np.zeros((width, kernel.shape[1]))
    wide[fitted.columns] = per_unit
    shift = np.asarray(fitted.shift) @ per_unit
    return [wide, *(each.astype(np.float64) - shift for each in weights[1:])]
