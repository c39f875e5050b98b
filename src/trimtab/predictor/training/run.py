"""Trains one network on prepared arrays; training can stop at any step and resume later.

Training ends when its epochs are done, when validation has not improved for a while, when the time
is up, on Ctrl-C, or when it diverges; the weights are then those of the best epoch, however it
ended. Ctrl-C and the time limit take effect between two steps: what was done until then is kept as
a :class:`~trimtab.predictor.training.state.NetworkState`, from which another process resumes to the
same bits. Inside a long epoch training pauses in the same way now and then, so that its state can
be kept, and continues.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.engines.base import Rows
from trimtab.predictor.training.averaged_epochs import AveragedEpochs
from trimtab.predictor.training.events import Report
from trimtab.predictor.training.fits import MEMBER, Fit
from trimtab.predictor.training.layer_looks import LayerLooks
from trimtab.predictor.training.limits import Limits, Pause
from trimtab.predictor.training.state import NetworkState
from trimtab.predictor.training.units import Units
from trimtab.predictor.training.watch import KeepState, Watch
from trimtab.training.callbacks import EarlyStopping
from trimtab.training.history import History

if TYPE_CHECKING:
    from trimtab.model.sequential import Sequential

__all__ = ["FitData", "Recipe", "fit_network"]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        batch_size: rows of a step.
        epochs: at most.
        patience: epochs without a better validation loss after which training stops.
        last_batch: as in :meth:`trimtab.Sequential.fit`.
        memory: of the average of the weights, which is validated and kept; 0: the weights are.
    """

    batch_size: int
    epochs: int
    patience: int
    last_batch: str = "keep"
    memory: float = 0.0


@dataclass(frozen=True)
class FitData:
    """The rows of one network.

    Attributes:
        label: ``network 2 of 5``; empty for the only network.
        train: rows to train on.
        valid: rows that decide when to stop; None: nothing does.
        kind: ``fold`` or ``member``.
    """

    label: str
    train: Rows
    valid: Rows | None
    kind: str = MEMBER


def fit_network(
    model: Sequential,
    data: FitData,
    recipe: Recipe,
    *,
    limits: Limits,
    units: Units,
    report: Report,
    state: NetworkState | None = None,
    keep: KeepState | None = None,
    looks: LayerLooks | None = None,
) -> Fit:
    """Trains a network until something ends it.

    Args:
        model: built and compiled; with ``state``, the one that :meth:`NetworkState.model` made.
        data: its rows.
        recipe: how it is trained.
        limits: entered already.
        units: of the target.
        report: receives the events.
        state: to resume from.
        keep: receives the state, and the lowest ``val_loss`` so far in the target's own units,
            about once a minute: at ends of epochs, and inside epochs that take longer.
        looks: takes down what its layers do.
    """
    stopping = None
    averaging = AveragedEpochs(recipe.memory) if recipe.memory else None
    if averaging is not None and state is not None:
        state.averaged(averaging.average, model)
    if data.valid is not None:
        stopping = EarlyStopping(patience=recipe.patience, restore_best_weights=True)
        if state is not None:
            state.remind(stopping, model)
    watch = Watch(
        label=data.label,
        epochs=recipe.epochs,
        patience=recipe.patience,
        limits=limits,
        factors=units.of(model),
        report=report,
        stopping=stopping,
        average=None if averaging is None else averaging.average,
        keep=keep,
        before=model.history if state is not None else None,
    )
    validation = None
    if data.valid is not None:
        parts = (data.valid.x, data.valid.y, data.valid.weight)
        validation = tuple(each for each in parts if each is not None)
    looking = [] if looks is None else looks.callbacks(model, data.train.x)
    while True:
        with suppress(Pause):
            model.fit(
                data.train.x,
                data.train.y,
                sample_weight=data.train.weight,
                validation_data=validation,
                batch_size=recipe.batch_size,
                epochs=recipe.epochs,
                initial_epoch=_epoch_to_begin(model, watch.history),
                last_batch=recipe.last_batch,
                callbacks=[
                    watch.history,
                    *([stopping] if stopping else []),
                    *([averaging] if averaging else []),
                    *looking,
                    watch,
                ],
                verbose=0,
            )
        paused = watch.resume()
        if paused is None:
            break
        model = paused.model()  # as another process would continue
        if stopping is not None:
            paused.remind(stopping, model)
        if averaging is not None:
            paused.averaged(averaging.average, model)
    model.position = None  # the state has it; it would keep the rows
    ended = watch.ended()
    report(ended)
    return Fit(
        kind=data.kind,
        label=data.label,
        reason=ended.reason,
        best_epoch=ended.best_epoch,
        best=ended.best,
        history=watch.history.plain(),
        model=model,
        state=watch.history.state,
        diverged=watch.diverged,
    )


def _epoch_to_begin(model: Sequential, history: History) -> int:
    if model.position is not None:
        return int(model.position.epoch)
    return history.epoch[-1] + 1 if history.epoch else 0
