"""What a predictor consists of, and what its network predicts for rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.core.words import brief, count
from trimtab.insight.uncertainty.task import task_of
from trimtab.model.committee import members_of
from trimtab.training.history import History
from trimtab.training.row_prints import RowPrints

if TYPE_CHECKING:
    from trimtab.model.committee import Committee
    from trimtab.model.sequential import Sequential
    from trimtab.predictor.calibration import ConformityScores
    from trimtab.predictor.scores import Baseline, Scores
    from trimtab.predictor.unfinished import Unfinished
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table
    from trimtab.tables.preprocessing import Preprocessor, Unseen

__all__ = ["PARTS", "SCORED", "PredictorBase"]

#: Parts of a table with row prints.
PARTS = ("train", "valid", "test")

#: What scores are of, those to quote first; ``folds`` are scores out of fold.
SCORED = ("folds", "test", "valid")


@dataclass(eq=False)
class PredictorBase:
    """The parts of a predictor; :class:`~trimtab.Predictor` adds what users call.

    Attributes:
        model: the network, or the committee of networks.
        schema: columns, target and task.
        preprocessor: turns columns into the network's inputs; fitted on the training rows.
        history: losses and metrics by epoch, in the target's own units.
        scores: metrics by part: ``valid``, ``test``, ``folds`` (out of fold).
        baseline: predicts the mean or the class frequencies, without a model.
        options: it was trained with, plain data.
        split: how rows were divided, plain data.
        prints: salted hashes of the rows in each part.
        provenance: where data and software come from, plain data.
        calibration: errors on rows it was not trained on; intervals come from them.
        unfinished: the state of a run that is not over.
    """

    model: Sequential | Committee
    schema: Schema
    preprocessor: Preprocessor
    history: History
    scores: dict[str, Scores]
    baseline: Baseline
    options: dict[str, Any] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    prints: dict[str, RowPrints] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    calibration: ConformityScores | None = None
    unfinished: Unfinished | None = None

    @property
    def task(self) -> str:
        """``regression``, ``binary`` or ``multiclass``."""
        assert self.schema.task is not None
        return self.schema.task

    @property
    def target(self) -> str:
        """The column that is predicted."""
        assert self.schema.target is not None
        return self.schema.target

    @property
    def classifies(self) -> bool:
        """Whether it predicts classes."""
        return self.task != "regression"

    @property
    def classes(self) -> NDArray[Any]:
        """The labels as they are in the table, in the order of probabilities."""
        return labels_of(self.schema.classes)

    @property
    def best_evidence(self) -> Scores | None:
        """The scores to quote: out of fold, else of the test rows, else of the validation rows."""
        return next((self.scores[part] for part in SCORED if part in self.scores), None)

    @property
    def caveat(self) -> str:
        """Why the scores to quote may be optimistic; empty if they are not.

        Of all epochs, the one that is best on the validation rows is kept.
        """
        evidence = self.best_evidence
        if evidence is None or evidence is not self.scores.get("valid"):
            return ""
        if len(self.history.epoch) < 2:
            return ""
        # Folds divide the rows of one table: none where validation rows have a file of their own.
        ways = "--test 0.2" if self.split.get("plan") is None else "--test 0.2 or --fold 5"
        return (
            "The best epoch was picked on these rows, so the score is slightly optimistic. Use "
            f"{ways} for an unbiased one."
        )

    def __getattr__(self, name: str) -> Any:
        """Refuses what other libraries have, and says what to use."""
        from trimtab.core.other_libraries import missing_method

        raise missing_method(name, [each for each in dir(type(self)) if not each.startswith("_")])

    def __repr__(self) -> str:
        features = count(len(self.schema.features), "feature")
        return f"<Predictor target={brief(self.target)}, task={self.task}, {features}>"

    def outputs(
        self,
        table: Table,
        rows: NDArray[np.int64] | None = None,
        *,
        report: Unseen | None = None,
    ) -> Doubles:
        """What the network predicts for rows of a table that was read and checked.

        Args:
            table: a table with all features.
            rows: numbers of the rows; None: all.
            report: counts categories that training did not see.

        Returns:
            Numbers in the target's own units, ``(rows,)``, or probabilities ``(rows, classes)``.
        """
        inputs = self.preprocessor.transform(table, rows, report=report)
        return self.outputs_of_inputs(inputs)

    def outputs_of_inputs(self, inputs: NDArray[np.float32]) -> Doubles:
        """:meth:`outputs` from the network's own inputs, ``(rows, width)``."""
        if not len(inputs):
            return np.empty((0, len(self.classes)) if self.classifies else 0)
        values = task_of(members_of(self.model)[0]).values(self.model.predict(inputs, verbose=0))
        if self.classifies:
            return values
        return np.asarray(self.preprocessor.to_units(values[:, 0]), np.float64)


def labels_of(classes: Sequence[Any]) -> NDArray[Any]:
    """Labels as an array of their own type."""
    kinds = {type(label) for label in classes}
    # Numbers of one column are of one type, whichever of them are predicted.
    exact = kinds == {int, float} and all(float(label) == label for label in classes)
    kind = float if exact else kinds.pop() if len(kinds) == 1 else object
    if kind is int and not all(-(2**63) <= label < 2**63 for label in classes):
        kind = object
    array = np.empty(len(classes), {bool: bool, int: np.int64, float: float}.get(kind, object))
    array[:] = list(classes)
    return array
