"""The picture of the learning curves."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trimtab.core.pictures import Curve, Panel, draw_learning_curves
from trimtab.predictor.loss_words import loss_words
from trimtab.predictor.training.crossfit.progress import mean_history
from trimtab.predictor.training.fits import CROSS, FOLD, MEMBER, Fit

if TYPE_CHECKING:
    from trimtab.predictor.predictor import Predictor

__all__ = ["draw", "panels_of"]


def draw(
    predictor: Predictor, networks: Sequence[Fit], title: str, path: str | os.PathLike[str]
) -> None:
    """Writes the learning curves of all networks, in the target's own units.

    Args:
        predictor: the result.
        networks: of the training, in order.
        title: above them.
        path: of the PNG; it appears whole or not at all.
    """
    target = predictor.options.get("target")
    targets = len(target) if isinstance(target, list) else 1
    label = loss_words(predictor.options.get("loss"), targets)
    draw_learning_curves(panels_of(networks), title, label, path)


def panels_of(networks: Sequence[Fit]) -> list[Panel]:
    """A panel for the networks of folds, if any, and one for those that predict."""
    crossed = [each for each in networks if each.kind == CROSS]
    if crossed:
        curves = [_curve(each) for each in crossed]
        return [Panel(f"{len(curves)} networks and their mean", curves, _mean(crossed))]
    folds = [each for each in networks if each.kind == FOLD]
    members = [each for each in networks if each.kind == MEMBER]
    several = f"{len(members)} networks"
    panels = []
    if folds:
        panels.append(Panel(f"{len(folds)} folds", [_curve(each) for each in folds]))
        one, several = "the network on all rows", f"{several} on all rows"
    else:
        one = ""
    if members:
        title = one if len(members) == 1 else several
        panels.append(Panel(title, [_curve(each) for each in members]))
    return panels


def _curve(network: Fit) -> Curve:
    history = network.history.history
    bad = network.history.diverged_at(*(key for key in ("loss", "val_loss") if key in history))
    return Curve(
        loss=history.get("loss", []),
        val_loss=history.get("val_loss", []),
        best_epoch=network.best_epoch,
        diverged=None if bad is None else _of_bad(history["loss"], bad, network.history.epoch),
    )


def _mean(networks: Sequence[Fit]) -> Curve:
    """The curve of the means over networks."""
    history = mean_history(networks).history
    return Curve(history.get("loss", []), history.get("val_loss", []), None, None)


def _of_bad(loss: Sequence[float], epoch: int, epochs: Sequence[int]) -> str:
    value = loss[epochs.index(epoch - 1)]
    if math.isfinite(value):
        return f"validation loss is NaN or infinite from epoch {epoch}"
    return f"loss is {value} from epoch {epoch}"
