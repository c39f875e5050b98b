"""Predictions as a table: which columns it has, and what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import one_line
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.uncertainty.conformal import check_level
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.deciding import checked_threshold
from trimtab.predictor.classes.sets import in_one_cell
from trimtab.predictor.predicting import (
    bounds_of,
    calibration_of,
    labelled,
    no_classes,
    outputs_of_table,
    sets_of,
)
from trimtab.predictor.remarks import Remarks

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.tables.files.passing.passing import Passing
    from trimtab.tables.files.table import Table

__all__ = ["CLASSES", "LOWER", "PREDICTION", "UPPER", "Layout"]

#: Columns that are added.
PREDICTION = "prediction"
LOWER, UPPER, CLASSES = "lower", "upper", "classes"


@dataclass(frozen=True)
class Layout:
    """Which columns a table of predictions has.

    Attributes:
        predictor: the model.
        interval: level of intervals or sets to add, or None.
        proba: whether to add probabilities.
        ids: columns to pass through.
        all_columns: whether to pass all columns through.
        threshold: of the positive class; None: that of the model.
    """

    predictor: PredictorBase
    interval: float | None
    proba: bool
    ids: tuple[str, ...]
    all_columns: bool
    threshold: float | None = None

    @classmethod
    def of(
        cls,
        predictor: PredictorBase,
        interval: float | None,
        proba: bool,
        ids: Sequence[str],
        all_columns: bool,
        threshold: float | None = None,
    ) -> Layout:
        """The layout, checked before anything is read.

        Raises:
            InvalidArgument: the predictor has no intervals, probabilities or two classes to give.
            InvalidData: there were too few rows for intervals of this level.
        """
        if interval is not None:
            calibration_of(predictor).quantile(check_level(interval))
        if proba and not predictor.classifies:
            raise InvalidArgument(
                f"{no_classes(predictor.targets)}. Leave out proba (--proba), or ask for an "
                "interval."
            )
        ids = tuple(map(one_line, (ids,) if isinstance(ids, str) else ids))
        threshold = checked_threshold(threshold, predictor.targets[0], predictor.schema.classes)
        return cls(predictor, interval, proba, ids, all_columns, threshold)

    @property
    def passing(self) -> Passing:
        """Columns to hand over as they are; those that the model needs are read as well."""
        from trimtab.tables.files.passing.passing import EVERY, Passing

        schema = self.predictor.schema
        names = EVERY if self.all_columns else {*schema.role("id"), *self.ids}
        return Passing(names, {column.name for column in schema.features})

    def frame(self, table: Table, remarks: Remarks) -> pd.DataFrame:
        """The predictions of a table."""
        import pandas as pd

        predictor = self.predictor
        added: dict[str, Any] = {}
        kept = table.passed
        # The index of a data frame comes out again: it is not ignored.
        outputs = outputs_of_table(
            predictor, table, remarks, [*self.ids, *map(str, kept.index.names)]
        )
        passed = self._passed(table)
        if len(predictor.targets) > 1:
            added = self._of_several(outputs)
        else:
            added[PREDICTION] = labelled(predictor, outputs, self.threshold)
        if self.interval is not None and len(predictor.targets) == 1:
            if predictor.classifies:
                sets = sets_of(predictor, outputs, self.interval).classes()
                added[CLASSES] = [in_one_cell(labels) for labels in sets]
            else:
                bounds = bounds_of(predictor, outputs, self.interval)
                added[LOWER], added[UPPER] = bounds.lower[:, 0], bounds.upper[:, 0]
        if self.proba:
            for number, label in enumerate(predictor.schema.classes):
                added[f"probability_{label}"] = outputs[:, number]
        clash = [name for name in passed if name in added]
        if clash:
            raise InvalidArgument(
                f"{table.name} has a column {clash[0]!r}, and so have the predictions. Rename it, "
                "or pass through only the columns you need: --id COLUMN (ids=[...])."
            )
        return pd.concat([kept[passed], pd.DataFrame(added, index=kept.index)], axis=1)

    def _of_several(self, outputs: Doubles) -> dict[str, Any]:
        """The columns of several targets: ``prediction_a``, ``lower_a``, ..., target by target."""
        bounds = None
        if self.interval is not None:
            bounds = bounds_of(self.predictor, outputs, self.interval)
        added: dict[str, Any] = {}
        for number, name in enumerate(self.predictor.targets):
            added[f"{PREDICTION}_{name}"] = outputs[:, number]
            if bounds is not None:
                added[f"{LOWER}_{name}"] = bounds.lower[:, number]
                added[f"{UPPER}_{name}"] = bounds.upper[:, number]
        return added

    def _passed(self, table: Table) -> list[str]:
        if self.all_columns:
            return list(table.passed.columns)
        names = table.names
        # A missing identifier known from training is worth a remark; one asked for now is an error.
        own = [name for name in self.predictor.schema.role("id") if name in names]
        missing = [name for name in self.ids if name not in names]
        if missing:
            hint = checks.nearest(missing[0], names)
            raise InvalidData(
                f"{table.name} has no column {checks.listing(missing)} to pass through."
                + (f" {hint}" if hint else f" It has: {checks.listing(names)}.")
            )
        return list(dict.fromkeys((*own, *self.ids)))
