"""The training loop: epochs, validation, callbacks and trackers in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from trimtab import distributed
from trimtab.core.hashing import checksum
from trimtab.engines.base import Look, Looked, Rows
from trimtab.nn import averages
from trimtab.program import Program
from trimtab.training.ahead import Ahead
from trimtab.training.backup import Backup
from trimtab.training.batches import Batches
from trimtab.training.callback import Logs
from trimtab.training.callback_list import CallbackList
from trimtab.training.epoch_run import EpochRun
from trimtab.training.feed import Feed
from trimtab.training.feed_run import FeedRun
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
    rows: Rows | Feed,
    validation: Rows | None,
    settings: FitSettings,
    callbacks: Any,
    trackers: Sequence[Tracker] = (),
    backup: Backup | None = None,
) -> History:
    """Trains for ``epochs - initial_epoch`` epochs; see :meth:`trimtab.Sequential.fit`.

    Args:
        model: the compiled network, built where the rows are a feed.
        rows: to train on, in one table or batch by batch.
        validation: to validate on, or None.
        settings: the other arguments of ``fit``.
        callbacks: as ``fit`` takes them.
        trackers: asked before and after each epoch, before validation; what they return then is
            logged.
        backup: keeps the fit while it runs, and knows the one to resume; None: neither.

    Raises:
        KeyboardInterrupt: Ctrl-C; the model keeps its last finished step.
    """
    trains = settings.initial_epoch < settings.epochs
    if backup is not None:
        settings = replace(settings, initial_epoch=backup.first_epoch)
    listed = CallbackList(callbacks, add_history=True)
    shown = settings.verbose != 0 and not any(each.draws() for each in listed.callbacks)
    progress = make_progress(settings.verbose) if shown else Progress()
    progress.first_epoch = settings.initial_epoch
    if shown:
        listed.append(progress)
    listed.set_model(model)
    table = rows if isinstance(rows, Rows) else None
    steps = settings.cut(len(rows)).steps if isinstance(rows, Rows) else rows.steps
    listed.set_params({"verbose": settings.verbose, "epochs": settings.epochs, "steps": steps})
    if isinstance(rows, Rows):
        listed.set_rows(rows)
    else:
        listed.need_no_rows(rows.what)
    listed.set_fit(settings, validation, listed.callbacks)
    model.stop_training = False
    if table is not None:
        _check_processes(model, table, validation, settings, listed)
    keeper = StatisticsKeeper(
        model, table, settings.statistics == "population", settings.freeze_statistics_after
    )
    ahead = None
    quiet = validation is None and not listed.wants_epochs() and not trackers
    if table is not None and quiet:
        outputs = model.training_engine().program.output_width if model.meters else 0
        ahead = Ahead(len(table) * outputs * 4)
    logs: Logs = {}
    run: EpochRun | None = None
    try:
        listed.on_train_begin()
        if backup is not None:
            backup.restore(listed)
            backup.begin(listed)
        for epoch in range(settings.initial_epoch, settings.epochs):
            if not isinstance(rows, Rows) and rows.exhausted():
                rows.ended(0)
                break
            listed.on_epoch_begin(epoch)
            if backup is not None and backup.inside and epoch == backup.first_epoch:
                backup.restore(listed)  # the run has been through the beginning of this epoch
            keeper.begin_epoch(epoch)
            if isinstance(rows, Rows):
                run = EpochRun(model, rows, epoch, settings, listed, ahead, backup)
                looks = (tracker.look(run.program, run.batches) for tracker in trackers)
                run.look = next((each for each in looks if each is not None), None)
                logs = run.run()
                for tracker in trackers:
                    logs |= tracker.measure(run.looked)
            else:
                logs = FeedRun(model, rows, listed).run()
            validates = validation is not None and settings.validates(epoch)
            if validates or listed.wants_epochs():
                keeper.refresh()
            if validation is not None and validates:
                measured = evaluate(model, validation, settings.validation_batch_size, listed)
                logs |= {f"val_{name}": value for name, value in measured.items()}
            listed.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
            if backup is not None:
                backup.epoch_done(epoch, logs)
        if model.optimizer.use_ema and trains:
            averages.take(model)
        keeper.refresh()
        listed.on_train_end(logs)
    except KeyboardInterrupt:
        model.pull()  # the step that was finished last
        position = model.position
        if position is not None and model.runner.step != position.first_step + position.batches:
            model.position = None
        if backup is not None and run is not None and run.whole and model.position is not None:
            backup.stopped(run.epoch)
        keeper.refresh()
        listed.on_train_end(logs)
        raise
    finally:
        if not isinstance(rows, Rows):
            rows.close()
        keeper.release()
        listed.release()
    if backup is not None:
        backup.finished()
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
