"""What ``fit(track=[...])`` looks at after each epoch, changing nothing.

A tracker is made once for a ``fit`` and asked after every epoch, before validation and before
statistics are refreshed; what it returns goes into the logs, under ``<layer>/<name>``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument
from trimtab.insight.probe import Inspector
from trimtab.nn.layers.vectors import state_of
from trimtab.training.callback import Logs
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
    "Tracker",
    "checked_track",
    "make_trackers",
    "spread",
    "spread_rows",
]

#: Most rows the statistics are looked at over, spread evenly over those trained on.
ROWS = 8192

#: Rows of the batch that is sent through the layers.
PROBE_ROWS = 256


class Tracker(Protocol):
    """Looks at a network between two epochs."""

    def __init__(self, model: Network, rows: Rows) -> None:
        """Makes one for a ``fit`` of this model on these rows."""

    def measure(self) -> Logs:
        """What there is to log of the network as it is now."""


class StatisticsTracker:
    """How stale the moving statistics of each batch normalization are, and what a dropout does.

    Over the training rows, or :data:`ROWS` of them, with mean ``m`` and variance ``v`` of a column
    at the layer's input in inference mode (population statistics; layers before it have theirs,
    too) and moving mean ``m'``:

    - ``statistics_distance``: ``sqrt(mean((m' - m)**2 / (v + epsilon)))`` over the columns: how far
      the moving mean is from the population mean, in standard deviations.
    - ``variance_ratio``: ``sum(v) / sum(v')`` over the columns, where ``v'`` is the variance at the
      same place in training mode, all rows as one batch: 1 without dropout, less behind one (Li et
      al. 2018, "Understanding the disharmony between dropout and batch normalization by variance
      shift"); nan where nothing varies.
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
    """What each layer does with the same few rows after every epoch.

    Of :data:`PROBE_ROWS` of the training rows, spread evenly, it logs what
    :class:`~trimtab.inspection.LayerRow` has: mean, standard deviation and share of zeros of what
    the layer puts out, dead and saturated units, norm of the weights, gradient and next update
    relative to it, and for batch normalizations what :class:`StatisticsTracker` logs, over fewer
    rows: where both are asked for, the numbers over more rows are kept. Dropout, which passes on
    what it gets in inference mode, is left out.

    An epoch takes longer by about as much as five to ten training steps on so many rows.
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
            for row in self._inspector.look(self._rows, model.run_seed())
            if row.layer not in self._inspector.passing
            for name, value in row.quantities().items()
        }


def spread(x: Floats, most: int) -> Floats:
    """At most so many of the rows, evenly spread over all."""
    if len(x) <= most:
        return x
    return x[np.arange(most) * len(x) // most]


def spread_rows(rows: Rows, most: int) -> Rows:
    """:func:`spread`, targets and weights with the rows."""
    y, weight = (None if part is None else spread(part, most) for part in (rows.y, rows.weight))
    return Rows(spread(rows.x, most), y, weight)


#: By the names that ``track`` takes, in the order in which they log: where two log the same thing,
#: the later one does it over more rows.
TRACKERS: dict[str, type[Tracker]] = {"layers": LayersTracker, "statistics": StatisticsTracker}


def checked_track(names: Any) -> tuple[str, ...]:
    """The names of trackers, each once.

    Raises:
        InvalidArgument: ``names`` is no list, or holds an unknown name.
    """
    if isinstance(names, str) or not isinstance(names, Collection):
        raise InvalidArgument(
            f"track must be a list of names, received {names!r}. Use track=['statistics']."
        )
    return tuple(dict.fromkeys(checks.choice("track", name, TRACKERS) for name in names))


def make_trackers(names: Collection[str], model: Network, rows: Rows) -> list[Tracker]:
    """One tracker for each name."""
    return [tracker(model, rows) for name, tracker in TRACKERS.items() if name in names]
