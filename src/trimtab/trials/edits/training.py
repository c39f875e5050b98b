"""Edits of the training: loss, optimizer, learning rate, epochs, batches and stopping."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.insight.coach.edit import Edit
from trimtab.nn import losses, optimizers
from trimtab.predictor.training.optimizer_options import SCHEDULES
from trimtab.trials.edits.table import Options, edits, hidden_layers
from trimtab.trials.recipe import Recipe
from trimtab.trials.stack import Stack, each_record, misfit

__all__ = [
    "batch_size",
    "clip_norm",
    "early_stopping",
    "epochs",
    "learning_rate",
    "loss",
    "no_early_stopping",
    "no_penalty",
    "optimizer",
    "schedule",
    "shuffle",
    "weight_decay",
]

#: So many epochs without improvement end no training.
NEVER = 1_000_000


# -- learning rate --------------------------------------------------------------------------------


def _rate_of_network(
    recipe: Recipe, factor: float | None = None, value: float | None = None
) -> Recipe:
    rate = recipe.optimizer["config"]["learning_rate"]
    if not isinstance(rate, dict):
        return recipe.with_optimizer(learning_rate=rate * factor if factor else value)
    scale = factor if factor is not None else (value or 0.0) / recipe.rate()
    config = {
        name: number * scale
        if name in ("initial_learning_rate", "warmup_target") and number is not None
        else number
        for name, number in rate["config"].items()
    }
    return recipe.with_optimizer(learning_rate={**rate, "config": config})


def _rate_of_options(
    options: Options, factor: float | None = None, value: float | None = None
) -> Options:
    if factor is None:
        return {**options, "lr": value}
    if options.get("lr") is None:
        raise misfit(
            "train decides the learning rate here. Set it, lr=0.002, or use "
            "learning_rate(value=0.001)."
        )
    return {**options, "lr": options["lr"] * factor}


@edits(_rate_of_network, _rate_of_options)
def learning_rate(factor: float | None = None, value: float | None = None) -> Edit:
    """Multiplies the learning rate, or sets it; a schedule keeps its course.

    Args:
        factor: what it is multiplied with, such as 0.1,
        value: or what it becomes.

    Example:
        >>> from trimtab.trials import edits
        >>> edits.learning_rate()
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: learning_rate takes a factor or a value, received neither. \
Use learning_rate(factor=0.1).
    """
    if (factor is None) == (value is None):
        both = "neither" if factor is None else "both"
        raise InvalidArgument(
            f"learning_rate takes a factor or a value, received {both}. "
            "Use learning_rate(factor=0.1)."
        )
    if factor is not None:
        return Edit("learning_rate", {"factor": checks.positive_number("factor", factor)})
    return Edit("learning_rate", {"value": checks.positive_number("value", value)})


@edits(
    lambda recipe, name: replace(recipe, schedule=name),
    lambda options, name: {**options, "schedule": name},
)
def schedule(name: str) -> Edit:
    """Lets the learning rate follow a course over all steps.

    Args:
        name: ``cosine``, ``warmup``, ``flat``, ``cycles`` or ``constant``, as in ``train``.
    """
    return Edit("schedule", {"name": checks.choice("name", name, SCHEDULES)})


# -- optimizer ------------------------------------------------------------------------------------


def _optimize(recipe: Recipe, name: str) -> Recipe:
    own = recipe.optimizer["config"]
    made = optimizers.get(name)
    kept = ("learning_rate", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue")
    config = made.get_config() | {each: own[each] for each in kept if own.get(each) is not None}
    record = {"class_name": type(made).__name__, "config": config}
    if record["class_name"] == recipe.optimizer["class_name"]:
        raise misfit(f"the optimizer is {name} already.")
    return replace(recipe, optimizer=record)


@edits(_optimize, "train uses AdamW. Leave it out.")
def optimizer(name: str) -> Edit:
    """Takes another optimizer, with the learning rate, weight decay and clipping of the present."""
    optimizers.get(name)
    return Edit("optimizer", {"name": name})


@edits(
    lambda recipe, value: recipe.with_optimizer(
        clipnorm=None, clipvalue=None, global_clipnorm=value
    ),
    "train does not clip gradients. Leave it out.",
)
def clip_norm(value: float) -> Edit:
    """Scales gradients down to this norm, all weights together (``global_clipnorm``)."""
    return Edit("clip_norm", {"value": checks.positive_number("value", value)})


@edits(
    lambda recipe, value: recipe.with_optimizer(weight_decay=value or None),
    lambda options, value: {**options, "weight_decay": value},
)
def weight_decay(value: float) -> Edit:
    """Sets the decoupled weight decay of the optimizer; 0: none."""
    return Edit("weight_decay", {"value": checks.non_negative_number("value", value)})


def _free(stack: Stack) -> bool:
    """Takes the penalties off all layers; whether there was one."""
    found = False
    for record in each_record(stack.records):
        config = record["config"]
        for name in config:
            if name.endswith("_regularizer") and config[name] is not None:
                config[name], found = None, True
    return found


def _freed(stack: Stack) -> None:
    _free(stack)


def _free_network(recipe: Recipe) -> Recipe:
    stack = recipe.stack()
    if not _free(stack) and not recipe.optimizer["config"].get("weight_decay"):
        raise misfit("there is no penalty and no weight decay.")
    return recipe.with_stack(stack).with_optimizer(weight_decay=None)


def _free_options(options: Options) -> Options:
    if options.get("layers") is not None:
        options = hidden_layers(options, _freed)
    return {**options, "weight_decay": 0.0}


@edits(_free_network, _free_options)
def no_penalty() -> Edit:
    """Removes penalties on weights and weight decay."""
    return Edit("no_penalty")


@edits(
    lambda recipe, name: replace(recipe, loss=losses.get(name)),
    lambda options, name: {**options, "loss": name},
)
def loss(name: str) -> Edit:
    """Trains on another loss; the metric of the comparison stays."""
    losses.get(name)
    return Edit("loss", {"name": name})


# -- epochs, batches, stopping --------------------------------------------------------------------


def _longer(options: Options, factor: float) -> Options:
    if options.get("epochs") is None:
        raise misfit("train decides the number of epochs here. Set it, epochs=40.")
    return {**options, "epochs": max(1, round(options["epochs"] * factor))}


@edits(
    lambda recipe, factor: recipe.with_fit(epochs=max(1, round(recipe.epochs * factor))), _longer
)
def epochs(factor: float) -> Edit:
    """Multiplies the number of epochs."""
    return Edit("epochs", {"factor": checks.positive_number("factor", factor)})


@edits(
    lambda recipe, value: recipe.with_fit(batch_size=value),
    lambda options, value: {**options, "batch_size": value},
)
def batch_size(value: int) -> Edit:
    """Sets the rows per step."""
    return Edit("batch_size", {"value": checks.positive_integer("value", value)})


def _is_stopping(callback: Any) -> bool:
    return type(callback).__name__ == "EarlyStopping"


def _without_stopping(recipe: Recipe) -> Recipe:
    kept = [each for each in recipe.fit.get("callbacks") or () if not _is_stopping(each)]
    return replace(recipe, patience=None).with_fit(callbacks=kept)


@edits(
    lambda recipe, patience: replace(_without_stopping(recipe), patience=patience),
    lambda options, patience: {**options, "patience": patience},
)
def early_stopping(patience: int) -> Edit:
    """Stops after so many epochs without improvement and keeps the best one.

    A fifth of a trial's training rows are held out for it, unless ``validation_split`` says more.
    """
    return Edit("early_stopping", {"patience": checks.positive_integer("patience", patience)})


def _never_stop(recipe: Recipe) -> Recipe:
    callbacks = recipe.fit.get("callbacks") or ()
    if recipe.patience is None and not any(map(_is_stopping, callbacks)):
        raise misfit("nothing stops the training early.")
    return _without_stopping(recipe)


@edits(_never_stop, lambda options: {**options, "patience": NEVER})
def no_early_stopping() -> Edit:
    """Trains for all epochs."""
    return Edit("no_early_stopping")


def _shuffled(recipe: Recipe) -> Recipe:
    if recipe.fit.get("shuffle", True):
        raise misfit("the rows are shuffled already.")
    return recipe.with_fit(shuffle=True)


@edits(_shuffled, "train shuffles the rows in any case. Leave it out.")
def shuffle() -> Edit:
    """Draws a new order of the rows for each epoch."""
    return Edit("shuffle")
