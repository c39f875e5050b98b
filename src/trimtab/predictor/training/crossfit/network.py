"""One network of a cross-fit: it trains on the rows outside its fold, a piece at a time."""

from __future__ import annotations

import copy
import math
from typing import cast

import numpy as np

from trimtab.core.types import Floats
from trimtab.engines.base import Rows, TrainCall, Watch
from trimtab.insight.probe.tracking import PROBE_ROWS, spread
from trimtab.model.chosen_rows import ChosenRows
from trimtab.model.sequential import Sequential
from trimtab.predictor.training.crossfit.neutral import Neutral
from trimtab.predictor.training.layer_looks import LayerLooks
from trimtab.predictor.training.run import Recipe
from trimtab.predictor.training.state import NetworkState
from trimtab.training import passes
from trimtab.training.callback import Logs
from trimtab.training.epoch import Epoch
from trimtab.training.history import History
from trimtab.training.settings import FitSettings
from trimtab.training.weight_average import WeightAverage

__all__ = ["CrossNetwork"]


class CrossNetwork:
    """A network, its rows, and the weights of the epochs that it may be kept at.

    Any thread may call :meth:`go_on`, one at a time.

    Args:
        label: for people: ``fold 2 of 5``.
        fold: the one it does not see.
        model: compiled.
        table: all rows, with the weights of training.
        rows: those it trains on.
        valid: its fold.
        recipe: how it is trained.
        factors: of losses and metrics to the target's own units.
        neutral: keeps values that its rows lack from having an effect.
        looks: takes down what its layers do; None: nobody looks.

    Attributes:
        history: in the target's own units.
        kept: weights after an epoch, from 1, as long as it may be the best one.
        diverged: the first epoch whose loss is not finite, from 1, or None.
        loss: of the epoch under way so far, in the target's own units.
        done: whole epochs.
        steps: batches of an epoch.
        under_way: batches done of the epoch under way.
    """

    def __init__(
        self,
        label: str,
        fold: int,
        model: Sequential,
        table: Rows,
        rows: ChosenRows,
        valid: Rows,
        recipe: Recipe,
        factors: dict[str, float],
        neutral: Neutral,
        looks: LayerLooks | None = None,
    ) -> None:
        self.label, self.fold, self.model = label, fold, model
        self._table, self._rows, self._valid = table, rows, valid
        self._recipe, self._factors, self._neutral = recipe, factors, neutral
        self._looks = looks if looks is not None and looks.sees(model) else None
        self._current: Epoch | None = None
        self._average = WeightAverage(recipe.memory) if recipe.memory else None
        self._averaged: Sequential | None = None
        self.kept: dict[int, list[Floats]] = {}
        self.diverged: int | None = None
        self.loss = math.nan
        before = model.history
        self.history = History()
        if before is not None:
            self.history.history = {key: list(values) for key, values in before.history.items()}
            self.history.epoch = list(before.epoch)
        else:
            neutral.start(model)
        self.history.set_model(model)
        self.steps = self._settings(0).cut(len(rows)).steps
        self.history.set_params({"verbose": 0, "epochs": recipe.epochs, "steps": self.steps})
        self.done = len(self.history.epoch)
        self.under_way = 0 if model.position is None else model.position.batches

    @property
    def progress(self) -> float:
        """Epochs, the share of the one under way included."""
        return self.done + self.under_way / self.steps

    def go_on(self, watch: Watch) -> None:
        """Trains to the end of the epoch, or until ``watch`` says so."""
        if self._current is None:
            self._current = Epoch(
                self.model, cast(Rows, self._rows), self.done, self._settings(self.done)
            )
        epoch = self._current

        def look(steps: int, loss: float) -> bool:
            self.under_way, self.loss = before + steps, self._factors["loss"] * loss
            if not math.isfinite(loss):
                self.diverged = self.done + 1
                return True
            return watch(steps, loss)

        before = epoch.done
        engine = self.model.training_engine()
        self.model.runner.moving()
        epoch.take(engine.train(self._call(epoch, look)))
        self.under_way = epoch.done
        if epoch.done < epoch.batches.steps or self.diverged is not None:
            return
        self._current = None
        logs = epoch.logs()
        self._neutral.settle(self.model)
        weights = self.model.get_weights()
        if self._average is not None:
            weights = self._average.add(weights, self.done)
            self._validated().set_weights(weights)
        measured = passes.evaluate(self._validated(), self._valid, self._recipe.batch_size)
        logs |= {f"val_{name}": value for name, value in measured.items()}
        self._end(logs, weights)

    def _validated(self) -> Sequential:
        """The network that is validated and kept: with averaged weights, where there are such."""
        if self._average is None:
            return self.model
        if self._averaged is None:  # late: how many threads it may use is decided by now
            self._averaged = copy.deepcopy(self.model)
        return self._averaged

    def _end(self, logs: Logs, weights: list[Floats]) -> None:
        """Takes down an epoch, and the weights that it may be kept at."""
        if not all(math.isfinite(logs[key]) for key in ("loss", "val_loss")):
            self.diverged = self.done + 1
        else:
            self.kept[self.done + 1] = weights
            if self._looks is not None:
                assert self._rows.chosen is not None
                some = spread(self._rows.chosen, PROBE_ROWS)
                self._looks.look(self.model, self._table.x[some], self.done + 1)
        self.history.on_epoch_end(
            self.done,
            {
                key: self._factors.get(key.removeprefix("val_"), 1.0) * float(value)
                for key, value in logs.items()
            },
        )
        # Last: whoever looks on from another thread finds all of the epoch.
        self.done, self.under_way = self.done + 1, 0

    def _call(self, epoch: Epoch, watch: Watch) -> TrainCall:
        chosen = self._rows.chosen
        assert chosen is not None
        order = epoch.order
        order = np.arange(len(chosen), dtype=np.int64) if order is None else order
        left = self.model.runner.step, epoch.batches.steps - epoch.done
        sizes = epoch.batches.sizes
        return TrainCall(
            self._table,
            chosen[order[epoch.batches.edges[epoch.done] :]],
            batch_size=epoch.batches.size,
            seed=epoch.seed,
            learning_rates=self.model.optimizer.learning_rates(*left),
            sizes=None if sizes is None else sizes[epoch.done :],
            dropout_rates=epoch.dropout_rates(*left),
            predictions=epoch.measured,
            watch=watch,
        )

    def _settings(self, epoch: int) -> FitSettings:
        size = self._recipe.batch_size
        return FitSettings(
            batch_size=size,
            epochs=self._recipe.epochs,
            verbose=0,
            initial_epoch=epoch,
            validation_batch_size=size,
            last_batch=self._recipe.last_batch,
        )

    # -- what is kept -----------------------------------------------------------------------------

    def forget(self, seen: int, best: int | None) -> None:
        """Lets go of weights that it will not be kept at.

        Args:
            seen: epochs that all networks have done.
            best: the best of these.
        """
        for epoch in [epoch for epoch in self.kept if epoch <= seen and epoch != best]:
            del self.kept[epoch]

    def state(self, best: int | None) -> NetworkState:
        """From where it can go on, in this process or another."""
        if self._current is not None and self._current.done:
            self._current.mark()
        try:
            state = NetworkState.of(self.model, None, self._average)
        finally:
            self.model.position = None
        names = [weight.path for weight in self.model.weights]
        named = {
            epoch: dict(zip(names, weights, strict=True)) for epoch, weights in self.kept.items()
        }
        best_weights = None if best is None else named[best]
        return NetworkState(state.contents, {}, best_weights, named, state.average)

    def take(self, state: NetworkState) -> None:
        """Takes over what :meth:`state` kept besides the network."""
        names = [weight.path for weight in self.model.weights]
        for epoch, weights in state.kept.items():
            self.kept[epoch] = [weights[name] for name in names]
        if self._average is not None:
            state.averaged(self._average, self.model)

    def finish(self, best: int | None, epochs: int, threads: int | None) -> None:
        """Ends with the weights of an epoch, and the history up to another.

        Args:
            best: the epoch to keep it at; None: it stays as it is.
            epochs: of the history.
            threads: most threads to predict with.
        """
        self.model.position = None
        if best is not None:
            self.model.set_weights(self.kept[best])
        self.model.pull()
        self.model.runner.limit_threads(threads)
        del self.history.epoch[epochs:]
        for values in self.history.history.values():
            del values[epochs:]
