"""A trained model that knows its table: from rows as they come to predictions in their units."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import count
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.uncertainty.task import Task, task_of
from trimtab.predictor.remarks import Remarks
from trimtab.training.history import History
from trimtab.training.row_prints import RowPrints

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.insight.uncertainty import Intervals, PredictionSets
    from trimtab.model.committee import Committee
    from trimtab.model.sequential import Sequential
    from trimtab.predictor.calibration import ConformityScores
    from trimtab.predictor.importance import Importance
    from trimtab.predictor.scores import Baseline, Scores
    from trimtab.predictor.unfinished import Unfinished
    from trimtab.tables.columns.schema import Schema
    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.table import Table
    from trimtab.tables.preprocessing import Preprocessor, Unseen

__all__ = [
    "PARTS",
    "PREDICTION",
    "Predictor",
]


#: What scores and row prints are of; ``folds`` are scores out of fold.
PARTS = ("train", "valid", "test")
SCORED = ("folds", "test", "valid")

#: The column that predictions stand in.
PREDICTION = "prediction"
LOWER, UPPER, CLASSES = "lower", "upper", "classes"

#: Rows that are read and predicted at a time.
CHUNK_ROWS = 100_000


@dataclass(eq=False)
class Predictor:
    """A network with all that leads from a table to it and back; what ``trimtab.train`` returns.

    Columns are found by name, in any order; those that the training table did not have are left
    alone, and those that are missing are listed in one refusal. What a row gets does not depend on
    the rows beside it.

    Attributes:
        model: the network, or the committee of networks.
        schema: columns, target and task.
        preprocessor: from columns to the network's inputs, fitted on the training rows.
        history: losses and metrics by epoch, in the target's own units.
        scores: how good it is, by part: ``valid``, ``test``, ``folds`` (out of fold).
        baseline: what one would predict without a model.
        options: with which it was trained, plain data.
        split: how rows were divided, plain data.
        prints: which rows trained, validated and tested it, as salted hashes, by part.
        provenance: of the data and the software, plain data.
        calibration: errors on rows it was not trained on, from which intervals come.
        unfinished: the state of a run that is not over.

    Example:
        >>> import trimtab
        >>> predictor = trimtab.train("red-wine", epochs=1, layers="8 relu")
        >>> predictor.target, predictor.task
        ('quality', 'regression')
        >>> predictor.predict("red-wine").shape
        (1599,)
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

    # -- what it is -------------------------------------------------------------------------------

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
        """The labels, as they stand in the table; their order is that of probabilities."""
        return labels_of(self.schema.classes)

    @property
    def best_evidence(self) -> Scores | None:
        """The scores to quote: those out of fold, else of the test rows, else of validation."""
        return next((self.scores[part] for part in SCORED if part in self.scores), None)

    @property
    def caveat(self) -> str:
        """Why the scores to quote may be better than those of new rows; empty where they are not.

        Of all epochs the best one on the validation rows is kept, which flatters it there.
        """
        evidence = self.best_evidence
        if evidence is None or evidence is not self.scores.get("valid"):
            return ""
        if len(self.history.epoch) < 2:
            return ""
        # Folds divide the rows of one table: none where validation rows have a file of their own.
        ways = "--test 0.2" if self.split.get("plan") is None else "--test 0.2 or --fold 5"
        return f"These rows also chose the epoch; {ways} scores on rows that chose nothing."

    def __repr__(self) -> str:
        features = count(len(self.schema.features), "feature")
        return f"<Predictor target={self.target!r}, task={self.task}, {features}>"

    # -- predicting -------------------------------------------------------------------------------

    def predict(self, data: Any, options: ReadOptions | None = None) -> NDArray[Any]:
        """What the target is likely to be, one value a row: ``(rows,)``.

        Numbers in the target's own units (float64), or labels in their own type: those of the
        likeliest classes.

        Args:
            data: a path, ``"-"``, a data frame (pandas, polars, pyarrow), or columns by name.
            options: how to read it, where reading has to be told.

        Errors:
            ``InvalidData`` for columns that are missing and for cells that are not of their kind;
            :class:`~trimtab.errors.PredictionWarning` for columns that are not used and categories
            that training did not see.
        """
        return self._labelled(self._outputs_of(data, options))

    def predict_proba(self, data: Any, options: ReadOptions | None = None) -> Doubles:
        """The probability of each class, ``(rows, classes)``, in the order of :attr:`classes`.

        Args:
            data, options: as in :meth:`predict`.

        Errors:
            Those of :meth:`predict`; ``InvalidArgument`` where the target is a number.
        """
        if not self.classifies:
            raise InvalidArgument(
                f"{self.target!r} is a number and has no classes. Use predict(), or "
                "predict_interval() for where it is likely to lie."
            )
        return self._outputs_of(data, options)

    def predict_interval(
        self, data: Any, level: float = 0.9, options: ReadOptions | None = None
    ) -> Intervals | PredictionSets:
        """Where each target lies with probability ``level``: intervals, or sets of classes.

        Source: Vovk, Gammerman & Shafer 2005, "Algorithmic learning in a random world" (split
        conformal prediction), with errors on rows that the network was not trained on.

        Args:
            data, options: as in :meth:`predict`.
            level: share of new rows whose target is inside.

        Errors:
            Those of :meth:`predict`; ``InvalidArgument`` for a level that is not between 0 and 1,
            and where there were too few rows to promise anything.
        """
        return self._calibrated(self._outputs_of(data, options), level)

    def predict_frame(
        self,
        data: Any,
        *,
        interval: float | None = None,
        proba: bool = False,
        ids: Sequence[str] = (),
        all_columns: bool = False,
        options: ReadOptions | None = None,
    ) -> pd.DataFrame:
        """Predictions as a table: what ``trimtab predict`` writes.

        Columns: identifiers as they are, ``prediction``, then ``lower`` and ``upper`` (or
        ``classes``, a set of them) on request, then one probability a class on request.

        Args:
            data, options: as in :meth:`predict`.
            interval: level of intervals or sets to add.
            proba: whether to add probabilities.
            ids: columns to pass through besides those that the training knew as identifiers.
            all_columns: pass all columns through.

        Errors:
            Those of :meth:`predict`, :meth:`predict_proba` and :meth:`predict_interval`;
            ``InvalidArgument`` where a column to pass through has the name of one to add.
        """
        layout = self._layout(interval, proba, ids, all_columns)
        remarks = Remarks()
        frame = layout.frame(self._read(data, options, layout.texts), remarks)
        remarks.warn()
        return frame

    def predict_chunks(
        self,
        source: Any,
        *,
        rows: int = CHUNK_ROWS,
        interval: float | None = None,
        proba: bool = False,
        ids: Sequence[str] = (),
        all_columns: bool = False,
        options: ReadOptions | None = None,
        remarks: Remarks | None = None,
    ) -> Iterator[pd.DataFrame]:
        """The rows of :meth:`predict_frame`, some at a time, in constant memory.

        Args:
            source: as in :meth:`predict`.
            rows: in a table at most.
            interval, proba, ids, all_columns, options: as in :meth:`predict_frame`.
            remarks: collects what is worth knowing; None: it is warned of at the end.

        Errors:
            Those of :meth:`predict_frame`, when they come up.
        """
        from trimtab.tables.files.reading import read_chunks

        layout = self._layout(interval, proba, ids, all_columns)
        rows = checks.positive_integer("rows", rows)
        found = Remarks() if remarks is None else remarks
        told = self.reading(options)
        for table in read_chunks(source, told, text=layout.texts, rows=rows):
            if not found.rows:
                found.add(table.notes)
            yield layout.frame(table, found)
        if remarks is None:
            found.warn()

    def outputs(
        self,
        table: Table,
        rows: NDArray[np.int64] | None = None,
        *,
        report: Unseen | None = None,
    ) -> Doubles:
        """What the network says of rows of a table that was read and checked.

        Args:
            table: with the features' columns.
            rows: their numbers; None: all.
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
        values = self._task.values(self.model.predict(inputs, verbose=0))
        if self.classifies:
            return values
        return np.asarray(self.preprocessor.to_units(values[:, 0]), np.float64)

    @property
    def _task(self) -> Task:
        model = self.model
        return model.task if hasattr(model, "task") else task_of(model)

    def _outputs_of(self, data: Any, options: ReadOptions | None) -> Doubles:
        remarks = Remarks()
        outputs = self._outputs(self._read(data, options), remarks)
        remarks.warn()
        return outputs

    def _outputs(self, table: Table, remarks: Remarks, passed: Collection[str] = ()) -> Doubles:
        """The outputs of a table just read, with what there is to say."""
        remarks.add(self.schema.check(table, passed=passed))
        outputs = self.outputs(table, report=remarks.counter())
        remarks.count(outputs)
        return outputs

    def _labelled(self, outputs: Doubles) -> NDArray[Any]:
        """Numbers as they are; of probabilities the likeliest class, the first of equal ones."""
        return self.classes[outputs.argmax(axis=1)] if self.classifies else outputs

    def _calibrated(self, outputs: Doubles, level: float) -> Intervals | PredictionSets:
        return self._sets(outputs, level) if self.classifies else self._bounds(outputs, level)

    def _sets(self, outputs: Doubles, level: float) -> PredictionSets:
        from trimtab.insight.uncertainty import PredictionSets

        calibration = self._need_calibration()
        sets = calibration.sets(outputs, level)
        return PredictionSets(sets, outputs, level, calibration.basis, self.schema.classes)

    def _bounds(self, outputs: Doubles, level: float) -> Intervals:
        from trimtab.insight.uncertainty import Intervals

        calibration = self._need_calibration()
        lower, upper = (bound[:, None] for bound in calibration.interval(outputs, level))
        middle = outputs[:, None]
        return Intervals(lower, upper, middle, np.ones_like(middle), level, calibration.basis)

    def _need_calibration(self) -> ConformityScores:
        if self.calibration is None:
            raise InvalidArgument(
                "this model holds no errors on rows it was not trained on, which intervals need. "
                "Train it with --valid or --test rows."
            )
        return self.calibration

    # -- reading ----------------------------------------------------------------------------------

    def reading(self, options: ReadOptions | None = None) -> ReadOptions:
        """How tables are read: what stood for missing in training stands for it again."""
        from trimtab.tables.files.read_options import ReadOptions

        options = options or ReadOptions()
        spellings = dict.fromkeys((*(self.options.get("missing") or ()), *options.missing))
        return dataclasses.replace(options, missing=tuple(spellings))

    def _read(
        self, data: Any, options: ReadOptions | None, text: Collection[str] | None = None
    ) -> Table:
        from trimtab.tables.files.reading import read
        from trimtab.tables.files.table import Table

        if isinstance(data, Table):
            return data
        known = self.schema.text_columns if text is None else text
        return read(data, self.reading(options), text=known)

    def _layout(
        self, interval: float | None, proba: bool, ids: Sequence[str], all_columns: bool
    ) -> _Layout:
        from trimtab.insight.uncertainty.conformal import check_level

        if interval is not None:
            self._need_calibration().quantile(check_level(interval))  # before anything is read
        if proba and not self.classifies:
            raise InvalidArgument(
                f"{self.target!r} is a number and has no classes. Leave probabilities out, or ask "
                "for an interval."
            )
        if isinstance(ids, str):
            ids = (ids,)
        return _Layout(self, interval, proba, tuple(ids), all_columns)

    # -- evaluating -------------------------------------------------------------------------------

    def evaluate(
        self,
        data: Any,
        *,
        part: str = "all",
        options: ReadOptions | None = None,
        remarks: Remarks | None = None,
    ) -> Scores:
        """How good predictions are on rows whose target is known, with standard errors.

        Rows without a target are left out. Rows of a group count as one draw, where the training
        had groups and the table has their column.

        Args:
            data, options: as in :meth:`predict`; the target's column has to be there.
            part: ``all`` rows, or ``train``, ``valid`` or ``test``: what the training made of this
                same table.
            remarks: collects what is worth knowing, such as that rows were trained on; None: it is
                warned of.

        Errors:
            Those of :meth:`predict`; ``InvalidData`` for a target that is missing or holds what
            training did not see, and where ``part`` is asked of another table.
        """
        from trimtab.predictor.evaluation import evaluate

        found = Remarks() if remarks is None else remarks
        scores = evaluate(self, self._read(data, options), part, found)
        if remarks is None:
            found.warn()
        return scores

    def explain(
        self,
        data: Any,
        *,
        repeats: int = 10,
        seed: int = 0,
        columns: Sequence[str] | None = None,
        options: ReadOptions | None = None,
        remarks: Remarks | None = None,
    ) -> Importance:
        """How much worse it becomes when a column is shuffled, column by column.

        On its validation rows, found again in the table it was trained on; of another table on all
        rows that have a target.

        Args:
            data, options: as in :meth:`predict`; the target's column has to be there.
            repeats: how often each column is shuffled.
            seed: of the shuffling.
            columns: the ones to look at; None: all that it uses.
            remarks: collects what is worth knowing; None: it is warned of.

        Errors:
            Those of :func:`trimtab.predictor.importance.permutation_importance`, and of
            :meth:`predict`.
        """
        from trimtab.predictor.importance import explain

        found = Remarks() if remarks is None else remarks
        importance = explain(
            self,
            self._read(data, options),
            repeats=repeats,
            seed=seed,
            columns=columns,
            remarks=found,
        )
        if remarks is None:
            found.warn()
        return importance

    # -- files ------------------------------------------------------------------------------------

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> Path:
        """Writes all of it to one file, whole or not at all; ``trimtab.load`` reads it back.

        Args:
            filepath: ``.trimtab`` is added where there is no extension.
            overwrite: False refuses to replace a file.

        Returns:
            The path of the file.
        """
        from trimtab.predictor.contents import save_predictor

        return save_predictor(self, filepath, overwrite)


def labels_of(classes: Sequence[Any]) -> NDArray[Any]:
    """Labels as an array of their own type."""
    kinds = {type(label) for label in classes}
    kind = kinds.pop() if len(kinds) == 1 else object
    if kind is int and not all(-(2**63) <= label < 2**63 for label in classes):
        kind = object
    array = np.empty(len(classes), {bool: bool, int: np.int64, float: float}.get(kind, object))
    array[:] = list(classes)
    return array


class _Every(Collection[str]):
    """All columns, whatever they are called."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True)
