"""A callback that watches a training and says at its end what it found."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from trimtab import distributed
from trimtab.core.one_thread import one_blas_thread
from trimtab.core.words import brief
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument
from trimtab.insight.coach.chain import Chain
from trimtab.insight.coach.columns import GivenTable
from trimtab.insight.coach.course import Course, Watched, findings_of, thresholds
from trimtab.insight.coach.course.advice import renewed
from trimtab.insight.coach.course.facts import Jump
from trimtab.insight.coach.course.lab import Lab
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding, Findings
from trimtab.insight.coach.running import before_training
from trimtab.insight.probe.inspector import Inspector
from trimtab.insight.probe.table import LayerTable
from trimtab.insight.probe.tracking import spread_rows
from trimtab.training.callback import Callback, Logs
from trimtab.training.history import History
from trimtab.training.progress import Progress
from trimtab.training.settings import FitSettings

__all__ = ["Coach"]

#: Epochs of the fit after which the weights are kept: from the last ones that are finite at most
#: three quarters of the batches are run again.
_SNAPSHOTS = frozenset(4**power for power in range(12))


class Coach(Callback):
    """Watches a training and prints at its end what went wrong, and why.

    It knows what :meth:`Sequential.check <trimtab.Sequential.check>` finds before training, and
    after it with the history. Besides it has seen the training: the learning rates; at some epochs
    the layers, and the training loss with dropout off; what became of the validation loss with
    population statistics where it jumped; and the last finite weights, from which the batches are
    run again to find the one that diverged. Training does not change. Looks are rationed by the
    number of rows they take, at most 3 % of those trained on.

    Put it last in the list of callbacks, so that it sees the weights that early stopping gives
    back. Layers and losses are measured on the native engine; a network that only JAX runs is
    judged by its curves.

    Args:
        verbose: 1 prints the findings at the end of the fit, 0 does not.

    Attributes:
        findings: a list of :class:`~trimtab.findings.Finding` after the fit; ``print`` shows it.
        watched: what was seen: the learning rate of each epoch, layers at some, jumps.

    Raises:
        InvalidArgument: ``verbose`` is neither 0 nor 1.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> x = np.random.default_rng(0).normal(size=(400, 3)) * 300
        >>> stack = [layers.Dense(64, activation="relu", name="first"), layers.Dense(1)]
        >>> model = trimtab.Sequential(stack, seed=1)
        >>> model.compile(optimizer="sgd", loss="mse")
        >>> coach = trimtab.callbacks.Coach(verbose=0)
        >>> history = model.fit(x, x[:, 0] - x[:, 1], epochs=3, callbacks=[coach], verbose=0)
        >>> coach.findings.codes
        ['input-scales', 'diverged', 'target-scale']
    """

    def __init__(self, verbose: int = 1) -> None:
        super().__init__()
        if verbose not in (0, 1):
            raise InvalidArgument(
                f"Coach: verbose must be 0 or 1, received {brief(verbose)}. Use verbose=0 to print "
                "nothing; coach.findings has it all."
            )
        self.verbose = int(verbose)
        self.findings = Findings()
        self._reset()

    def _reset(self) -> None:
        self.watched = Watched()
        self._before: list[Finding] = []
        self._epochs_seen = 0
        self._lowest: tuple[int, float] | None = None  # epoch, from 0, and validation loss
        self._spent = self._trained = 0.0
        self._lab: Lab | None = None
        self._inspector: Inspector | None = None
        self._settings: FitSettings | None = None
        self._rows: Rows | None = None
        self._valid: Rows | None = None
        self._listed: list[Callback] = []

    # -- what fit hands over --------------------------------------------------------------------

    def set_rows(self, rows: Rows) -> None:
        self._reset()
        self._rows = rows

    def set_fit(
        self, settings: FitSettings, validation: Rows | None, callbacks: Sequence[Callback]
    ) -> None:
        self._settings, self._valid = settings, validation
        # What the fit adds by itself is none of the user's.
        self._listed = [each for each in callbacks if not isinstance(each, History | Progress)]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self._settings is None or self._rows is None:
            return
        started = time.perf_counter()
        self._check()
        self._begin_looking()
        self.watched.seconds += time.perf_counter() - started

    def _check(self) -> None:
        """What is wrong before the first step."""
        with one_blas_thread():
            self._before = before_training(self._facts())

    def _begin_looking(self) -> None:
        """Looks at the network before its first step, if it can be looked into."""
        if self._make_ready(self._first_epoch):
            assert self._lab is not None and self.watched.snapshot is not None
            self.watched.first = self._layers()
            self.watched.first_loss = self._lab.loss_in_training(self.watched.snapshot)

    def _make_ready(self, epoch: int) -> bool:
        """Makes ready for looks after so many epochs; whether there can be any."""
        assert self._settings is not None and self._rows is not None
        if not (Lab.can(self.model) and Inspector.quick(self.model)):
            return False
        self._lab = Lab(self.model, self._settings, self._rows, self._valid)
        self._inspector = Inspector(self.model)
        self.watched.snapshot, self.watched.snapshot_epoch = self._lab.state, epoch
        return True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        if optimizer.schedule is None:
            rate = optimizer.learning_rate
        else:
            rate = optimizer.learning_rates(self.model.runner.step, 1)[0]
        self.watched.rates.append(float(rate))

    # -- while it trains ------------------------------------------------------------------------

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        started = time.perf_counter()
        logs = logs or {}
        self._epochs_seen += 1
        if self._lab is not None and self._rows is not None:
            self._trained += len(self._rows)
            self._look(epoch + 1, logs)
        value = logs.get("val_loss", math.nan)
        if math.isfinite(value) and (self._lowest is None or value < self._lowest[1]):
            self._lowest = epoch, value
        self.watched.seconds += time.perf_counter() - started

    def _look(self, epoch: int, logs: Logs) -> None:
        lab, watched = self._lab, self.watched
        assert lab is not None
        if self.model.program() is not lab.program:
            # A layer was frozen or set: what was made for the program before is of no use.
            self._lab = None
            return
        finite = all(math.isfinite(value) for name, value in logs.items() if "loss" in name)
        if not finite:
            return
        number = epoch - self._first_epoch
        if number in _SNAPSHOTS:
            watched.snapshot, watched.snapshot_epoch = lab.state, epoch
        self._look_into_jump(epoch, logs)
        cost = min(thresholds.WATCHED_ROWS, len(lab.rows)) * thresholds.LOOK_COST
        if self._is_due(number) and self._may_spend(cost):
            watched.looks[epoch] = self._layers()
            some = spread_rows(lab.rows, thresholds.WATCHED_ROWS)
            watched.inference[epoch] = lab.losses(some).mean

    def _layers(self) -> LayerTable:
        """What the layers do with a few rows."""
        assert self._lab is not None and self._inspector is not None
        some = spread_rows(self._lab.rows, thresholds.WATCHED_ROWS)
        return self._inspector.look(some, self.model.run_seed())

    def _is_due(self, number: int) -> bool:
        """Whether an epoch of this number, from 1, is looked at."""
        if number <= thresholds.EACH:
            return True
        before, now = (
            round(thresholds.A_DOUBLING * math.log2(each)) for each in (number - 1, number)
        )
        return now > before

    def _may_spend(self, cost: float) -> bool:
        """Whether so many rows more are within the budget; counts them if they are."""
        if self._spent + cost > thresholds.BUDGET * self._trained:
            return False
        self._spent += cost
        return True

    def _look_into_jump(self, epoch: int, logs: Logs) -> None:
        """Measures a validation loss that is far above the best so far with other statistics."""
        lab, watched = self._lab, self.watched
        assert lab is not None
        if lab.valid is None or not lab.normalizes or self._epochs_seen < 2:
            return
        if lab.settings.statistics == "population":
            return
        best = math.inf if self._lowest is None else self._lowest[1]
        now = logs.get("val_loss", math.nan)
        if not now > thresholds.JUMPED * best or len(watched.jumps) >= thresholds.MOST_JUMPS:
            return
        cost = min(len(lab.valid), thresholds.JUDGED_ROWS)
        cost += 2 * min(len(lab.rows), thresholds.STATISTICS_ROWS // 2)
        if not self._may_spend(cost * thresholds.PASS_COST) and watched.jumps:
            return  # the first one is looked into whatever it costs
        state = lab.state
        other = lab.with_population(state, thresholds.STATISTICS_ROWS // 2)
        penalties = lab.penalties(state)
        population = lab.losses(lab.valid, other).mean + penalties
        watched.jumps.append(Jump(epoch, now, best, population))

    @property
    def _first_epoch(self) -> int:
        return 0 if self._settings is None else self._settings.initial_epoch

    # -- at the end -----------------------------------------------------------------------------

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._settings is None or self._rows is None or self.model.history is None:
            return
        started = time.perf_counter()
        facts = self._facts()
        course = Course.of_history(self.model.history, facts, self._rows, self._valid, self.watched)
        with one_blas_thread():
            found = [*renewed(facts, self._before), *findings_of(course)]
        self.findings = Findings(found, facts.unchecked)
        self.watched.seconds += time.perf_counter() - started
        if self.verbose:
            distributed.say(str(self.findings))

    def release(self) -> None:
        self._rows = self._valid = self._lab = self._inspector = None
        self._listed = []
        self.watched.snapshot = None

    def _facts(self) -> Facts:
        """The network as it is now, and its fit."""
        assert self._settings is not None and self._rows is not None
        rows, valid = self._rows, self._valid
        facts = Facts(self.model, Chain(self.model), self._settings, callbacks=self._listed)
        facts.x = GivenTable(rows.x, "x")
        facts.y = None if rows.y is None else GivenTable(rows.y, "y")
        if rows.weight is not None:
            facts.given["sample_weight"] = "sample_weight"
        if valid is not None:
            facts.split = "data"
            facts.x_valid = GivenTable(valid.x, "validation x")
            facts.y_valid = None if valid.y is None else GivenTable(valid.y, "validation y")
        return facts

    def __getstate__(self) -> dict[str, Any]:
        # Findings outlive the model and its rows.
        kept = {**self.__dict__, "model": None}
        return kept | {
            "_rows": None,
            "_valid": None,
            "_lab": None,
            "_inspector": None,
            "_listed": [],
        }
