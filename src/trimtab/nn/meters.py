"""Metrics of a compiled model: updated together, reported by name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.errors import InvalidArgument

__all__ = ["Meters"]


class Meters:
    """The ``metrics`` and ``weighted_metrics`` of one model.

    A weighted metric whose name is taken is reported as ``weighted_<name>``.

    Args:
        plain: metrics that ignore sample weights.
        weighted: metrics that use them.
    """

    def __init__(self, plain: Sequence[Any] = (), weighted: Sequence[Any] = ()) -> None:
        self._meters: list[tuple[str, Any, bool]] = []
        for metric in plain:
            self._meters.append((self._free_name(metric.name), metric, False))
        for metric in weighted:
            name = f"weighted_{metric.name}" if metric.name in self.names else metric.name
            self._meters.append((self._free_name(name), metric, True))

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
        return [metric for _, metric, _ in self._meters]

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self._meters]

    def __bool__(self) -> bool:
        return bool(self._meters)

    def reset(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def update(self, y: Floats, predictions: Floats, weight: Floats | None) -> None:
        """Takes in one batch."""
        for _, metric, weighted in self._meters:
            metric.update_state(y, predictions, weight if weighted else None)

    def results(self) -> dict[str, float]:
        return {name: _number(name, metric.result()) for name, metric, _ in self._meters}

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
        for _, metric, weighted in self._meters:
            ends = edges if metric.per_batch else (0, len(y))
            for start, end in itertools.pairwise(ends):
                part = slice(start, end)
                kept = weight[part] if weighted and weight is not None else None
                metric.update_state(y[part], predictions[part], kept)
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
