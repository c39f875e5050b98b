"""The networks of a cross-validation, trained at once; together they predict."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from trimtab import config
from trimtab.predictor.training import defaults, watch
from trimtab.predictor.training.building import (
    built,
    describe,
    diverged,
    member_seed,
    resumed,
    say_resumed,
)
from trimtab.predictor.training.crossfit.blocks import Blocks, prepare_blocks
from trimtab.predictor.training.crossfit.honest import HonestStop
from trimtab.predictor.training.crossfit.network import CrossNetwork
from trimtab.predictor.training.crossfit.neutral import Ranges
from trimtab.predictor.training.crossfit.progress import Progress
from trimtab.predictor.training.crossfit.scales import loss_scales
from trimtab.predictor.training.crossfit.schedule import Schedule
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.fits import CROSS, Fit
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.limits import Limits
from trimtab.predictor.training.run import Recipe
from trimtab.predictor.training.trained import Keep, Trained
from trimtab.predictor.training.units import Units
from trimtab.training.history import History

__all__ = ["cross_fit"]


def cross_fit(job: Job, data: Data, limits: Limits, keep: Keep | None = None) -> Trained:
    """Trains a network without each fold, all of them at once, until they are done or stopped.

    With a committee there are several for each fold, from other seeds.

    Args:
        job: what was asked for.
        data: the table.
        limits: entered already.
        keep: receives the networks so far every minute or so.

    Raises:
        InvalidArgument: training diverged before anything was learned.
    """
    before = job.before
    known = before.run.fits if before is not None else ()
    blocks = prepare_blocks(
        job, data, before.predictor.preprocessor if before is not None and known else None
    )
    describe(job, data, blocks.prepared, len(blocks) * data.options.committee)
    with job.stage("fit"):
        return _CrossFit(job, data, limits, keep, blocks, known).run()


class _CrossFit:
    """One run.

    Args:
        known: what an earlier process left of the networks.
    """

    def __init__(
        self,
        job: Job,
        data: Data,
        limits: Limits,
        keep: Keep | None,
        blocks: Blocks,
        known: Sequence[Fit] = (),
    ) -> None:
        self._job, self._data, self._limits, self._keep = job, data, limits, keep
        self._blocks = blocks
        options = data.options
        assert options.batch_size is not None and options.patience is not None
        self._recipe = Recipe(
            batch_size=options.batch_size,
            epochs=options.epochs or 1,
            patience=options.patience,
            last_batch=defaults.LAST_BATCH,
            memory=options.average_weights or 0.0,
        )
        self._networks = self._made(known)
        self._stop = self._honest_stop()
        self._progress = Progress(self._networks, self._recipe.epochs, job.report, limits)
        self._reason: str | None = None
        self._due = False
        self._kept_at = time.monotonic()
        self._kept_seen = 0
        self._look_back()

    def run(self) -> Trained:
        """Trains, and says what came of it."""
        self._limits.start()
        schedule = Schedule(
            self._networks,
            self._workers(),
            wanted=self._wanted,
            look=self._look,
            ended=self._ended,
        )
        while True:
            schedule.run()
            if self._reason is not None or not self._due:
                break
            self._due = False
            if self._keep is not None:
                self._keep(self._trained("running"))
            self._kept_at, self._kept_seen = time.monotonic(), self._stop.seen
        reason = self._reason or self._why_over()
        over = reason not in ("time", "interrupted")
        first = min((n.diverged or self._recipe.epochs + 1 for n in self._networks), default=0)
        if over and not self._stop.seen and first == 1:
            named = next(n.label for n in self._networks if n.diverged == 1)
            raise diverged(self._data.options, named, 1)
        trained = self._over(reason) if over else self._trained(reason)
        self._progress.ended(reason, self._stop.seen, trained.fits, self._recipe.patience)
        return trained

    # -- the networks -----------------------------------------------------------------------------

    def _made(self, known: Sequence[Fit]) -> list[CrossNetwork]:
        """All networks: those of the first seed of every fold, then those of the second."""
        job, data, blocks = self._job, self._data, self._blocks
        prepared, folds = blocks.prepared, len(blocks)
        total = folds * data.options.committee
        codes = [size for _, size in prepared.preprocessor.embeddings]
        places = [blocks.place(fold) for fold in range(folds)]
        ranges = Ranges(blocks.rows.x, places, codes)
        rows = [blocks.without(fold) for fold in range(folds)]
        units = Units(prepared.preprocessor.target.unit)
        networks = []
        for number in range(total):
            fold = number % folds
            seed = member_seed(data.options.seed, number)
            model = built(data, prepared, seed, rows[fold].chosen)
            state = known[number].state if known else None
            if state is not None:
                model = resumed(job, data, state, model)
            network = CrossNetwork(
                _label(number, folds, data.options.committee),
                fold,
                model,
                blocks.rows,
                rows[fold],
                blocks.fold(fold),
                self._recipe,
                units.of(model),
                ranges.without(fold),
                looks=job.looks if number == 0 else None,
            )
            if state is not None:
                network.take(state)
            networks.append(network)
        if known:
            behind = min(networks, key=lambda each: each.progress)
            say_resumed(job, f"{total} networks", behind.model)
        return networks

    def _honest_stop(self) -> HonestStop:
        blocks, options = self._blocks, self._data.options
        folds = range(len(blocks))
        scales = loss_scales(
            self._networks[0].model,
            self._data.task,
            str(options.loss),
            blocks.prepared.inputs["train"],
            [blocks.place(fold) for fold in folds],
        )
        weights = [blocks.weight(fold) for fold in folds]
        own = [each.fold for each in self._networks]
        return HonestStop(
            own,
            [scales[fold] for fold in own],
            [weights[fold] for fold in own],
            self._recipe.patience,
        )

    def _workers(self) -> int:
        """How many networks train at once; each gets its share of the threads."""
        threads = self._data.options.threads or config.get_threads()
        models = [each.model for each in self._networks]
        if models[0].training_engine().name != "native":
            return 1
        for model in models:
            model.pull()
            model.runner.limit_threads(1 if threads <= len(models) else threads)
        return threads

    # -- while they train -------------------------------------------------------------------------

    def _limit(self) -> int:
        """Epochs that count: up to the first one in which a network diverged."""
        bad = [each.diverged for each in self._networks if each.diverged is not None]
        return min([self._recipe.epochs, *(epoch - 1 for epoch in bad)])

    def _wanted(self, network: CrossNetwork) -> bool:
        return not self._stop.over and network.diverged is None and network.done < self._limit()

    def _look(self) -> bool:
        if self._stop.over or self._stop.seen >= self._limit():
            return True
        self._reason = self._limits.reason
        if self._reason is not None:
            return True
        self._progress.step(self._stop.seen)
        self._due = self._is_due()
        return self._due

    def _is_due(self) -> bool:
        """Whether to keep the state: every minute, inside long epochs too."""
        if self._keep is None:
            return False
        waited = time.monotonic() - self._kept_at
        new = self._stop.seen > self._kept_seen
        return waited >= (watch.STATE_PERIOD if new else max(watch.STATE_PERIOD, 10.0))

    def _ended(self, *, again: bool = False) -> None:
        """Epochs that all networks have done now."""
        stop = self._stop
        while not stop.over and stop.seen < min(
            self._limit(), *(each.done for each in self._networks)
        ):
            place = stop.seen
            stop.see([each.history.history["val_loss"][place] for each in self._networks])
            self._limits.epoch_over()
            self._progress.seen(stop.seen, again=again)
        for each in self._networks:
            each.forget(stop.seen, stop.stops[each.fold].best_epoch)

    def _look_back(self) -> None:
        """Epochs of an earlier process."""
        self._ended(again=True)
        self._kept_seen = self._stop.seen

    def _why_over(self) -> str:
        if self._stop.over:
            return "patience"
        return "epochs" if self._limit() == self._recipe.epochs else "diverged"

    # -- what came of it --------------------------------------------------------------------------

    def _over(self, reason: str) -> Trained:
        """The networks at the epochs that are kept."""
        fits = []
        for each in self._networks:
            best = self._stop.stops[each.fold].best_epoch
            late = each.diverged is None or reason != "diverged"
            each.finish(best, self._stop.seen if late else each.done, self._data.options.threads)
            bad = None if late else each.diverged
            fits.append(self._complete(each, best, Fit(
                CROSS, each.label, reason, best, None, each.history, each.model, diverged=bad,
            )))  # fmt: skip
        return Trained(tuple(fits), self._blocks.prepared)

    def _trained(self, reason: str) -> Trained:
        """The networks as they would be used if training ended now; it can go on."""
        fits = []
        for each in self._networks:
            best = self._stop.stops[each.fold].best_epoch
            state = each.state(best)
            model = state.best_model()
            model.runner.limit_threads(self._data.options.threads)
            assert isinstance(model.history, History)
            fits.append(self._complete(each, best, Fit(
                CROSS, each.label, reason, best, None, model.history, model, state,
            )))  # fmt: skip
        return Trained(tuple(fits), self._blocks.prepared)

    def _complete(self, network: CrossNetwork, best: int | None, fit: Fit) -> Fit:
        """The same with what it predicts for its fold."""
        assert fit.model is not None
        return replace(
            fit,
            best=None if best is None else network.history.history["val_loss"][best - 1],
            outputs=fit.model.predict(self._blocks.fold(network.fold).x, verbose=0),
            target=self._blocks.prepared.preprocessor.target,
            fold=network.fold,
        )


def _label(number: int, folds: int, committee: int) -> str:
    """``fold 2 of 5``; with a committee ``fold 2 of 5, network 1 of 3``."""
    label = f"fold {number % folds + 1} of {folds}"
    return label if committee == 1 else f"{label}, network {number // folds + 1} of {committee}"
