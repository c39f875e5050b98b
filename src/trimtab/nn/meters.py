"""Metrics of a compiled model: updated together, reported by name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument
from trimtab.nn.losses.base import Loss

__all__ = ["Meters"]


@dataclass(frozen=True)
class _Meter:
    """One metric: its name in logs, and what it reads."""

    name: str
    metric: Any
    weighted: bool
    part: tuple[slice, slice] | None
    weights: int | None

    def update(self, y: Floats, predictions: Floats, weight: Floats | None) -> None:
        if self.weights is not None:
            own = y[:, self.weights]
            weight = own if weight is None else own * weight
        if self.part is not None:
            targets, outputs = self.part
            y, predictions = y[:, targets], predictions[:, outputs]
        self.metric.update_state(y, predictions, weight if self.weighted else None)


class LossMeter:
    """The loss of one of several outputs, as Keras reports it: without its weight in the sum.

    Args:
        loss: of the output.
    """

    per_batch = False
    direction = "down"

    def __init__(self, loss: Loss) -> None:
        self.name = loss.name
        self._loss = loss
        self.reset_state()

    def reset_state(self) -> None:
        """Forgets all rows."""
        self._total, self._rows = 0.0, 0

    def update_state(self, y: Floats, predictions: Floats, weight: Floats | None = None) -> None:
        """Takes in any number of rows."""
        losses = self._loss.rows(y, predictions)
        self._total += float((losses if weight is None else losses * weight).sum())
        self._rows += len(losses)

    def result(self) -> float:
        """The mean over the rows."""
        return self._total / self._rows if self._rows else 0.0


class Meters:
    """The ``metrics`` and ``weighted_metrics`` of one model.

    A weighted metric whose name is taken is reported as ``weighted_<name>``.

    Args:
        plain: metrics that ignore sample weights.
        weighted: metrics that use them.
    """

    def __init__(self, plain: Sequence[Any] = (), weighted: Sequence[Any] = ()) -> None:
        self._meters: list[_Meter] = []
        for metric in plain:
            self.add(metric.name, metric)
        for metric in weighted:
            self.add(metric.name, metric, weighted=True)

    def add(
        self,
        name: str,
        metric: Any,
        *,
        weighted: bool = False,
        output: str | None = None,
        part: tuple[slice, slice] | None = None,
        weights: int | None = None,
    ) -> None:
        """Adds a metric.

        Args:
            name: what it is reported as; numbered where it is taken.
            metric: the metric.
            weighted: whether it uses sample weights.
            output: whose it is, where there are several; goes before the name.
            part: columns of the targets and of the predictions that it reads; None for all.
            weights: the column of the targets that weighs the rows of this output, if there is one.
        """
        before = "" if output is None else f"{output}_"
        if weighted and before + name in self.names:
            name = f"weighted_{name}"
        name = before + name
        self._meters.append(_Meter(self._free_name(name), metric, weighted, part, weights))

    def sort_behind(self, kept: int) -> None:
        """Sorts the metrics by name, but for the first so many: Keras' order of several outputs."""
        self._meters[kept:] = sorted(self._meters[kept:], key=lambda meter: meter.name)

    def _free_name(self, name: str) -> str:
        """``mae``, then ``mae_1``, ``mae_2`` as Keras numbers metrics of one name."""
        number = 0
        free = name
        while free in self.names:
            number += 1
            free = f"{name}_{number}"
        return free

    @property
    def metrics(self) -> list[Any]:
        return [meter.metric for meter in self._meters]

    @property
    def names(self) -> list[str]:
        return [meter.name for meter in self._meters]

    def __bool__(self) -> bool:
        return bool(self._meters)

    def reset(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def update(self, y: Floats, predictions: Floats, weight: Floats | None) -> None:
        """Takes in one batch."""
        for meter in self._meters:
            meter.update(y, predictions, weight)

    def results(self) -> dict[str, float]:
        return {meter.name: _number(meter.name, meter.metric.result()) for meter in self._meters}

    def measure(
        self,
        y: Floats,
        predictions: Floats,
        weight: Floats | None,
        edges: Sequence[int] | NDArray[np.int64],
    ) -> dict[str, float]:
        """The metrics of a whole pass.

        Metrics that are means over batches (a user's function) see the batches; all others see
        everything at once, which gives the same value more quickly.

        Args:
            edges: batch i is the rows from ``edges[i]`` to ``edges[i + 1]``.
        """
        self.reset()
        for meter in self._meters:
            ends = edges if meter.metric.per_batch else (0, len(y))
            for start, end in itertools.pairwise(ends):
                part = slice(start, end)
                meter.update(y[part], predictions[part], None if weight is None else weight[part])
        return self.results()


def _number(name: str, result: Any) -> float:
    """The result of a metric as the number that History holds."""
    values = np.asarray(result, np.float64)
    if values.size != 1:
        raise InvalidArgument(
            f"metric {name} gives {values.size} numbers, and History holds one for each epoch. Use "
            "one threshold, one class_id, average='macro' or the like, or call the metric on "
            "model.predict(x)."
        )
    return float(values.reshape(()))
