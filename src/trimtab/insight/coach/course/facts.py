"""What is known of a training that is over; the rules of the course use nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from trimtab.core.types import Doubles
from trimtab.engines.base import EngineState, Rows
from trimtab.insight.coach.course import thresholds
from trimtab.insight.coach.course.lab import Lab, Losses
from trimtab.insight.coach.course.reference import Reference, reference
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.reach import constant_loss
from trimtab.insight.probe.inspector import Inspector
from trimtab.insight.probe.table import LayerTable
from trimtab.insight.probe.tracking import spread_rows
from trimtab.training.callbacks import EarlyStopping
from trimtab.training.history import History

__all__ = ["Course", "Curves", "Jump", "Watched"]


@dataclass(frozen=True)
class Curves:
    """Losses by epoch.

    Attributes:
        epochs: their numbers, from 1.
        loss: of training, as ``fit`` reports it: with dropout, while the weights move.
        val_loss: of validation, nan where there was none.
        kept: the epoch whose weights the network has; None: the last one.
        planned: number of the last epoch that was asked for; None: unknown.
        rates: mean learning rate of each epoch; None: unknown.
    """

    epochs: Doubles
    loss: Doubles
    val_loss: Doubles
    kept: int | None = None
    planned: int | None = None
    rates: Doubles | None = None

    @classmethod
    def of(
        cls,
        loss: Sequence[float | None],
        val_loss: Sequence[float | None] = (),
        *,
        first: int = 1,
        **more: Any,
    ) -> Curves:
        """Curves of plain numbers; None and what is missing at the beginning is nan.

        Args:
            loss, val_loss: one number for each epoch, from the first one on.
            first: number of the first epoch.
            more: the other attributes.
        """
        own = np.array([math.nan if value is None else value for value in loss], np.float64)
        other = np.full(len(own), math.nan)
        given = [math.nan if value is None else value for value in val_loss][-len(own) :]
        if given:
            other[len(own) - len(given) :] = given
        return cls(first + np.arange(len(own), dtype=np.float64), own, other, **more)

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def validated(self) -> bool:
        """Whether every epoch has a finite validation loss."""
        return len(self) > 0 and bool(np.isfinite(self.val_loss).all())

    @property
    def finite(self) -> bool:
        """Whether all losses are finite, but for epochs that were not validated."""
        return bool(np.isfinite(self.loss).all()) and not np.isinf(self.val_loss).any()

    @property
    def decayed(self) -> bool:
        """Whether the learning rate of the last epoch is far below the highest."""
        rates = self.rates
        return rates is not None and bool(rates[-1] < thresholds.DECAYED * rates.max())

    @property
    def judged(self) -> Doubles:
        """The validation loss; the training loss where there is none."""
        return self.val_loss if self.validated else self.loss


def end_of(values: Doubles) -> float:
    """The level at the end of a curve."""
    number = max(1, min(thresholds.END_MOST, round(thresholds.END * len(values))))
    return float(np.median(values[-number:]))


def smoothed(values: Doubles) -> Doubles:
    """The medians of each epoch and its neighbours; shorter windows at both ends."""
    half = max(1, round(thresholds.WINDOW * len(values) / 2))
    number = range(len(values))
    return np.array([np.median(values[max(0, i - half) : i + half + 1]) for i in number])


def jitter_of(values: Doubles) -> float:
    """How far a curve jumps about its own course in its second half: a standard deviation."""
    half = values[len(values) // 2 :]
    if len(half) < 4:
        return 0.0
    away = half[1:-1] - (half[:-2] + half[2:]) / 2  # variance 1.5 times that of a value
    return float(1.4826 * np.median(np.abs(away)) / math.sqrt(1.5))


@dataclass(frozen=True)
class Jump:
    """An epoch after which the validation loss was far above the best so far.

    Attributes:
        epoch: its number, from 1.
        loss: the validation loss, with the statistics that the layers held.
        best: the lowest one before.
        population: that of this epoch with population statistics.
    """

    epoch: int
    loss: float
    best: float
    population: float


@dataclass
class Watched:
    """What was seen while a network trained.

    Attributes:
        rates: the learning rate of each epoch.
        first: the table of the layers before training; None: not looked at.
        first_loss: the loss before the first step, in training mode, without penalties; None: not
            looked at.
        looks: epoch, from 1 -> the table of the layers after it.
        inference: epoch, from 1 -> the training loss with dropout off, on some rows.
        jumps: of the validation loss that were looked into.
        snapshot: the last finite state at the end of an epoch, or before the first.
        snapshot_epoch: that epoch; 0: before the first.
        seconds: that watching took.
    """

    rates: list[float] = field(default_factory=list)
    first: LayerTable | None = None
    first_loss: float | None = None
    looks: dict[int, LayerTable] = field(default_factory=dict)
    inference: dict[int, float] = field(default_factory=dict)
    jumps: list[Jump] = field(default_factory=list)
    snapshot: EngineState | None = None
    snapshot_epoch: int = 0
    seconds: float = 0.0


class Course:
    """A training that is over.

    Args:
        curves: the losses by epoch.
        facts: the network, and the fit that trained it; None: only the curves are known.
        rows: that were trained on, with their weights.
        valid: validation rows.
        watched: what a callback saw.

    Attributes:
        curves, facts, watched: as given.
        replayed: what came of running the batches again, once that is done.
    """

    def __init__(
        self,
        curves: Curves,
        facts: Facts | None = None,
        rows: Rows | None = None,
        valid: Rows | None = None,
        watched: Watched | None = None,
    ) -> None:
        self.curves, self.facts = curves, facts
        self.rows, self._valid = rows, valid
        self.watched = watched or Watched()
        self.replayed: list[Any] = []

    @classmethod
    def of_history(
        cls,
        history: History,
        facts: Facts,
        rows: Rows | None,
        valid: Rows | None,
        watched: Watched | None = None,
    ) -> Course:
        """What a history and the arguments of its fit tell.

        Args:
            history: of the fit.
            facts: the network as it is now, and the arguments of the fit.
            rows, valid: converted as ``fit`` does.
            watched: what a callback saw.
        """
        logs, number = history.history, len(history.epoch)
        curves = Curves.of(
            logs.get("loss", [])[-number:] if number else [],
            logs.get("val_loss", [])[-number:] if number else [],
            first=history.epoch[0] + 1 if number else 1,
            kept=_kept(facts),
            planned=_planned(history, facts),
            rates=_rates(history, facts, watched),
        )
        return cls(curves, facts, rows, valid, watched)

    # -- the network ----------------------------------------------------------------------------

    @property
    def diverged(self) -> bool:
        """Whether the loss or a weight is not finite."""
        return not self.curves.finite or not self.weights_finite

    @cached_property
    def weights_finite(self) -> bool:
        """Whether all weights and statistics are."""
        if self.facts is None or not self.facts.model.built:
            return True
        return all(bool(np.isfinite(value).all()) for value in self.facts.model.get_weights())

    @cached_property
    def lab(self) -> Lab | None:
        """Measures the network as it is; None if that cannot be done quickly, or it diverged."""
        bench = self.bench
        return None if bench is None or self.diverged else bench

    @cached_property
    def bench(self) -> Lab | None:
        """The same for a network that may have diverged."""
        facts, rows = self.facts, self.rows
        if facts is None or rows is None or rows.y is None or not Lab.can(facts.model):
            return None
        return Lab(facts.model, facts.settings, rows, self._valid)

    @cached_property
    def trained_loss(self) -> Losses | None:
        """The loss on rows trained on, in inference mode, without penalties."""
        return None if self.lab is None else self.lab.losses(self.lab.rows)

    @cached_property
    def judged_loss(self) -> Losses | None:
        """The same on validation rows; on those trained on, where there are none."""
        if self.lab is None or self._valid is None:
            return self.trained_loss
        return self.lab.losses(self._valid)

    @cached_property
    def noise(self) -> float | None:
        """Standard error of the validation loss over its rows; None if there are none."""
        if self._valid is None or self.judged_loss is None:
            return None
        return self.judged_loss.error

    @cached_property
    def constant(self) -> float | None:
        """The loss of the best constant prediction on rows trained on; None for other losses."""
        facts, rows = self.facts, self.rows
        if facts is None or facts.loss is None or rows is None or rows.y is None:
            return None
        if {"class_weight", "sample_weight"} & set(facts.given):
            return None  # the losses by epoch are weighted
        if rows.weight is not None or not facts.loss.native or not np.isfinite(rows.y).all():
            return None
        found = constant_loss(facts.loss, rows.y.astype(np.float64))
        return found if math.isfinite(found) and found > 0 else None

    @cached_property
    def first_loss(self) -> float | None:
        """The loss before the first step as training sees it; None if it is unknown.

        A callback has seen it. Otherwise the first weights are drawn again.
        """
        found = self.watched.first_loss
        if found is None and self.lab is not None:
            state = self.lab.first
            found = None if state is None else self.lab.loss_in_training(state)
        return found if found is not None and math.isfinite(found) else None

    @cached_property
    def zero_loss(self) -> float | None:
        """The loss of predicting 0; of classes that of giving all of them the same probability."""
        facts, rows = self.facts, self.rows
        if self.constant is None or facts is None or rows is None or rows.y is None:
            return None
        if not facts.regresses:
            outputs = (facts.outputs or 1) if facts.loss is not None and facts.loss.sparse else 2
            return math.log(max(outputs, 2))
        size = np.abs(rows.y.astype(np.float64))
        squares = facts.loss is not None and facts.loss.loss == "mean_squared_error"
        return float((np.square(size) if squares else size).mean())

    @cached_property
    def reference(self) -> Reference | None:
        """The network beside a quick model of another kind; None if that cannot be measured."""
        if self.lab is None or self.facts is None or self.facts.loss is None:
            return None
        return reference(self.lab, self.facts.loss)

    @property
    def underfits(self) -> bool:
        """Whether the network is worse on its own rows than the reference is on other rows.

        Losses that differ by next to nothing of that of a constant do not count.
        """
        found = self.reference
        if found is None or not found.better:
            return False
        scale = self.constant if found.measure == "loss" else None
        return scale is None or found.network - found.reference >= thresholds.NOTICEABLE * scale

    @cached_property
    def layers(self) -> LayerTable | None:
        """What the layers do now, with some of the rows trained on."""
        lab = self.lab
        if lab is None or self.facts is None or not Inspector.quick(self.facts.model):
            return None
        rows = spread_rows(lab.rows, thresholds.LAYER_ROWS)
        return Inspector(self.facts.model).look(rows, self.facts.model.known_run_seed() or 0)

    @cached_property
    def population(self) -> Losses | None:
        """:attr:`judged_loss` with population statistics; None without moving averages."""
        lab = self.lab
        if lab is None or not lab.normalizes or self.facts is None:
            return None
        if self.facts.settings.statistics == "population":
            return None
        return lab.losses(lab.judged_on, lab.with_population(lab.state))

    @cached_property
    def lags(self) -> Mapping[str, float]:
        """Path of each batch normalization -> distance of what it holds from population statistics.

        Of the means in standard deviations or of the variances as a logarithm, whichever is larger.
        """
        return {} if self.facts is None or self.lab is None else self.facts.measured.stale

    @cached_property
    def more_steps(self) -> int:
        """How many steps more may be tried."""
        assert self.lab is not None and self.facts is not None
        done = len(self.curves) * self.lab.settings.cut(len(self.lab.rows)).steps
        most = max(thresholds.LEAST_STEPS, round(thresholds.MORE_STEPS * done))
        return min(most, thresholds.MOST_STEPS, max(1, done))

    def tried(self, rate: float, steps: int | None = None) -> tuple[Losses, Losses] | None:
        """The losses on training rows, and on those judged on, a few steps at this rate later.

        Args:
            rate: of all these steps; 0: the losses now, with the statistics that the others have.
            steps: how many; by default :attr:`more_steps`.
        """
        lab = self.lab
        if lab is None or not rate >= 0:
            return None
        steps = 0 if rate == 0 else steps or self.more_steps
        if (rate, steps) not in self._tried:
            state = lab.continued(steps, rate) if steps else lab.state
            if lab.normalizes:
                state = lab.with_population(state)
            own = lab.losses(lab.rows, state)
            other = own if self._valid is None else lab.losses(self._valid, state)
            self._tried[rate, steps] = own, other
        return self._tried[rate, steps]

    @cached_property
    def _tried(self) -> dict[tuple[float, int], tuple[Losses, Losses]]:
        return {}

    @property
    def dropout(self) -> float:
        """The highest dropout rate; 0 without dropout."""
        facts = self.facts
        if facts is None:
            return 0.0
        return max((facts.rate(node) for node in facts.chain.nodes), default=0.0)

    @property
    def penalized(self) -> bool:
        """Whether the losses by epoch hold penalties of weights."""
        return self.bench is not None and any(
            slot.l1 or slot.l2 for slot in self.bench.program.parameters
        )

    @property
    def steps(self) -> int | None:
        """Number of steps that were made."""
        each = None if self.facts is None else self.facts.epoch_steps
        return None if each is None else each * len(self.curves)

    @property
    def stopped(self) -> EarlyStopping | None:
        """The callback that ended training before its last epoch."""
        callbacks = [] if self.facts is None else self.facts.callbacks
        found = (each for each in callbacks if isinstance(each, EarlyStopping))
        return next((each for each in found if each.stopped_epoch > 0), None)

    @property
    def evidence(self) -> Mapping[str, Any]:
        """What most findings tell of the training."""
        return {"epochs": len(self.curves)}


def _kept(facts: Facts) -> int | None:
    """The epoch whose weights an early stopping has given back, from 1."""
    for each in facts.callbacks:
        if isinstance(each, EarlyStopping) and each.restore_best_weights and each.best is not None:
            return int(each.best_epoch) + 1
    return None


def _planned(history: History, facts: Facts) -> int | None:
    planned = history.params.get("epochs")
    if isinstance(planned, int):
        return planned
    return facts.settings.epochs if facts.knows_epochs else None


def _rates(history: History, facts: Facts, watched: Watched | None) -> Doubles | None:
    """The learning rate of each epoch, as far as it is known."""
    number = len(history.epoch)
    if watched is not None and len(watched.rates) == number:
        return np.array(watched.rates)
    logged = history.history.get("learning_rate", [])
    if number and len(logged) == number:
        return np.array(logged, np.float64)
    optimizer, each = facts.optimizer, facts.epoch_steps
    if optimizer is None or not number:
        return None
    if optimizer.schedule is None:
        return np.full(number, float(optimizer.learning_rate))
    if each is None:
        return None
    first = max(0, facts.model.runner.step - number * each)
    return np.array([optimizer.learning_rates(first + each * i, 1)[0] for i in range(number)])
