"""A learning rate for each stretch of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.nn.schedules.base import VectorSchedule
from trimtab.nn.schedules.table import REGISTRY


def _listed(name: str, value: Any) -> list[Any]:
    """A sequence of numbers as a list, each as a number of Python."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence | np.ndarray):
        raise InvalidArgument(f"{name} must be a list of numbers, received {brief(value)}.")
    for each in value:
        checks.non_negative_number(f"each of {name}", each)
    return np.asarray(value).tolist() if isinstance(value, np.ndarray) else list(value)


@REGISTRY.register()
class PiecewiseConstantDecay(VectorSchedule):
    """The learning rate stays, and changes at given steps.

    Formula:
        ``values[i]`` where ``boundaries[i - 1] < step <= boundaries[i]``.

    Args:
        boundaries: the last step of each value but the last; batches, not epochs.
        values: learning rates, one more than boundaries.

    Raises:
        InvalidArgument: the boundaries are not positive and increasing, a rate is negative, or
            there is not one more rate than boundaries.

    Example:
        >>> from trimtab import schedules
        >>> schedule = schedules.PiecewiseConstantDecay([100, 150], [1.0, 0.5, 0.25])
        >>> schedule([0, 100, 101, 150, 151]).tolist()
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        self.boundaries = _listed("boundaries", boundaries)
        self.values = _listed("values", values)
        self.name = name
        if not self.boundaries or len(self.values) != len(self.boundaries) + 1:
            raise InvalidArgument(
                "values must be one more than boundaries, and there must be a boundary, received "
                f"{len(self.boundaries)} boundaries and {len(self.values)} values. Use boundaries="
                "[1000, 1500], values=[0.01, 0.001, 0.0001] for three rates."
            )
        if not all(a < b for a, b in zip(self.boundaries, self.boundaries[1:], strict=False)):
            raise InvalidArgument(
                f"boundaries must increase, received {brief(self.boundaries)}. Use "
                f"boundaries={brief(sorted(set(self.boundaries)))}, with values in that order."
            )

    def compute(self, steps: Floats) -> Floats:
        where = np.searchsorted(np.asarray(self.boundaries, np.float64), steps, side="left")
        return np.asarray(self.values, np.float32)[where]

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}
