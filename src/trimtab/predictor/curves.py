"""The learning curves of a training, as a picture beside the model."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trimtab.pictures import Curve, Panel, draw_learning_curves
from trimtab.predictor.state import FOLD, MEMBER, Network

if TYPE_CHECKING:
    from trimtab.predictor.predictor import Predictor

__all__ = ["draw"]

_LABELS = {"mse": "mean squared error", "mae": "mean absolute error"}


def draw(
    predictor: Predictor, networks: Sequence[Network], title: str, path: str | os.PathLike[str]
) -> None:
    """Writes the learning curves of all networks, those of folds beside those that predict.

    Args:
        predictor: what came of them.
        networks: of the training, in order.
        title: above them.
        path: of the PNG; it appears whole or not at all.
    """
    several = len(networks) > 1
    panels = [
        Panel(name.format(len(chosen)) if several else "", [_curve(each) for each in chosen])
        for kind, name in (
            (FOLD, "{} folds"),
            (MEMBER, "the network" if _one(networks) else "{} networks"),
        )
        if (chosen := [each for each in networks if each.kind == kind])
    ]
    draw_learning_curves(panels, title, _label(predictor), path)


def _one(networks: Sequence[Network]) -> bool:
    return sum(each.kind == MEMBER for each in networks) == 1


def _label(predictor: Predictor) -> str:
    """What the loss is, with the target's name for its unit."""
    loss = str(predictor.options.get("loss"))
    name = _LABELS.get(loss, loss.replace("_", " "))
    return f"{name} of {predictor.target}" if predictor.task == "regression" else name


def _curve(network: Network) -> Curve:
    history = network.history.history
    bad = network.history.diverged_at(*(key for key in ("loss", "val_loss") if key in history))
    return Curve(
        loss=history.get("loss", []),
        val_loss=history.get("val_loss", []),
        best_epoch=network.best_epoch,
        diverged=None if bad is None else _of_bad(history["loss"], bad, network.history.epoch),
    )


def _of_bad(loss: Sequence[float], epoch: int, epochs: Sequence[int]) -> str:
    value = loss[epochs.index(epoch - 1)]
    if math.isfinite(value):
        return f"validation loss is no number from epoch {epoch}"
    return f"loss is {value} from epoch {epoch}"
