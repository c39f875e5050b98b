"""Intervals for several targets: each target has errors of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles
from trimtab.predictor.calibration import ConformityScores
from trimtab.tables.preprocessing.error_scale import ErrorScale

__all__ = ["SeveralCalibrations", "calibration_from"]


@dataclass(frozen=True, eq=False)
class SeveralCalibrations:
    """The errors of several targets on rows that the model was not trained on.

    An interval holds its own target with the probability asked for; that all targets of a row are
    inside at once is less likely.

    Attributes:
        targets: the errors of each, by name, in the order of predictions.

    Example:
        >>> y = np.arange(38.0).reshape(19, 2)
        >>> both = SeveralCalibrations.of(("a", "b"), y, y + [1.0, 10.0], part="test")
        >>> [bound.tolist() for bound in both.interval(np.array([[3.0, 3.0]]), 0.9)]
        [[[2.0, -7.0]], [[4.0, 13.0]]]
    """

    targets: dict[str, ConformityScores]

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        y_true: Any,
        prediction: Any,
        *,
        part: str,
        groups: Any = None,
        scales: Sequence[ErrorScale | None] = (),
    ) -> SeveralCalibrations:
        """The errors of rows whose targets are known.

        Args:
            names: of the targets.
            y_true: numbers in the targets' own units, ``(rows, targets)``.
            prediction: the same for what is predicted.
            part: as in :meth:`ConformityScores.of`.
            groups: as in :meth:`ConformityScores.of`.
            scales: of the errors of each target; empty: those of the table.

        Raises:
            InvalidData: a prediction is not finite.
        """
        y, p = np.asarray(y_true, np.float64), np.asarray(prediction, np.float64)
        found = {}
        scales = scales or [None] * len(names)
        for i, (name, scale) in enumerate(zip(names, scales, strict=True)):
            found[name] = ConformityScores.of(
                REGRESSION, y[:, i], p[:, i], part=part, groups=groups, scale=scale
            )
        return cls(found)

    @property
    def classifies(self) -> bool:
        """False: the targets are numbers."""
        return False

    @property
    def basis(self) -> str:
        """Which rows the intervals are calibrated on, in words; the same for all targets."""
        return next(iter(self.targets.values())).basis

    def __getitem__(self, name: str) -> ConformityScores:
        return self.targets[name]

    def quantile(self, level: float) -> Doubles:
        """The error of each target, on its scale, that a new row keeps with probability ``level``.

        Raises:
            InvalidData, InvalidArgument: as in :meth:`ConformityScores.quantile`.
        """
        return np.array([each.quantile(level) for each in self.targets.values()])

    def interval(self, prediction: Doubles, level: float) -> tuple[Doubles, Doubles]:
        """``(lower, upper)`` for predictions ``(rows, targets)``.

        Raises:
            InvalidData, InvalidArgument: as in :meth:`quantile`.
        """
        bounds = [
            each.interval(prediction[:, i], level) for i, each in enumerate(self.targets.values())
        ]
        lower, upper = (np.stack(columns, axis=1) for columns in zip(*bounds, strict=True))
        return lower, upper

    def reach(self, level: float) -> str:
        """How far the intervals of each target reach, in words.

        Raises:
            InvalidData, InvalidArgument: as in :meth:`quantile`.
        """
        return "; ".join(f"{name} {each.reach(level)}" for name, each in self.targets.items())

    def record(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """As plain data and arrays, for files; arrays are named by the place of their target."""
        documents, arrays = {}, {}
        for place, (name, each) in enumerate(self.targets.items()):
            documents[name], own = each.record()
            arrays.update({f"{place}/{part}": array for part, array in own.items()})
        return {"targets": documents}, arrays


def calibration_from(
    document: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> ConformityScores | SeveralCalibrations:
    """The errors that a file holds: of one target, or of several.

    Raises:
        KeyError, ValueError, AttributeError: they are neither.
    """
    if "targets" not in document:
        return ConformityScores.from_record(document, arrays)
    names = list(document["targets"])
    own: list[dict[str, NDArray[Any]]] = [{} for _ in names]
    places = {str(place): mine for place, mine in enumerate(own)}
    for name, array in arrays.items():
        place, _, part = name.partition("/")
        places[place][part] = array
    return SeveralCalibrations(
        {
            name: ConformityScores.from_record(document["targets"][name], mine)
            for name, mine in zip(names, own, strict=True)
        }
    )
