"""The third stage of ``train``: networks are trained, one after another.

These are one for each fold of a cross-validation, and the one, or those of a committee, that
predict. A run that is resumed takes over what is trained already.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trimtab.predictor.training import defaults
from trimtab.predictor.training.building import (
    built,
    describe,
    diverged,
    member_seed,
    resumed,
    say_resumed,
)
from trimtab.predictor.training.crossfit.course import cross_fit
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.fits import CROSS, FOLD, MEMBER, Fit
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.limits import Limits
from trimtab.predictor.training.preparing import Prepared, prepare
from trimtab.predictor.training.run import FitData, Recipe, fit_network
from trimtab.predictor.training.state import NetworkState
from trimtab.predictor.training.trained import Keep, Trained
from trimtab.predictor.training.units import Units

__all__ = ["fit_networks"]


def fit_networks(job: Job, data: Data, limits: Limits, keep: Keep | None = None) -> Trained:
    """Trains all networks, or those before Ctrl-C.

    Args:
        job: what was asked for.
        data: the table.
        limits: entered already.
        keep: receives the networks so far every minute or so.

    Raises:
        InvalidArgument: training diverged before anything was learned.
    """
    if crosses(job, data):
        return cross_fit(job, data, limits, keep)
    course = _Course(job, data, limits, keep)
    fits: list[Fit] = []
    for number in range(len(data.folds)):
        known = course.earlier(fits)
        if known is not None and known.kind == FOLD and known.over:
            fits.append(known)
            continue
        prepared = course.prepare_fold(number)
        fits.append(course.fold(number, fits, prepared))
        if fits[-1].reason == "interrupted":
            return Trained(tuple(fits), prepared)
    epochs = _best_epochs(fits)
    prepared = course.prepare_members()
    for number in range(data.options.committee):
        fits.append(course.member(number, fits, prepared, epochs))
        if fits[-1].reason == "interrupted":
            break
    return Trained(tuple(fits), prepared)


def crosses(job: Job, data: Data) -> bool:
    """Whether the networks of the folds predict.

    By time they do not: the latest rows, which are most like those to come, would train none of
    them. Neither do they in a run of an earlier version, which goes on as it began.
    """
    before = job.before
    as_before = before is None or all(each.kind == CROSS for each in before.run.fits)
    return bool(data.folds) and not data.schema.role("time") and as_before


def _best_epochs(folds: Sequence[Fit]) -> int | None:
    """Epochs for the networks that predict: as many as were best in the median of the folds."""
    best = [each.best_epoch or max(each.epochs, 1) for each in folds]
    return round(statistics.median(best)) if best else None


@dataclass(frozen=True)
class _Course:
    """What all networks of a run share."""

    job: Job
    data: Data
    limits: Limits
    keep: Keep | None

    def earlier(self, fits: Sequence[Fit]) -> Fit | None:
        """What an earlier process left of the network after these."""
        before = self.job.before
        known: Sequence[Fit] = before.run.fits if before is not None else ()
        return known[len(fits)] if len(known) > len(fits) else None

    # -- folds ------------------------------------------------------------------------------------

    def prepare_fold(self, number: int) -> Prepared:
        """The rows of a fold of the cross-validation, prepared by themselves."""
        whole = self.data.parts["train"]
        train, valid = (whole.taken(rows) for rows in self.data.folds[number])
        prepared = prepare(self.job, self.data, {"train": train, "valid": valid}, consume=False)
        if number == 0:
            describe(self.job, self.data, prepared, self.data.options.committee)
        return prepared

    def fold(self, number: int, fits: Sequence[Fit], prepared: Prepared) -> Fit:
        """The network of a fold, and what it predicts for its validation rows."""
        folds = len(self.data.folds)
        rows, label = prepared.inputs, f"fold {number + 1} of {folds}"
        share = 1 / (folds + self.data.options.committee - number)
        fit = self.network(
            FitData(label, rows["train"], rows["valid"], FOLD), prepared, fits, share
        )
        assert fit.model is not None
        outputs = fit.model.predict(rows["valid"].x, verbose=0)
        # A fold whose time is up has had its share: the next one begins.
        state = None if fit.reason == "time" else fit.state
        return replace(fit, outputs=outputs, target=prepared.preprocessor.target, state=state)

    # -- networks that predict --------------------------------------------------------------------

    def prepare_members(self) -> Prepared:
        """All parts as the networks that predict see them."""
        before, data, known = self.job.before, self.data, self.job.known
        if before is not None and not any(each.kind == MEMBER for each in before.run.fits):
            known = None
        prepared = prepare(
            self.job,
            data,
            data.parts,
            None if known is None else known.preprocessor,
            consume=data.owned,
        )
        if not data.folds:
            describe(self.job, self.data, prepared, self.data.options.committee)
        return prepared

    def member(
        self, number: int, fits: Sequence[Fit], prepared: Prepared, epochs: int | None
    ) -> Fit:
        """A network that predicts: the only one, or one of a committee."""
        members = self.data.options.committee
        label = f"network {number + 1} of {members}" if members > 1 else ""
        if self.data.folds:
            label = f"final {label or 'network'}"
        data = FitData(label, prepared.inputs["train"], prepared.inputs.get("valid"))
        return self.network(data, prepared, fits, 1 / (members - number), number, epochs)

    # -- one network ------------------------------------------------------------------------------

    def network(
        self,
        data: FitData,
        prepared: Prepared,
        fits: Sequence[Fit],
        share: float,
        member: int = 0,
        epochs: int | None = None,
    ) -> Fit:
        """Trains a network, or resumes its training.

        Args:
            data: its rows.
            prepared: where they come from.
            fits: the networks before it.
            share: of the time that is left.
            member: its number in a committee, from 0.
            epochs: at most, where folds have found out how many.
        """
        job, options = self.job, self.data.options
        earlier = self.earlier(fits)
        if earlier is not None and earlier.over:
            return earlier
        model = built(self.data, prepared, member_seed(options.seed, member))
        if job.start is not None:
            model = job.start.network(model)
        state = None
        if earlier is not None and earlier.state is not None:
            state = earlier.state
            model = resumed(job, self.data, state, model)
            say_resumed(job, data.label, model)
        assert options.batch_size is not None and options.patience is not None
        recipe = Recipe(
            batch_size=options.batch_size,
            epochs=epochs or options.epochs or 1,
            patience=options.patience,
            last_batch=defaults.LAST_BATCH,
            memory=options.average_weights or 0.0,
        )
        keep = self.keep

        def keep_state(state: NetworkState, best: float | None) -> None:
            if keep is not None:
                running = Fit.running(data.kind, data.label, state, best)
                keep(Trained((*fits, running), prepared))

        with job.stage("fit"):
            self.limits.start(share)
            fit = fit_network(
                model,
                data,
                recipe,
                limits=self.limits,
                units=Units(prepared.preprocessor.target.unit),
                report=job.report,
                state=state,
                keep=None if keep is None else keep_state,
                looks=job.looks if data.kind == MEMBER and member == 0 else None,
            )
        if not fit.usable:
            raise diverged(options, data.label, fit.diverged)
        return fit
