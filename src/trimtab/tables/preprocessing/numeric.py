"""Numbers and booleans: imputed, flagged if missing, scaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks, records
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import figure
from trimtab.tables.preprocessing.auto_scaling import fit_scaling, unit_of
from trimtab.tables.preprocessing.scaling import Scaling, Unscaled, scaling_from_record
from trimtab.tables.preprocessing.step import OutputColumn, Unseen

__all__ = ["Numeric", "fit_boolean", "fit_numeric"]


@dataclass(frozen=True)
class Numeric:
    """A column of numbers: one input, and a flag for missing cells.

    Missing cells become the median of the training rows (of booleans: the more frequent value, or
    false). There is a flag only if training rows had missing cells: otherwise the network cannot
    learn what it means.

    Args:
        source: The column of the table.
        fill: What missing cells become.
        flagged: Whether there is a second input, 1 for missing cells.
        scaling: The scaling. None: the numbers were all the same, and only the flag is written.

    Shape:
        ``(n,)`` float64, NaN if missing, to ``(n, 1)`` or ``(n, 2)``.

    Example:
        >>> step = fit_numeric("size", np.array([1.0, 2.0, np.nan, 3.0, 4.0]))
        >>> out = np.empty((2, 2), np.float32)
        >>> step.transform(np.array([4.0, np.nan]), out, Unseen())
        >>> out.round(2).tolist()
        [[1.340000033378601, 0.0], [0.0, 1.0]]

    Source:
        scikit-learn's SimpleImputer(strategy="median", add_indicator=True).
    """

    kind: ClassVar[str] = "numeric"
    source: str
    fill: float
    flagged: bool
    scaling: Scaling | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fill", checks.number("fill", self.fill))
        if self.scaling is None and not self.flagged:
            raise ValueError("a step must write at least one column, received none.")

    @classmethod
    def from_record(cls, document: Any, arrays: Mapping[str, Any]) -> Numeric:
        document = dict(document)
        scaling = document.pop("scaling", None)
        if scaling is None:
            return records.from_record(cls, document, scaling=None, **arrays)
        return records.from_record(cls, document, scaling=scaling_from_record(scaling, arrays))

    def record(self) -> tuple[dict[str, Any], Mapping[str, Doubles]]:
        scaling, arrays = (None, {}) if self.scaling is None else self.scaling.record()
        return records.to_record(self, without=("scaling",)) | {"scaling": scaling}, arrays

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        columns = []
        if self.scaling is not None:
            columns.append(OutputColumn(self.source, self.source, self.scaling.kind))
        if self.flagged:
            columns.append(OutputColumn(f"{self.source} missing", self.source, "flag"))
        return tuple(columns)

    def transform(self, values: NDArray[Any], out: Floats, unseen: Unseen) -> None:
        missing = np.isnan(values)
        cells = int(np.count_nonzero(missing))
        if self.scaling is not None:
            present = np.where(missing, self.fill, values) if cells else values
            out[:, 0] = self.scaling.apply(present)
        if self.flagged:
            out[:, -1] = missing
        elif cells:
            unseen.absent(
                self.source,
                cells,
                f"counted as {figure(self.fill)}",
            )


def fit_numeric(
    source: str, values: Doubles, scaling: str = "auto", weights: Doubles | None = None
) -> Numeric | None:
    """Fits the step for a column of numbers.

    Args:
        source: The column of the table.
        values: ``(n,)``, NaN if missing.
        scaling: See :func:`trimtab.tables.preprocessing.auto_scaling.fit_scaling`.
        weights: Weights of the rows.

    Returns:
        The step, or None if there is nothing to learn from.
    """
    missing = np.isnan(values)
    if missing.all():
        return None
    flagged = bool(missing.any())
    if flagged:
        values = values[~missing]
        weights = None if weights is None else weights[~missing]
    fitted = fit_scaling(values, scaling, weights)
    if fitted is None and not flagged:
        return None
    unit = unit_of(values)  # the sum of the two in the middle may overflow
    return Numeric(source, float(np.median(values / unit)) * unit, flagged, fitted)


def fit_boolean(source: str, values: Doubles) -> Numeric | None:
    """Fits the step for a column of 0 and 1, which are not scaled; None: nothing to learn from."""
    missing = np.isnan(values)
    trues = int(np.count_nonzero(values == 1.0))
    falses = len(values) - trues - int(np.count_nonzero(missing))
    flagged = bool(missing.any())
    fitted = Unscaled() if trues and falses else None
    if not trues + falses or (fitted is None and not flagged):
        return None
    return Numeric(source, float(trues > falses), flagged, fitted)
