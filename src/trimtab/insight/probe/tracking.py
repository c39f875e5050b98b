"""What ``fit(track=[...])`` measures after each epoch, without changing the model.

A tracker is made once for a ``fit`` and handed to the training loop, which asks it before every
epoch what its steps shall measure, and after it, before validation and before statistics are
refreshed, what to log. That is under ``<layer>/<name>``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.engines.base import Look, Looked, Rows
from trimtab.errors import InvalidArgument
from trimtab.insight.probe.inspector import Inspector
from trimtab.insight.probe.trained_layers import TrainedLayers
from trimtab.nn.layers.vectors import state_of
from trimtab.program import Program
from trimtab.training.batches import Batches
from trimtab.training.callback import Logs
from trimtab.training.loop import Tracker
from trimtab.training.moments import distance, variance_ratio
from trimtab.training.statistics import PopulationStatistics, layer_of

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = [
    "LOOKED_ROWS",
    "PAIRED_ROWS",
    "PROBE_ROWS",
    "ROWS",
    "TRACKERS",
    "LayersTracker",
    "StatisticsTracker",
    "checked_track",
    "make_trackers",
    "spread",
    "spread_rows",
]

#: Most rows for the statistics, spread evenly over the training rows.
ROWS = 8192

#: Rows of a probe of the layers.
PROBE_ROWS = 256

#: Rows at least, in whole batches, that layers are looked at with at the end of an epoch.
LOOKED_ROWS = 256

#: Rows of the last of these batches that the effect of dropout is measured on.
PAIRED_ROWS = 64


class StatisticsTracker:
    """How far the moving statistics of each batch normalization lag, and the effect of dropout.

    Logs, measured on the training rows or :data:`ROWS` of them:

    - ``statistics_distance``: distance of the moving mean from the population mean, in standard
      deviations.
    - ``variance_ratio``: variance of the layer's input in inference mode over that in training
      mode: 1 without dropout, less after one, NaN if nothing varies.

    Formula: ``sqrt(mean((m' - m)**2 / (v + epsilon)))`` and ``sum(v) / sum(v')`` over the columns;
    ``m`` and ``v`` are mean and variance of a column at the layer's input in inference mode, with
    population statistics in the layers before it; ``m'`` is the moving mean, ``v'`` the variance in
    training mode with all rows as one batch.

    Source: Li et al. 2018, "Understanding the disharmony between dropout and batch normalization by
    variance shift".
    """

    def __init__(self, model: Network, rows: Rows) -> None:
        self._model = model
        self._x = spread(rows.x, ROWS)
        self._weight = None if rows.weight is None else spread(rows.weight, ROWS)
        self._population: PopulationStatistics | None = None

    def look(self, program: Program, batches: Batches) -> Look | None:
        return None

    def measure(self, looked: Looked | None = None) -> Logs:
        model = self._model
        program = model.inference_engine().program
        if self._population is None or self._population.program is not program:
            self._population = PopulationStatistics.of(model, frozen=True)
        population = self._population
        model.pull()
        state = state_of(program, model.weights, None, 0)
        _, inference = population.refreshed(state, self._x, weight=self._weight, only_weighted=True)
        training = population.in_training(
            state,
            self._x,
            seed=model.run_seed(),
            step=model.runner.step,
            epoch_steps=model.epoch_steps,
        )
        logs: Logs = {}
        for op, seen, trained in zip(population.ops, inference, training, strict=True):
            layer = layer_of(program, op)
            moving_mean = state.state[program.state[op.state[0]].place]
            logs[f"{layer}/statistics_distance"] = distance(moving_mean, seen, op.epsilon)
            logs[f"{layer}/variance_ratio"] = variance_ratio(seen, trained)
        return logs


class LayersTracker:
    """What each layer does in the last steps of each epoch, measured while they are made.

    It logs the numbers of :class:`~trimtab.insight.probe.LayerRow`, with these differences from a
    probe, so that it costs a few percent of the epoch's time:

    - Outputs, their zeros, and dead and saturated units are those of the last whole batches of the
      epoch, as many as have :data:`LOOKED_ROWS` rows (all, if there are fewer), in training mode:
      with dropout, and with the statistics of the batch.
    - Gradient and update are those of the last of these batches, as they were made.
    - ``statistics_distance`` is that of the moving mean from the mean over these rows.
      ``variance_ratio`` compares the first :data:`PAIRED_ROWS` rows of the last batch in two ways:
      as they were in training, and as a batch of their own without dropout. Without a dropout
      before the layer it is 1.

    If statistics are tracked, too, the latter's numbers count, which are over more rows. Dropout is
    left out: what it does is known. The same seeds give the same numbers. The JAX engine trains the
    batches that are looked at one by one and probes them, so there it takes longer.
    """

    def __init__(self, model: Network, rows: Rows) -> None:
        self._model, self._all = model, rows
        self._layers: TrainedLayers | None = None
        self._look: Look | None = None
        # Statistics of weighted layers leave out rows that do not count.
        self._weighted: StatisticsTracker | None = None

    def look(self, program: Program, batches: Batches) -> Look | None:
        known = self._layers
        if self._look is not None and known is not None and known.program is program:
            return self._look
        self._layers = TrainedLayers(self._model)
        # A last batch with less than half of the rows is no measure of a gradient.
        sizes = np.diff(batches.edges)
        stop = batches.steps
        if stop > 1 and 2 * sizes[-1] < sizes[0]:
            stop -= 1
        number = min(stop, -(-LOOKED_ROWS // int(sizes[0])))
        self._look = self._layers.look(stop - number, stop, PAIRED_ROWS)
        return self._look

    def measure(self, looked: Looked | None = None) -> Logs:
        layers = self._layers
        if looked is None or layers is None:
            return self._probed()
        logs: Logs = layers.logs(looked)
        if layers.weighted and self._all.weight is not None:
            if self._weighted is None:
                self._weighted = StatisticsTracker(self._model, spread_rows(self._all, LOOKED_ROWS))
            logs |= self._weighted.measure()
        return logs

    def _probed(self) -> Logs:
        """After the end of an epoch whose last steps were not seen."""
        inspector = Inspector(self._model)
        rows = spread_rows(self._all, PROBE_ROWS)
        return {
            f"{row.layer}/{name}": value
            for row in inspector.look(rows, self._model.run_seed(), passing=False)
            for name, value in row.quantities().items()
        }


def spread(x: NDArray[Any], most: int) -> NDArray[Any]:
    """At most ``most`` rows, spread evenly over all."""
    if len(x) <= most:
        return x
    return x[np.arange(most) * len(x) // most]


def spread_rows(rows: Rows, most: int) -> Rows:
    """:func:`spread`, targets and weights with the rows."""
    y, weight = (None if part is None else spread(part, most) for part in (rows.y, rows.weight))
    return Rows(spread(rows.x, most), y, weight)


#: The names that ``track`` takes, in the order of logging: if two log the same number, that of the
#: later one counts, which is over more rows.
TRACKERS: dict[str, Callable[[Network, Rows], Tracker]] = {
    "layers": LayersTracker,
    "statistics": StatisticsTracker,
}


def checked_track(names: Any) -> tuple[str, ...]:
    """The names of trackers, each once.

    Raises:
        InvalidArgument: ``names`` is no list, or holds an unknown name.
    """
    if isinstance(names, str) or not isinstance(names, Collection):
        raise InvalidArgument(
            f"track must be a list of names, received {brief(names)}. Use track=['statistics']."
        )
    return tuple(dict.fromkeys(checks.choice("track", name, TRACKERS) for name in names))


def make_trackers(names: Collection[str], model: Network, rows: Rows) -> list[Tracker]:
    """One tracker for each name."""
    return [tracker(model, rows) for name, tracker in TRACKERS.items() if name in names]
