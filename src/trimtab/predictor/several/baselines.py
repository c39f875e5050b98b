"""The baselines of several targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles
from trimtab.predictor.baseline import Baseline

__all__ = ["SeveralBaselines", "baseline_from"]


@dataclass(frozen=True)
class SeveralBaselines:
    """Predicts the same for every row: for each target what its own baseline predicts.

    Attributes:
        targets: the baseline of each, by name, in the order of predictions.

    Example:
        >>> both = SeveralBaselines.of(("a", "b"), [[1.0, 10.0], [3.0, 30.0]])
        >>> both["b"].mean, both.predictions(1).tolist()
        (20.0, [[2.0, 20.0]])
    """

    targets: dict[str, Baseline]

    @classmethod
    def of(cls, names: tuple[str, ...], targets: Any, *, weights: Any = None) -> SeveralBaselines:
        """The baselines of the training rows.

        Args:
            names: of the targets.
            targets: numbers in their own units, ``(rows, targets)``.
            weights: of the rows.
        """
        columns = zip(names, np.asarray(targets, np.float64).T, strict=True)
        return cls({name: Baseline.of(REGRESSION, y, weights=weights) for name, y in columns})

    @property
    def task(self) -> str:
        """``regression``."""
        return REGRESSION

    @property
    def frequencies(self) -> tuple[float, ...]:
        """None: there are no classes."""
        return ()

    def __getitem__(self, name: str) -> Baseline:
        return self.targets[name]

    @property
    def medians(self) -> Doubles:
        """The median of each."""
        return np.array([each.median for each in self.targets.values()])

    def predictions(self, rows: int) -> Doubles:
        """Predictions for a number of rows: ``(rows, targets)``."""
        return np.stack([each.predictions(rows) for each in self.targets.values()], axis=1)

    def record(self) -> dict[str, Any]:
        """As plain data, for files."""
        return {"targets": {name: each.record() for name, each in self.targets.items()}}


def baseline_from(record: dict[str, Any]) -> Baseline | SeveralBaselines:
    """The baseline that a file holds: of one target, or of several.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is neither.
    """
    if "targets" not in record:
        return Baseline.from_record(record)
    return SeveralBaselines(
        {name: Baseline.from_record(each) for name, each in record["targets"].items()}
    )
