"""What a predictor consists of, and what its network predicts for rows of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.notebook import paragraph
from trimtab.core.types import Doubles
from trimtab.core.words import brief, count, listed
from trimtab.insight.uncertainty.task import task_of
from trimtab.model.committee import members_of
from trimtab.tables.columns.left_out import left_out
from trimtab.training.history import History
from trimtab.training.row_prints import RowPrints

if TYPE_CHECKING:
    from trimtab.model.committee import Committee
    from trimtab.model.sequential import Sequential
    from trimtab.predictor.calibration import ConformityScores
    from trimtab.predictor.classes.deciding import Threshold
    from trimtab.predictor.classes.recalibration import Recalibration
    from trimtab.predictor.scores import Baseline, Scores
    from trimtab.predictor.several.baselines import SeveralBaselines
    from trimtab.predictor.several.calibrations import SeveralCalibrations
    from trimtab.predictor.several.scores import SeveralScores
    from trimtab.predictor.unfinished import Unfinished
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.table import Table
    from trimtab.tables.preprocessing import Preprocessor, Unseen

__all__ = ["PARTS", "SCORED", "PredictorBase"]

#: Parts of a table with row prints.
PARTS = ("train", "valid", "test")

#: Part -> what its rows are for.
_WHAT_FOR = {"train": "to train on", "valid": "to validate on", "test": "to test on"}

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
        scores: metrics by part: ``valid``, ``test``, ``folds`` (out of fold), if there are.
        baseline: predicts the mean or the class frequencies, without a model.
        options: it was trained with, plain data.
        split: how rows were divided, plain data.
        prints: salted hashes of the rows in each part.
        provenance: where data and software come from, plain data.
        calibration: errors on rows it was not trained on; intervals come from them.
        unfinished: the state of a run that is not over.
        deciding: from which probability on the positive class is predicted; None: the most likely
            class is.
        recalibration: corrects the network's probabilities; None: they are as it gives them.
        prescription: what the coaching of ``train(coach=True)`` found, a
            :class:`~trimtab.coaching.Prescription`; None: there was none. Files do not hold it.
    """

    model: Sequential | Committee
    schema: Schema
    preprocessor: Preprocessor
    history: History
    scores: dict[str, Scores | SeveralScores]
    baseline: Baseline | SeveralBaselines
    options: dict[str, Any] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    prints: dict[str, RowPrints] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    calibration: ConformityScores | SeveralCalibrations | None = None
    unfinished: Unfinished | None = None
    deciding: Threshold | None = None
    recalibration: Recalibration | None = None
    prescription: Any = None

    @property
    def task(self) -> str:
        """``regression``, ``binary`` or ``multiclass``."""
        assert self.schema.task is not None
        return self.schema.task

    @property
    def target(self) -> str | tuple[str, ...]:
        """The column that is predicted; of several all of them, in order."""
        return self.targets[0] if len(self.targets) == 1 else self.targets

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that are predicted, in the order of predictions."""
        return self.schema.target_names

    @property
    def classifies(self) -> bool:
        """Whether it predicts classes."""
        return self.task != "regression"

    @property
    def classes(self) -> NDArray[Any]:
        """The labels as they are in the table, in the order of probabilities."""
        return labels_of(self.schema.classes)

    @property
    def positive(self) -> Any:
        """The class that precision, recall, ... and the threshold speak of; None: there is none."""
        number = self.schema.positive_class
        return None if number is None else self.schema.classes[number]

    @property
    def threshold(self) -> float | None:
        """From which probability on :attr:`positive` is predicted; None: the most likely class."""
        return None if self.deciding is None else self.deciding.value

    @property
    def best_evidence(self) -> Scores | SeveralScores | None:
        """The scores to quote: out of fold, else of the test rows, else of the validation rows."""
        return next((self.scores[part] for part in SCORED if part in self.scores), None)

    @property
    def caveat(self) -> str:
        """Why the scores to quote may be optimistic; empty if they are not.

        Of all epochs, the one that is best on the validation rows is kept.
        """
        return self._caveat("--test 0.2", "--fold 5")

    def _caveat(self, test: str, fold: str) -> str:
        """The caveat, with what to use instead."""
        part = next((part for part in SCORED if part in self.scores), None)
        picked = ["best epoch"] if part == "valid" and len(self.history.epoch) > 1 else []
        if self.deciding is not None and self.deciding.part == part:
            picked.append("threshold")
        # Out of fold, each fold is calibrated by the others.
        if self.recalibration is not None and self.recalibration.part == part == "valid":
            picked.append("calibration")
        if not picked:
            return ""
        # Folds divide the rows of one table: none where validation rows have a file of their own.
        folds = self.split.get("plan") is not None and "threshold" not in picked
        ways = f"{test} or {fold}" if folds else test
        what = f"{listed(picked, last=' and ')} {'was' if len(picked) == 1 else 'were'} picked"
        return (
            f"The {what} on these rows, so the score is slightly optimistic. Use {ways} for an "
            "unbiased one."
        )

    def __getattr__(self, name: str) -> Any:
        """Refuses what other libraries have, and says what to use."""
        from trimtab.core.other_libraries import missing_method

        raise missing_method(name, [each for each in dir(type(self)) if not each.startswith("_")])

    def __repr__(self) -> str:
        features = count(len(self.schema.features), "feature")
        return f"<Predictor target={brief(self.target)}, task={self.task}, {features}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: what is predicted from what, how well, and what was left out."""
        schema = self.schema
        kinds = Counter(column.kind for column in schema.features)
        dropped = [column for column in schema.columns if column.role == "dropped"]
        facts = {
            "predicts": f"{listed(self.targets)}, {self.task}",
            "from": ", ".join(f"{number:,} {kind}" for kind, number in kinds.items()),
            "left out": "; ".join(left_out((each.name, each.reason) for each in dropped)),
            "rows": ", ".join(
                f"{number:,} {_WHAT_FOR[part]}"
                for part in PARTS
                if (number := self.split.get(part))
            ),
        }
        rows = "".join(
            f'<tr><td style="text-align:left;vertical-align:top"><b>{name}</b></td>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for name, text in facts.items()
            if text
        )
        evidence = self.best_evidence
        quoted = [] if evidence is None else [paragraph(evidence.sentence())]
        notes = [] if evidence is None else evidence.notes()
        caveat = self._caveat("test=0.2", "fold=5")
        said = [paragraph(text) for text in [*notes, caveat] if text]
        return "".join([f"<table>{rows}</table>", *quoted, *said])

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
            Numbers in the target's own units, ``(rows,)``, with several targets
            ``(rows, targets)``; or probabilities ``(rows, classes)``.
        """
        inputs = self.preprocessor.transform(table, rows, report=report)
        return self.outputs_of_inputs(inputs)

    def outputs_of_inputs(self, inputs: NDArray[np.float32]) -> Doubles:
        """:meth:`outputs` from the network's own inputs, ``(rows, width)``."""
        if not len(inputs):
            width = len(self.classes) if self.classifies else len(self.targets)
            return np.empty((0, width) if self.classifies or width > 1 else 0)
        values = task_of(members_of(self.model)[0]).values(self.model.predict(inputs, verbose=0))
        if self.classifies:
            return values if self.recalibration is None else self.recalibration(values)
        return self.preprocessor.target.of_outputs(values)


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
