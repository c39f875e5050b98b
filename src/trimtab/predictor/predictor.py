"""A trained model that knows its table: from rows as they come to predictions in their units."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.layout import Layout
from trimtab.predictor.predicting import calibrated, labelled, outputs_of_table
from trimtab.predictor.remarks import Remarks

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.insight.uncertainty import Intervals, PredictionSets
    from trimtab.predictor.importance import Importance
    from trimtab.predictor.scores import Scores
    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.files.table import Table

__all__ = ["Predictor"]

#: Rows that are read and predicted at a time.
CHUNK_ROWS = 100_000


class Predictor(PredictorBase):
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
        return labelled(self, self._outputs_of(data, options))

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
        return calibrated(self, self._outputs_of(data, options), level)

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
        layout = Layout.of(self, interval, proba, ids, all_columns)
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

        layout = Layout.of(self, interval, proba, ids, all_columns)
        rows = checks.positive_integer("rows", rows)
        found = Remarks() if remarks is None else remarks
        told = self.reading(options)
        for table in read_chunks(source, told, text=layout.texts, rows=rows):
            if not found.rows:
                found.add(table.notes)
            yield layout.frame(table, found)
        if remarks is None:
            found.warn()

    def _outputs_of(self, data: Any, options: ReadOptions | None) -> Doubles:
        remarks = Remarks()
        outputs = outputs_of_table(self, self._read(data, options), remarks)
        remarks.warn()
        return outputs

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
