"""The training loop: epochs, validation, callbacks and trackers in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from trimtab import distributed
from trimtab.core.hashing import checksum
from trimtab.engines.base import Look, Looked, Rows
from trimtab.nn import averages
from trimtab.program import Program
from trimtab.training.ahead import Ahead
from trimtab.training.batches import Batches
from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList
from trimtab.training.epoch_run import EpochRun
from trimtab.training.history import History
from trimtab.training.passes import evaluate
from trimtab.training.position import Position, fingerprint
from trimtab.training.progress import Progress
from trimtab.training.progress_choice import make_progress
from trimtab.training.settings import FitSettings
from trimtab.training.statistics_keeper import StatisticsKeeper

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["Position", "Tracker", "fit"]  # models pickled inside an epoch name Position here


class Tracker(Protocol):
    """Looks at a network in each epoch and changes nothing."""

    def look(self, program: Program, batches: Batches) -> Look | None:
        """What to look at in the epoch that begins; None: nothing. One tracker of a fit may.

        Args:
            program: the network's, as it is trained in this epoch.
            batches: of the epoch.
        """

    def measure(self, looked: Looked | None) -> Logs:
        """What to log of the network after the epoch.

        Args:
            looked: what was seen; None if the look's last batch was not trained, such as in an
                epoch that was resumed behind it.
        """


def fit(
    model: Network,
    rows: Rows,
    validation: Rows | None,
    settings: FitSettings,
    callbacks: Any,
    trackers: Sequence[Tracker] = (),
) -> History:
    """Trains for ``epochs - initial_epoch`` epochs; see :meth:`trimtab.Sequential.fit`.

    Args:
        model: the compiled network.
        rows: to train on.
        validation: to validate on, or None.
        settings: the other arguments of ``fit``.
        callbacks: as ``fit`` takes them.
        trackers: asked before and after each epoch, before validation; what they return then is
            logged.

    Raises:
        KeyboardInterrupt: Ctrl-C; the model keeps its last finished step.
    """
    progress = make_progress(settings.verbose) if settings.verbose != 0 else Progress()
    progress.first_epoch = settings.initial_epoch
    listed = CallbackList(callbacks, add_history=True)
    if settings.verbose != 0:
        listed.append(progress)
    listed.set_model(model)
    listed.set_params(
        {
            "verbose": settings.verbose,
            "epochs": settings.epochs,
            "steps": settings.cut(len(rows)).steps,
        }
    )
    listed.set_rows(rows)
    listed.set_fit(settings, validation, listed.callbacks)
    model.stop_training = False
    _check_processes(model, rows, validation, settings, listed)
    keeper = StatisticsKeeper(
        model, rows, settings.statistics == "population", settings.freeze_statistics_after
    )
    ahead = None
    if validation is None and not listed.wants_epochs() and not trackers:
        outputs = model.training_engine().program.output_width if model.meters else 0
        ahead = Ahead(len(rows) * outputs * 4)
    logs: Logs = {}
    try:
        listed.on_train_begin()
        for epoch in range(settings.initial_epoch, settings.epochs):
            listed.on_epoch_begin(epoch)
            keeper.begin_epoch(epoch)
            run = EpochRun(model, rows, epoch, settings, listed, ahead)
            looks = (tracker.look(run.program, run.batches) for tracker in trackers)
            run.look = next((each for each in looks if each is not None), None)
            logs = run.run()
            for tracker in trackers:
                logs |= tracker.measure(run.looked)
            validates = validation is not None and settings.validates(epoch)
            if validates or listed.wants_epochs():
                keeper.refresh()
            if validation is not None and validates:
                measured = evaluate(model, validation, settings.validation_batch_size, listed)
                logs |= {f"val_{name}": value for name, value in measured.items()}
            listed.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        if model.optimizer.use_ema and settings.initial_epoch < settings.epochs:
            averages.take(model)
        keeper.refresh()
        listed.on_train_end(logs)
    except KeyboardInterrupt:
        model.pull()  # the step that was finished last
        position = model.position
        if position is not None and model.runner.step != position.first_step + position.batches:
            model.position = None
        keeper.refresh()
        listed.on_train_end(logs)
        raise
    finally:
        keeper.release()
        listed.release()
    history: History = model.history
    return history


def _check_processes(
    model: Network,
    rows: Rows,
    validation: Rows | None,
    settings: FitSettings,
    callbacks: CallbackList,
) -> None:
    """Refuses processes that would train differently: they would wait for each other forever."""
    if distributed.process_count() == 1:
        return
    model.pull()
    arguments = {name: repr(value) for name, value in vars(settings).items() if name != "verbose"}
    hooks = (
        callbacks.wants_train_batches(), callbacks.wants_epochs(), callbacks.wants_test_batches()
    )  # fmt: skip
    weights = [weight.value for weight in model.weights]
    distributed.check_same(
        "fit",
        {
            "rows": fingerprint(rows),
            "validation rows": None if validation is None else fingerprint(validation),
            "weights": checksum(weights),
            "seeds": model.run_seed(),
            "steps done": model.runner.step,
            "arguments": arguments,
            "callbacks": hooks,
        },
    )
