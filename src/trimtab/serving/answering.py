"""From the rows of a request to its answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import count, folded
from trimtab.errors import TrimtabError
from trimtab.insight.uncertainty.conformal import check_level
from trimtab.predictor.layout import CLASSES, LOWER, PREDICTION, UPPER
from trimtab.predictor.predicting import (
    calibration_of,
    inputs_of_few,
    labelled,
    sets_of,
)
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.remarks import Remarks
from trimtab.serving.fields import fields_of
from trimtab.serving.rows import Checked, Refusal, rows_of_csv, rows_of_json
from trimtab.tables.preprocessing.few_rows import MOST_ROWS as FEW

__all__ = ["FEW", "LEVEL", "Answer", "Answering"]

#: The level of intervals where a request names none.
LEVEL = 0.9

#: Rows that are predicted at a time: the network is free for others in between.
_BLOCK = 4096


@dataclass(frozen=True)
class Answer:
    """The answer to a request.

    Attributes:
        predictions: One for each row of the request, in its order; None for a refused one.
        refused: Why rows were refused.
        notes: What is worth knowing, a sentence each.
    """

    predictions: Sequence[dict[str, Any] | None]
    refused: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "predictions": self.predictions,
            "refused": [each.record() for each in self.refused],
            "notes": self.notes,
        }


class Answering:
    """What a model answers.

    Args:
        predictor: The model.

    Example:
        >>> import trimtab
        >>> data = {"size": [1, 2, 3, 4] * 10, "hue": ["red", "red", "blue", "red"] * 10}
        >>> y = [5.0, 6, 8, 9] * 10
        >>> predictor = trimtab.train(data, y, epochs=1, layers="4 relu", effort="quick")
        >>> answer = Answering(predictor).of_json([{"size": 2, "hue": "red"}, {"size": "two"}])
        >>> sorted(answer.predictions[0])
        ['lower', 'prediction', 'upper']
        >>> answer.predictions[1] is None, answer.refused[0].message
        (True, "the row lacks column 'hue'. Send null for a value that is not known.")
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self.fields = fields_of(predictor)
        used = {each.name for each in self.fields}
        self._idle = [
            column.name
            for column in predictor.schema.columns
            if column.role in ("feature", "id") and column.name not in used
        ]
        self._numbers = [each.name for each in self.fields if each.kind in ("numeric", "integer")]
        self._labels = predictor.classes.tolist() if predictor.classifies else []
        self._names = [str(label) for label in self._labels]
        #: The level of intervals where a request names none; None: the model has no intervals.
        self.level = LEVEL if self._has_intervals(LEVEL) else None

    def check_level(self, level: float) -> float:
        """A level that a request names.

        Raises:
            TrimtabError: There is no such level, or the model has no intervals for it.
        """
        calibration_of(self.predictor).quantile(check_level(level))
        return level

    def _has_intervals(self, level: float) -> bool:
        try:
            self.check_level(level)
        except TrimtabError:
            return False
        return True

    # -- few rows ---------------------------------------------------------------------------------

    def few(self, rows: Sequence[Any], level: float | None = None) -> list[dict[str, Any]] | None:
        """The predictions of up to :data:`FEW` rows with nothing to say about them, else None."""
        if not 0 < len(rows) <= FEW:
            return None
        complete = []
        for row in rows:
            if type(row) is not dict:
                return None
            for name in self._numbers:
                if type(row.get(name)) is bool:
                    return None
            complete.append({**dict.fromkeys(self._idle), **row} if self._idle else row)
        inputs = inputs_of_few(self.predictor, complete)
        if inputs is None:
            return None
        outputs = self.predictor.outputs_of_inputs(inputs)
        return self.described(outputs, level) if np.isfinite(outputs).all() else None

    # -- any rows ---------------------------------------------------------------------------------

    def of_json(self, rows: Sequence[Any], level: float | None = None) -> Answer:
        """The answer to rows of JSON."""
        return self._of_checked(rows_of_json(self.predictor, self.fields, rows), level)

    def of_csv(self, body: bytes, level: float | None = None) -> Answer:
        """The answer to rows of CSV.

        Raises:
            InvalidData: It cannot be read as a table.
        """
        return self._of_checked(rows_of_csv(self.predictor, self.fields, body), level)

    def _of_checked(self, found: Checked, level: float | None) -> Answer:
        predictions: list[dict[str, Any] | None] = [None] * found.rows
        table, notes = found.table, list(found.notes)
        if table is not None and len(found.good):
            remarks = Remarks()
            blocks = [
                self.predictor.outputs(
                    table, found.good[start : start + _BLOCK], report=remarks.counter()
                )
                for start in range(0, len(found.good), _BLOCK)
            ]
            outputs = np.concatenate(blocks)
            places = found.places[found.good].tolist()
            for place, each in zip(places, self.described(outputs, level), strict=True):
                predictions[place] = each
            notes += remarks.counter().sentences()
            lost = int((~np.isfinite(outputs.reshape(len(outputs), -1)).all(axis=1)).sum())
            if lost:
                notes.append(f"{count(lost, 'prediction')} did not come out as a finite number.")
        return Answer(predictions, found.refusals, folded(notes))

    # -- words ------------------------------------------------------------------------------------

    def described(self, outputs: Doubles, level: float | None = None) -> list[dict[str, Any]]:
        """Each row's answer.

        Args:
            outputs: Of the network: numbers, or the probabilities of classes.
            level: Of intervals or sets; None: the usual one, if the model has any.
        """
        level = self.level if level is None else level
        return self._classes(outputs, level) if self._labels else self._values(outputs, level)

    def _values(self, outputs: Doubles, level: float | None) -> list[dict[str, Any]]:
        targets = self.predictor.targets
        names = [f"_{name}" for name in targets] if len(targets) > 1 else [""]
        columns: dict[str, NDArray[Any]] = {PREDICTION: outputs}
        finite = bool(np.isfinite(outputs).all())
        if level is not None and finite:
            bounds = calibration_of(self.predictor).interval(outputs, level)
            columns |= dict(zip((LOWER, UPPER), bounds, strict=True))
        keys, cells = [], []
        for place, name in enumerate(names):
            for what, numbers in columns.items():
                keys.append(what + name)
                cells.append(numbers.reshape(len(outputs), -1)[:, place].tolist())
        found: list[dict[str, Any]] = [
            dict(zip(keys, row, strict=True)) for row in zip(*cells, strict=True)
        ]
        return found if finite else [{key: _finite(each[key]) for key in each} for each in found]

    def _classes(self, outputs: Doubles, level: float | None) -> list[dict[str, Any]]:
        labels = labelled(self.predictor, outputs).tolist()
        found: list[dict[str, Any]] = [
            {PREDICTION: label, "probabilities": dict(zip(self._names, row, strict=True))}
            for label, row in zip(labels, outputs.tolist(), strict=True)
        ]
        if level is not None and np.isfinite(outputs).all():
            sets = sets_of(self.predictor, outputs, level).classes()
            for each, members in zip(found, sets, strict=True):
                each[CLASSES] = members
        return found


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
