"""The third stage of ``train``: networks are trained, one after another.

These are one for each fold of a cross-validation, and the one, or those of a committee, that
predict. A run that is resumed takes over what is trained already.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument
from trimtab.model.sequential import Sequential
from trimtab.predictor import notation
from trimtab.predictor.network_size import moving_statistics
from trimtab.predictor.training import defaults, events
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.fits import FOLD, MEMBER, Fit
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.limits import Limits
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.preparing import Prepared, prepare, prepared_event
from trimtab.predictor.training.run import FitData, Recipe, fit_network
from trimtab.predictor.training.state import NetworkState
from trimtab.predictor.training.units import Units

__all__ = ["Trained", "cures", "fit_networks"]


def cures(options: TrainOptions) -> str:
    """What to do about a run that diverged: what is not done already.

    Args:
        options: decided.
    """
    ways = [f"lower the learning rate, such as lr={(options.lr or 1e-3) / 10:g} (--lr)"]
    if "bn" not in (options.layers or ""):
        ways.insert(0, "add batch normalization to the layers (bn)")
    if options.raw or options.scaling == "none":
        how = "raw" if options.raw else "scaling='none'"
        ways.insert(0, f"standardize the inputs (leave out {how})")
    text = listed(ways, last=" or " if len(ways) == 2 else ", or ")
    return text[0].upper() + text[1:]


#: Said where widths alone were given.
_RELU = (
    "layers names no activation, so relu follows each layer; write '64 linear, 64 linear' for none"
)


@dataclass(frozen=True, eq=False)
class Trained:
    """The networks of a run so far.

    Attributes:
        fits: in order: those of folds, then those that predict.
        prepared: what the last one was trained on.
    """

    fits: tuple[Fit, ...]
    prepared: Prepared

    @property
    def members(self) -> list[Fit]:
        """Those that predict."""
        return [each for each in self.fits if each.kind == MEMBER]


#: Receives the networks so far, the last one of them in training.
Keep = Callable[[Trained], None]


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
    for number in range(job.given.committee):
        fits.append(course.member(number, fits, prepared, epochs))
        if fits[-1].reason == "interrupted":
            break
    return Trained(tuple(fits), prepared)


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
            self.describe(prepared)
        return prepared

    def fold(self, number: int, fits: Sequence[Fit], prepared: Prepared) -> Fit:
        """The network of a fold, and what it predicts for its validation rows."""
        folds = len(self.data.folds)
        rows, label = prepared.inputs, f"fold {number + 1} of {folds}"
        share = 1 / (folds + self.job.given.committee - number)
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
        before, data = self.job.before, self.data
        known = before is not None and any(each.kind == MEMBER for each in before.run.fits)
        prepared = prepare(
            self.job,
            data,
            data.parts,
            before.predictor.preprocessor if before is not None and known else None,
            consume=data.owned,
        )
        if not data.folds:
            self.describe(prepared)
        return prepared

    def member(
        self, number: int, fits: Sequence[Fit], prepared: Prepared, epochs: int | None
    ) -> Fit:
        """A network that predicts: the only one, or one of a committee."""
        members = self.job.given.committee
        label = f"network {number + 1} of {members}" if members > 1 else ""
        if self.data.folds:
            label = f"final {label or 'network'}"
        data = FitData(label, prepared.inputs["train"], prepared.inputs.get("valid"))
        return self.network(data, prepared, fits, 1 / (members - number), number, epochs)

    # -- one network ------------------------------------------------------------------------------

    def describe(self, prepared: Prepared) -> None:
        """Reports what the networks are trained on, and what they are."""
        options, report = self.data.options, self.job.report
        report(prepared_event(self.data, prepared))
        model = self.built(prepared, options.seed)
        assert options.batch_size is not None and options.epochs is not None
        report(
            events.Network(
                layers=options.layers or "",
                parameters=sum(weight.size for weight in model.trainable_weights),
                statistics=moving_statistics(model),
                loss=str(options.loss),
                batch_size=options.batch_size,
                epochs=options.epochs,
                learning_rate=float(options.lr or 0.0),
                members=options.committee,
                note=_RELU if isinstance(self.job.given.layers, notation.Completed) else "",
            )
        )

    def built(self, prepared: Prepared, seed: int) -> Sequential:
        """A new network, compiled."""
        model = defaults.network(
            self.data.options,
            width=prepared.preprocessor.width,
            embeddings=prepared.preprocessor.embeddings,
            numbers=prepared.preprocessor.numbers,
            rows=prepared.inputs["train"].x,
            outputs=self.data.outputs,
            task=self.data.task,
            seed=seed,
        )
        rows = len(prepared.inputs["train"])
        defaults.compile_network(model, self.data.options, rows=rows)
        return model

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
        model = self.built(prepared, _member_seed(options.seed, member))
        state = None
        if earlier is not None and earlier.state is not None:
            state = earlier.state
            model = self.resumed(data.label, state, model)
        assert options.batch_size is not None and options.patience is not None
        recipe = Recipe(
            batch_size=options.batch_size,
            epochs=epochs or options.epochs or 1,
            patience=options.patience,
            last_batch=defaults.LAST_BATCH,
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
            )
        if not fit.usable:
            where = f" ({data.label})" if data.label else ""
            raise InvalidArgument(
                f"training diverged in epoch {fit.diverged}{where}: the loss became NaN "
                f"or infinite, and no earlier epoch is usable. {cures(options)}; received "
                f"lr={options.lr:g}, layers={brief(options.layers)}."
            )
        return fit

    def resumed(self, label: str, state: NetworkState, fresh: Sequential) -> Sequential:
        """The network that an earlier process left, with the schedule of a new one."""
        before = self.job.before
        assert before is not None
        model = state.model()
        model.runner.limit_threads(self.data.options.threads)
        if before.longer:  # the rate falls more slowly from here on
            model.optimizer.learning_rate = (
                fresh.optimizer.schedule or fresh.optimizer.learning_rate
            )
        position = model.position
        epochs = model.history.epoch if model.history is not None else []
        self.job.report(
            events.Resumed(
                path=str(before.path),
                part=label,
                epoch=(position.epoch if position else epochs[-1] + 1 if epochs else 0) + 1,
                batch=position.batches + 1 if position else 1,
            )
        )
        return model


def _member_seed(seed: int, number: int) -> int:
    """The first network of a committee is the one that would be trained alone."""
    if number == 0:
        return seed
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