class _Layout:
    """Which columns a table of predictions has."""

    predictor: Predictor
    interval: float | None
    proba: bool
    ids: tuple[str, ...]
    all_columns: bool

    @property
    def texts(self) -> Collection[str]:
        """Columns to read as they are spelled: what is passed through stays what it was."""
        if self.all_columns:
            return _Every()
        return {*self.predictor.schema.text_columns, *self.ids}

    def frame(self, table: Table, remarks: Remarks) -> pd.DataFrame:
        """The predictions of a table."""
        import pandas as pd

        predictor = self.predictor
        added: dict[str, Any] = {}
        outputs = predictor._outputs(table, remarks, self.ids)
        passed = self._passed(table)
        added[PREDICTION] = predictor._labelled(outputs)
        if self.interval is not None:
            if predictor.classifies:
                sets = predictor._sets(outputs, self.interval).classes()
                added[CLASSES] = ["|".join(map(str, labels)) for labels in sets]
            else:
                bounds = predictor._bounds(outputs, self.interval)
                added[LOWER], added[UPPER] = bounds.lower[:, 0], bounds.upper[:, 0]
        if self.proba:
            for number, label in enumerate(predictor.schema.classes):
                added[f"probability_{label}"] = outputs[:, number]
        clash = [name for name in passed if name in added]
        if clash:
            raise InvalidArgument(
                f"{table.name} has a column {clash[0]!r}, which is the name of a column to add. "
                "Rename it, or pass the columns through that you need: --id COLUMN (ids=[...])."
            )
        frame = table.frame[passed].reset_index(drop=True)
        return pd.concat([frame, pd.DataFrame(added, index=frame.index)], axis=1)

    def _passed(self, table: Table) -> list[str]:
        names = list(table.frame.columns)
        if self.all_columns:
            return names
        # An identifier of the training that is not there is a remark; one asked for now, a mistake.
        own = [name for name in self.predictor.schema.role("id") if name in names]
        missing = [name for name in self.ids if name not in names]
        if missing:
            hint = checks.nearest(missing[0], names)
            raise InvalidData(
                f"{table.name} has no column {checks.listing(missing)} to pass through."
                + (f" {hint}" if hint else f" It has: {checks.listing(names)}.")
            )
        return list(dict.fromkeys((*own, *self.ids)))
