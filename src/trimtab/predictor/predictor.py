"""A trained model that takes tables as they are and predicts in the target's own units."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.named_arguments import named_arguments
from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.deciding import checked_threshold
from trimtab.predictor.layout import Layout
from trimtab.predictor.predicting import (
    calibrated,
    inputs_of_few,
    labelled,
    no_classes,
    or_classes,
    outputs_of_table,
)
from trimtab.predictor.remarks import Remarks
from trimtab.predictor.several.scores import SeveralScores

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.insight.uncertainty import Intervals, PredictionSets
    from trimtab.predictor.importance import Importance
    from trimtab.predictor.scores import Scores
    from trimtab.tables.files.passing.passing import Passing
    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.table import Table

__all__ = ["Predictor"]

#: Rows that are read and predicted at a time.
CHUNK_ROWS = 100_000


class Predictor(PredictorBase):
    """A trained network and everything between a table and its predictions.

    ``trimtab.train`` returns it. Columns are found by name, in any order; unknown columns are
    ignored, and missing ones are listed in one error. The prediction for a row does not depend on
    the other rows.

    Attributes:
        model: the network, or the committee of networks.
        schema: columns, target and task.
        preprocessor: turns columns into the network's inputs; fitted on the training rows.
        history: losses and metrics by epoch, in the target's own units.
        scores: metrics by part: ``valid``, ``test``, ``folds`` (out of fold), if there are.
            :attr:`best_evidence` is the one to quote.
        baseline: predicts the mean or the class frequencies, without a model.
        target: the column that is predicted; of several a tuple of their names.
        targets: the columns that are predicted, as a tuple in any case.
        options: it was trained with, plain data.
        split: how rows were divided, plain data.
        prints: salted hashes of the rows in each part.
        provenance: where data and software come from, plain data.
        calibration: errors on rows it was not trained on; intervals come from them.
        unfinished: the state of a run that is not over.
        deciding: from which probability on the positive class is predicted; None: the most likely
            class is.
        recalibration: corrects the network's probabilities; None: they are as it gives them.
        prescription: what the coaching of ``train(coach=True)`` found; None: there was none. Files
            do not hold it.

    Example:
        >>> import trimtab
        >>> predictor = trimtab.train("red-wine", epochs=1, layers="8 relu")
        >>> predictor.target, predictor.task
        ('quality', 'regression')
        >>> predictor.predict("red-wine").shape
        (1599,)
    """

    # -- predicting -------------------------------------------------------------------------------

    @named_arguments
    def predict(
        self,
        data: Any,
        options: ReadOptions | None = None,
        *,
        threshold: float | None = None,
    ) -> NDArray[Any]:
        """Predicts the target, one value for each row: ``(rows,)``.

        These are numbers in the target's own units (float64), or labels: of the most likely class,
        or with a threshold of :attr:`positive` wherever its probability is at least that. With
        several targets there is a column for each, in the order of ``targets``:
        ``(rows, targets)``.

        Args:
            data: a path, ``"-"``, a data frame (pandas, polars, pyarrow), columns by name, or an
                array or list of rows with the columns of training in their order. A Series or a
                dict of single values is one row, a list of dicts several.
            options: how to read it; what is left out is detected.
            threshold: from which probability on :attr:`positive` is predicted; None: as trained.

        Returns:
            An array of one dimension, for a single row too: ``predict({"x": 1, "z": 2})[0]``.

        Raises:
            InvalidData: columns are missing, or cells are not of their column's kind.
            InvalidArgument: there is a threshold and there are not two classes.

        Warns:
            PredictionWarning: columns are not used, or categories are new.
        """
        least = checked_threshold(threshold, self.targets[0], self.schema.classes)
        return labelled(self, self._outputs_of(data, options), least)

    @named_arguments
    def predict_proba(self, data: Any, options: ReadOptions | None = None) -> Doubles:
        """The probability of each class, ``(rows, classes)``, in the order of :attr:`classes`.

        Args:
            data: as in :meth:`predict`.
            options: as in :meth:`predict`.

        Raises:
            InvalidData: as in :meth:`predict`.
            InvalidArgument: the target is a number.
        """
        if not self.classifies:
            raise InvalidArgument(
                f"{no_classes(self.targets)}. Use predict() or predict_interval()"
                f"{or_classes(self.targets)}."
            )
        return self._outputs_of(data, options)

    @named_arguments
    def predict_interval(
        self, data: Any, level: float = 0.9, options: ReadOptions | None = None
    ) -> Intervals | PredictionSets:
        """Intervals, or sets of classes, that hold the target with probability ``level``.

        With several targets each has its own intervals, a column of ``lower`` and ``upper``; that
        all targets of a row are inside at once is less likely.

        Of a target learned on a log scale, both ends are multiples of the prediction: the larger it
        is, the wider the interval, and no lower end is below 0. Of a target learned as it is, all
        intervals have the same width. ``reach`` says which, with numbers.

        Source: Vovk, Gammerman & Shafer 2005, "Algorithmic learning in a random world" (split
        conformal prediction), with errors on rows that the network was not trained on.

        Args:
            data: as in :meth:`predict`.
            level: share of new rows whose target is inside.
            options: as in :meth:`predict`.

        Raises:
            InvalidData: as in :meth:`predict`, or there were too few rows for this level.
            InvalidArgument: the level is not between 0 and 1, or there were no rows to calibrate
                on.
        """
        return calibrated(self, self._outputs_of(data, options), level)

    @named_arguments
    def predict_frame(
        self,
        data: Any,
        *,
        interval: float | None = None,
        proba: bool = False,
        ids: Sequence[str] = (),
        all_columns: bool = False,
        options: ReadOptions | None = None,
        threshold: float | None = None,
    ) -> pd.DataFrame:
        """Predictions as a table, as ``trimtab predict`` writes it.

        Its columns are identifiers and ``prediction``; on request ``lower`` and ``upper`` (for
        classes: ``classes``, a set) and one probability for each class. With several targets the
        name of the target follows: ``prediction_a``, ``lower_a``, ``upper_a``, ``prediction_b``.
        Columns that are passed through are as they were: text of a CSV file, Arrow's types for
        Parquet, Feather, Arrow and polars, and those of a pandas data frame, whose index stays as
        well.

        Args:
            data: as in :meth:`predict`.
            interval: level of the intervals or sets to add.
            proba: whether to add probabilities.
            ids: columns to pass through, besides the identifiers known from training.
            all_columns: pass all columns through.
            options: as in :meth:`predict`.
            threshold: as in :meth:`predict`.

        Raises:
            InvalidData: as in :meth:`predict` and :meth:`predict_interval`.
            InvalidArgument: as in :meth:`predict_proba` and :meth:`predict_interval`, or a column
                to pass through has the name of one to add.
        """
        layout = Layout.of(self, interval, proba, self._names(ids), all_columns, threshold)
        remarks = Remarks()
        frame = layout.frame(self._read(data, options, layout.passing), remarks)
        remarks.counter().check()
        remarks.warn()
        return frame

    @named_arguments
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
        threshold: float | None = None,
    ) -> Iterator[pd.DataFrame]:
        """The rows of :meth:`predict_frame` in chunks, in constant memory.

        Args:
            source: as in :meth:`predict`.
            rows: most rows of a chunk.
            interval: as in :meth:`predict_frame`.
            proba: as in :meth:`predict_frame`.
            ids: as in :meth:`predict_frame`.
            all_columns: as in :meth:`predict_frame`.
            options: as in :meth:`predict`.
            remarks: collects what is worth knowing; None: a warning at the end.
            threshold: as in :meth:`predict`.

        Raises:
            InvalidData, InvalidArgument: as in :meth:`predict_frame`, at the chunk they concern.
        """
        from trimtab.tables.files.reading import read_chunks

        layout = Layout.of(self, interval, proba, self._names(ids), all_columns, threshold)
        rows = checks.positive_integer("rows", rows)
        found = Remarks() if remarks is None else remarks
        told = self.reading(options)
        texts = self.schema.text_columns
        source = self._as_trained(source)
        for table in read_chunks(source, told, text=texts, rows=rows, passing=layout.passing):
            if not found.rows:
                found.add(table.notes)
            yield layout.frame(table, found)
        found.counter().check()
        if remarks is None:
            found.warn()

    def _outputs_of(self, data: Any, options: ReadOptions | None) -> Doubles:
        remarks = Remarks()
        inputs = inputs_of_few(self, data) if options is None else None
        if inputs is not None:
            outputs = self.outputs_of_inputs(inputs)
            remarks.count(outputs)
        else:
            outputs = outputs_of_table(self, self._read(data, options), remarks)
            remarks.counter().check()
        remarks.warn()
        return outputs

    def _names(self, ids: Any) -> tuple[str, ...]:
        from trimtab.tables.columns.column_options import column_names

        return column_names("ids", ids)

    # -- reading ----------------------------------------------------------------------------------

    def reading(self, options: ReadOptions | None = None) -> ReadOptions:
        """How tables are read: what meant a missing value in training does so again."""
        from trimtab.tables.files.read_options import reading

        options = reading(options)
        spellings = dict.fromkeys((*(self.options.get("missing") or ()), *options.missing))
        return dataclasses.replace(options, missing=tuple(spellings))

    def _read(
        self, data: Any, options: ReadOptions | None, passing: Passing | None = None
    ) -> Table:
        from trimtab.tables.files.passing.passing import NOTHING
        from trimtab.tables.files.reading import read
        from trimtab.tables.files.table import Table

        if isinstance(data, Table):
            if passing is None or len(data.passed.columns):
                return data
            return dataclasses.replace(data, passed=data.frame.set_axis(data.passed.index))
        return read(
            self._as_trained(data),
            self.reading(options),
            text=self.schema.text_columns,
            passing=passing or NOTHING,
        )

    def _as_trained(self, data: Any) -> Any:
        """Rows in memory with the columns of training; a remark says what was taken for them."""
        from trimtab.tables.columns.matching import like_trained

        named, notes = like_trained(self.schema, data)
        remarks = Remarks()
        remarks.add(notes)
        remarks.warn()
        return named

    def _with_target(self, data: Any, y: Any) -> Any:
        """Rows and their targets as one table, where these come apart."""
        from trimtab.tables.files.joining import joined

        return data if y is None else joined(self._as_trained(data), y, self.target)[0]

    # -- evaluating -------------------------------------------------------------------------------

    @named_arguments
    def evaluate(
        self,
        data: Any,
        y: Any = None,
        *,
        part: str = "all",
        options: ReadOptions | None = None,
        remarks: Remarks | None = None,
        threshold: float | None = None,
    ) -> Scores | SeveralScores:
        """Metrics on rows whose target is known, with standard errors.

        Rows without a target, or without one of several, are left out. Rows of a group count as one
        draw if the model was trained with groups and the table has their column.

        Args:
            data: as in :meth:`predict`, with the target's column unless ``y`` is given.
            y: the target of each row, where it is not among the columns: ``evaluate(X, y)``.
            part: ``all`` rows, or those that were ``train``, ``valid`` or ``test`` rows in
                training, for the table that the model was trained on. ``folds`` are the rows of
                the folds, each by the networks that were trained without it.
            options: as in :meth:`predict`.
            remarks: collects what is worth knowing, such as rows that were trained on; None: a
                warning.
            threshold: as in :meth:`predict`.

        Raises:
            InvalidData: as in :meth:`predict`; or the target is missing or holds classes that
                training did not see; or ``part`` is asked of another table.
        """
        from trimtab.predictor.evaluation import evaluate

        found = Remarks() if remarks is None else remarks
        table = self._read(self._with_target(data, y), options)
        scores = evaluate(self, table, part, found, threshold)
        if remarks is None:
            found.warn()
        return scores

    @named_arguments
    def score(self, data: Any, y: Any = None, options: ReadOptions | None = None) -> float:
        """One number, higher is better: R² of numbers (the mean over several), accuracy of classes.

        These are scikit-learn's ``r2_score`` and ``accuracy_score``; with weights in training and a
        column of them here, both are weighted. There is no R² (NaN) of targets that are all the
        same. :meth:`evaluate` has more metrics and their errors.

        Args:
            data: as in :meth:`evaluate`.
            y: as in :meth:`evaluate`.
            options: as in :meth:`predict`.

        Raises:
            InvalidData: as in :meth:`evaluate`.

        Example:
            >>> import trimtab
            >>> x = {"size": [7 * row % 40 for row in range(40)]}
            >>> y = [2.0 * size + 1 for size in x["size"]]
            >>> predictor = trimtab.train(x, y, epochs=1, layers="8 relu")
            >>> predictor.score({"size": [41, 42]}, [83, 85]) < 1
            True
        """
        found = self.evaluate(data, y, options=options)
        if isinstance(found, SeveralScores):
            return float(found.r2.value)
        known = found.metrics.get("accuracy" if self.classifies else "r2")
        return math.nan if known is None else float(known.value)

    @named_arguments
    def explain(
        self,
        data: Any,
        y: Any = None,
        *,
        repeats: int = 10,
        seed: int = 0,
        columns: Sequence[str] | None = None,
        target: str | None = None,
        options: ReadOptions | None = None,
        remarks: Remarks | None = None,
    ) -> Importance:
        """Column importance: how much worse predictions get when a column is shuffled.

        With several targets the error of each counts as a share of the baseline's, and the mean of
        these shares is what grows.

        Uses the validation rows of the table that the model was trained on; of another table, all
        rows that have a target.

        Args:
            data: as in :meth:`evaluate`.
            y: as in :meth:`evaluate`.
            repeats: how often each column is shuffled.
            seed: of the shuffling.
            columns: the ones to measure; None: all that the model uses.
            target: of several targets the one whose error is measured, in its own units; None: all.
            options: as in :meth:`predict`.
            remarks: collects what is worth knowing; None: a warning.

        Raises:
            InvalidData: as in :meth:`predict`; or fewer than two rows have a target.
            InvalidArgument: a column is unknown, or the model does not use it; or it does not
                predict the target.
        """
        from trimtab.predictor.importance import explain

        found = Remarks() if remarks is None else remarks
        importance = explain(
            self,
            self._read(self._with_target(data, y), options),
            repeats=repeats,
            seed=seed,
            columns=columns,
            target=target,
            remarks=found,
        )
        if remarks is None:
            found.warn()
        return importance

    @named_arguments
    def report(
        self,
        path: str | os.PathLike[str],
        data: Any = None,
        y: Any = None,
        *,
        baselines: bool = True,
        private: bool = False,
        facts: str | os.PathLike[str] | None = None,
        options: ReadOptions | None = None,
        remarks: Remarks | None = None,
    ) -> Path:
        """Writes a report on the model: one HTML file that works offline.

        It says how good the model is, what may go wrong, how it was trained, what it relies on and
        which rows it predicts worst. Of the table that it was trained on, rows held out are looked
        at; of another table all rows with a target. Without one the report has what the model
        itself knows.

        Args:
            path: of the page; ``.html`` is added if there is no extension.
            data: as in :meth:`evaluate`; None: no table is at hand.
            y: as in :meth:`evaluate`.
            baselines: whether to train a linear model and gradient boosting on the same rows.
            private: whether to leave every value of a row out.
            facts: a JSON file to write the facts of the report to.
            options: as in :meth:`predict`.
            remarks: collects what is worth knowing; None: a warning.

        Returns:
            The path of the page.

        Raises:
            InvalidArgument: nothing can be written there.
            InvalidData: as in :meth:`evaluate`.

        Example:
            >>> import tempfile
            >>> import trimtab
            >>> predictor = trimtab.train("red-wine", epochs=1, layers="8 relu")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     page = predictor.report(f"{folder}/wine.html", "red-wine", baselines=False)
            ...     "Predicting quality" in page.read_text("utf-8")
            True
        """
        from trimtab.predictor.reporting.facts import Settings
        from trimtab.predictor.reporting.writing import checked_page, facts_of, write_page

        place = checked_page(path)
        settings = Settings(
            checks.boolean("baselines", baselines), checks.boolean("private", private)
        )
        found = Remarks() if remarks is None else remarks
        table = None if data is None else self._read(self._with_target(data, y), options)
        write_page(facts_of(self, table, settings, found), place, facts)
        if remarks is None:
            found.warn()
        return place

    def coach(self, data: Any, **asked: Any) -> Any:
        """Tries what may help beside the options of this predictor, and says what does.

        Args:
            data: the table, as :func:`trimtab.train` takes it: the rows it was trained on, or
                newer ones.
            asked: ``trials``, ``time_limit``, ``splits``, ``metric``, ... of
                :func:`trimtab.coach`.

        Returns:
            The :class:`~trimtab.coaching.Prescription`; its ``predictor`` is trained anew.

        Raises:
            InvalidArgument, InvalidData: as for :func:`trimtab.coach`.
        """
        import importlib

        # By its public name: the coach stands on predictors, so they do not import it.
        return importlib.import_module("trimtab").coach(data, present=self, **asked)

    # -- files ------------------------------------------------------------------------------------

    @named_arguments
    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> Path:
        """Writes the predictor to one file, completely or not at all; ``trimtab.load`` reads it.

        Args:
            filepath: ``.trimtab`` is added if there is no extension.
            overwrite: False refuses to replace a file.

        Returns:
            The path of the file.
        """
        from trimtab.predictor.contents import save_predictor

        return save_predictor(self, filepath, overwrite)

    def to_onnx(self, path: str | os.PathLike[str], **asked: Any) -> Any:
        """Writes an ONNX file that takes raw columns and gives answers, checked on a thousand rows.

        Args:
            path: of the file.
            asked: ``interval``, ``data``, ``overwrite`` of :func:`trimtab.export`.

        Returns:
            What was written, as :func:`trimtab.export` does.

        Raises:
            Unsupported, ExportError, InvalidArgument: as :func:`trimtab.export`.
        """
        import importlib

        # By its public name: files of other formats stand on predictors, which do not import them.
        return importlib.import_module("trimtab").export(self, path, "onnx", **asked)
