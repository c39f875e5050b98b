"""What ``fit(track=[...])`` measures after each epoch, without changing the model.

A tracker is made once for a ``fit`` and handed to the training loop, which asks it after every
epoch, before validation and before statistics are refreshed. What it returns goes into the logs,
under ``<layer>/<name>``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument
from trimtab.insight.probe.inspector import Inspector
from trimtab.nn.layers.vectors import state_of
from trimtab.training.callback import Logs
from trimtab.training.loop import Tracker
from trimtab.training.moments import distance, variance_ratio
from trimtab.training.statistics import PopulationStatistics, layer_of

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = [
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

#: Rows of the batch for the layers.
PROBE_ROWS = 256


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

    def measure(self) -> Logs:
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
    """A probe of each layer after every epoch, always on the same rows.

    For :data:`PROBE_ROWS` of the training rows, spread evenly, it logs the numbers of
    :class:`~trimtab.insight.probe.LayerRow`: mean, standard deviation and share of zeros of the
    outputs, dead and saturated units, norm of the weights, gradient and next update relative to it,
    and for batch normalizations what :class:`StatisticsTracker` logs. If both are tracked, the
    latter's numbers count, which are over more rows. Dropout is left out: it does nothing in
    inference mode.

    An epoch takes longer by about five to ten training steps of this many rows.
    """

    def __init__(self, model: Network, rows: Rows) -> None:
        self._model = model
        self._rows = spread_rows(rows, PROBE_ROWS)
        self._inspector: Inspector | None = None

    def measure(self) -> Logs:
        model = self._model
        if self._inspector is None or self._inspector.program is not (
            model.inference_engine().program
        ):
            self._inspector = Inspector(model)
        return {
            f"{row.layer}/{name}": value
            for row in self._inspector.look(self._rows, model.run_seed(), passing=False)
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
