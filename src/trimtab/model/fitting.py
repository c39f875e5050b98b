"""Training, evaluating and predicting with a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from trimtab.core.named_arguments import named_arguments
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.distributed import say
from trimtab.engines.base import Rows, TrainCall
from trimtab.errors import InvalidArgument
from trimtab.insight.probe import tracking
from trimtab.model import feeding
from trimtab.model.adapting import adapt_front
from trimtab.model.feeding import is_source
from trimtab.model.fit_backup import FitBackup
from trimtab.nn import data
from trimtab.nn.network import Network
from trimtab.training import loop, passes
from trimtab.training.batches import cut
from trimtab.training.callback_list import CallbackList
from trimtab.training.feed import Feed
from trimtab.training.frozen import warn_if_frozen
from trimtab.training.history import History
from trimtab.training.progress import format_logs
from trimtab.training.row_prints import RowPrints
from trimtab.training.settings import FitSettings, checked_batch_size, checked_verbose

__all__ = ["Fitting"]


class Fitting(Network):
    """A network that can be trained and can predict."""

    @named_arguments
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: Any = None,
        validation_steps: Any = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        *,
        statistics: str = "moving",
        freeze_statistics_after: int | None = None,
        track: Sequence[str] = (),
        last_batch: str = "keep",
        resume: str | os.PathLike[str] | None = None,
    ) -> History:
        """Trains the model and returns the history of losses and metrics.

        Args:
            x: rows ``(n, columns)``: array, frame (of pandas, polars, Arrow), scipy sparse matrix
                or list. Frames must have the columns of the first one that the model was trained
                on, in their order (``column_names``). Converted to float32 once; a C-ordered
                float32 array (memory-mapped, too) is not copied. Of several inputs a dict by name,
                a list in their order, or a frame with a column for each. Or batches ``(x, y)`` or
                ``(x, y, sample_weight)``: see below.
            y: targets ``(n,)`` or ``(n, outputs)``; class numbers ``(n,)`` for a sparse loss. Of
                several outputs a dict by name, or a list in their order.
            batch_size: rows per step, 32 by default.
            epochs: index of the final epoch (exclusive); the number of epochs if
                ``initial_epoch`` is 0.
            verbose: 0 silent, 1 a live line, 2 one line per epoch; ``auto``: 1 on a terminal,
                else 2.
            callbacks: a list of :class:`~trimtab.callbacks.Callback` objects.
            validation_split: share of the rows to validate on, taken from the end before
                shuffling.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)``; overrides
                ``validation_split``.
            shuffle: draw a new order of the rows for each epoch, from the model's seed and step.
            class_weight: class number -> weight; other classes have weight 1. Not used in
                validation.
            sample_weight: one weight per row; multiplied with ``class_weight``. Of several outputs
                also a dict by name or a list, with such weights (or None) for each; 0 for rows
                without a target.
            initial_epoch: index of the first epoch, to resume a run.
            steps_per_epoch: batches an epoch, where that is not all of them. The next epoch goes on
                where this one ends; rows of arrays begin anew, in a new order if shuffled.
            validation_steps: batches to validate on: the first ones.
            validation_batch_size: batch size for metrics that average over batches; by default
                ``batch_size``.
            validation_freq: validate every this many epochs, or after the listed epochs (counted
                from 1).
            statistics: which statistics batch normalizations hold outside of training steps.
                ``moving``: moving averages. ``population``: statistics over all training rows, as
                :meth:`refresh_statistics` computes them, before each validation, at the end of
                each epoch that a callback looks at, and at the end. Training steps are the same
                with both. ``sample_weight`` counts for layers with ``weighted=True`` only.
            freeze_statistics_after: number of epochs after which batch normalizations keep their
                statistics and use them in training, as with ``trainable = False``; gamma and beta
                are still trained. With ``statistics="population"`` they are refreshed once more
                before.
            track: what to measure after each epoch and log as ``<layer>/<name>``.
                ``statistics``: how stale the moving averages are (``statistics_distance``,
                ``variance_ratio``). ``layers``: what :meth:`probe` shows, but of training as it
                goes: of the last batches of each epoch that have 256 rows together, with dropout
                and batch statistics, and the gradient and the update of the last of them.
                Neither changes training; see :mod:`trimtab.insight.probe.tracking`.
            last_batch: what to do with rows that do not fill a batch. ``keep``: train on a short
                last batch. ``even``: as many batches, with sizes that differ by at most one, since
                a tiny batch harms batch normalization. ``drop``: leave them out (other rows in
                each epoch if shuffled); loss and metrics are those of the rows trained on.
            resume: folder (or file) of a run that
                :class:`~trimtab.callbacks.BackupAndRestore` has kept: training goes on there and
                ends with the same bits as a run that was never stopped. Model, compilation, data
                and arguments must be those that the run began with; ``epochs`` may be more. The
                callback alone resumes a run, too, if there is one; this insists on it.

        Batches:
            ``x`` may be a :class:`~trimtab.keras.utils.PyDataset`, a generator, a ``DataLoader`` of
            torch, or anything else that gives batches one after the other; ``y`` and
            ``sample_weight`` are in them then. Rows stay in their batch. A ``PyDataset`` makes
            every batch again in each epoch, in a new order of batches with ``shuffle=True``; one is
            in memory at a time. A generator has one pass: without ``steps_per_epoch`` it is read
            once, its rows are kept in memory, and each epoch takes its batches in the order in
            which they came; with ``steps_per_epoch`` each epoch takes the next ones, and nothing is
            kept. One that ends within an epoch ends training, with a warning. Batches for
            validation are read once, before training. What looks at all training rows
            (``statistics="population"``, ``track``, some callbacks) needs rows in memory.

        Returns:
            The :class:`~trimtab.callbacks.History` of this training.

        Raises:
            NotCompiled: the model is not compiled.
            InvalidArgument, InvalidData: an argument or the data does not fit.
            UserWarning: the model has no trainable weight, or batches end too early.
            KeyboardInterrupt: Ctrl-C. The weights are those of the last finished step (of the best
                epoch with ``EarlyStopping(restore_best_weights=True)``); ``fit`` with this
                ``initial_epoch`` resumes there.
            FileFormatError: the run to resume cannot be read.
        """
        self.need_compile("fit")
        size = checked_batch_size(batch_size)
        settings = FitSettings(
            batch_size=size,
            epochs=epochs,
            verbose=verbose,
            shuffle=shuffle,
            initial_epoch=initial_epoch,
            validation_batch_size=size
            if validation_batch_size is None
            else checked_batch_size(validation_batch_size, "validation_batch_size"),
            validation_freq=validation_freq,
            statistics=statistics,
            freeze_statistics_after=freeze_statistics_after,
            track=tracking.checked_track(track),
            last_batch=last_batch,
        )
        rows: Rows | Feed
        if is_source(x) or steps_per_epoch is not None:
            rows, settings = feeding.to_train_on(
                self, x, y, sample_weight, class_weight, settings,
                steps=steps_per_epoch, batch_size=batch_size, validation_split=validation_split,
            )  # fmt: skip
        else:
            features = self.features(x)
            program = self.program_for(sample_weight)
            rows = data.as_rows(features, y, sample_weight, program, class_weight=class_weight)
            self.learn_columns(x)
        warn_if_frozen("fit", self)
        validation = None
        if validation_data is not None:
            validation, settings.validation_batch_size = feeding.to_validate_on(
                self, validation_data, validation_steps, settings.validation_batch_size, verbose
            )
        elif isinstance(validation_split, bool) or validation_split != 0:
            assert isinstance(rows, Rows)
            kept = data.split(len(rows), validation_split)
            rows, validation = _cut(rows, kept)
            if class_weight is not None:  # class weights are not for validation
                held = data.as_weights(sample_weight, len(features))
                validation = Rows(validation.x, validation.y, None if held is None else held[kept:])
            steps = feeding.first_steps(
                "validation_steps", validation_steps, settings.validation_batch_size,
                len(validation),
            )  # fmt: skip
            validation, _ = _cut(validation, steps)
        elif validation_steps is not None:
            raise InvalidArgument(
                f"validation_steps={brief(validation_steps)} counts batches of validation_data, "
                "and there is none. Pass validation_data=(x, y), or leave it out."
            )
        listed = CallbackList(callbacks)
        if isinstance(rows, Feed):
            FitBackup.refuse_batches(rows.what, listed, resume)
            self.row_prints = None
            return loop.fit(self, rows, validation, settings, callbacks)
        adapt_front(self, rows)
        self.row_prints = RowPrints.of(rows, validation)
        trackers = tracking.make_trackers(settings.track, self, rows)
        backup = FitBackup.of(self, rows, validation, settings, listed, resume)
        return loop.fit(self, rows, validation, settings, callbacks, trackers, backup)

    @named_arguments
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: Any = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Computes loss and metrics in inference mode.

        Args:
            x, y, sample_weight: as in :meth:`fit`. Of batches, one is in memory at a time.
            batch_size: batch size for metrics that average over batches; other results do not
                depend on it.
            verbose: 0 silent, else one line.
            steps: batches to take, the first ones; None: all.
            callbacks: callbacks whose test hooks are called.
            return_dict: return a dict with the names.

        Returns:
            The loss, or ``[loss, metric, ...]`` in the order of ``metrics_names``, or a dict.

        Raises:
            NotCompiled: the model is not compiled.
            InvalidArgument, InvalidData: an argument or the data does not fit.
        """
        self.need_compile("evaluate")
        size = checked_batch_size(batch_size)
        verbose = checked_verbose(verbose)
        if is_source(x):
            listed = self._listed(callbacks)
            logs = feeding.evaluate(self, x, y, sample_weight, batch_size, steps, listed, verbose)
        else:
            features = self.features(x)
            rows = data.as_rows(features, y, sample_weight, self.program_for(sample_weight))
            if steps is not None:
                rows, _ = _cut(rows, feeding.first_steps("steps", steps, size, len(rows)))
            listed = self._listed(callbacks, len(rows), size, verbose)
            logs = passes.evaluate(self, rows, size, listed)
        if verbose != 0:
            say(" - ".join(format_logs(logs, ": ")))
        return logs if return_dict else self.scalar_or_list(logs)

    @named_arguments
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: Any = None,
        callbacks: Any = None,
    ) -> Any:
        """Predicts in inference mode.

        Rows are computed in blocks of a fixed size, padded with zeros, so the bits of a prediction
        do not depend on the other rows.

        Args:
            x: rows, or batches as :meth:`fit` takes them; targets in these are left aside.
            batch_size: only what batch hooks of callbacks see, and what ``steps`` counts.
            verbose: accepted; nothing is printed.
            steps: batches to take, the first ones; None: all.
            callbacks: callbacks whose predict hooks are called.

        Returns:
            Predictions ``(n, outputs)``; of several outputs a list of them, or a dict where the
            model's outputs are one.

        Raises:
            InvalidArgument, InvalidData: an argument or the data does not fit.
        """
        size = checked_batch_size(batch_size)
        verbose = checked_verbose(verbose)
        if is_source(x):
            return feeding.predict(self, x, batch_size, steps, self._listed(callbacks), verbose)
        features = self.features(x)
        if steps is not None:
            features = features[: feeding.first_steps("steps", steps, size, len(features))]
        listed = self._listed(callbacks, len(features), size, verbose)
        return self.by_output(passes.predict(self, features, size, listed))

    @named_arguments
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Trains one step, with these rows as the batch.

        The same rows in the same batches give the same numbers as ``fit(shuffle=False)``.

        Args:
            x, y, sample_weight, class_weight: as in :meth:`fit`.
            return_dict: return a dict with the names.

        Returns:
            Loss and metrics before the update, in the form of :meth:`evaluate`.

        Raises:
            NotCompiled: the model is not compiled.
            InvalidArgument, InvalidData: an argument or the data does not fit.
        """
        self.need_compile("train_on_batch")
        features = self.features(x)
        program = self.program_for(sample_weight)
        rows = data.as_rows(features, y, sample_weight, program, class_weight=class_weight)
        self.learn_columns(x)
        engine = self.training_engine()
        self.position = None
        self.runner.moving()
        result = engine.train(
            TrainCall(
                rows,
                batch_size=len(rows),
                seed=self.run_seed(),
                learning_rates=self.optimizer.learning_rates(self.runner.step, 1),
                dropout_rates=self.dropout_rates(engine),
                predictions=bool(self.meters),
            )
        )
        self.runner.step += result.steps
        self.optimizer.iterations = self.runner.step
        return self._batch_logs(rows, float(result.loss), result.predictions, return_dict)

    @named_arguments
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Computes loss and metrics of one batch in inference mode; see :meth:`evaluate`."""
        self.need_compile("test_on_batch")
        features = self.features(x)
        rows = data.as_rows(features, y, sample_weight, self.program_for(sample_weight))
        result = self.inference_engine().evaluate(rows, predictions=bool(self.meters))
        return self._batch_logs(rows, float(result.loss), result.predictions, return_dict)

    @named_arguments
    def predict_on_batch(self, x: Any) -> Any:
        """Predicts for one batch; the same as :meth:`predict`."""
        return self.predict(x, verbose=0)

    def validation_rows(self, given: Any) -> Rows:
        """What was passed as ``validation_data``, converted.

        Raises:
            InvalidArgument, InvalidData: it does not fit.
        """
        return feeding.to_validate_on(self, given, None, 1)[0]

    def _listed(
        self, callbacks: Any, rows: int | None = None, batch_size: int = 1, verbose: Any = 0
    ) -> CallbackList | None:
        """Callbacks that know the model, and the steps where the number of rows is known."""
        if callbacks is None:
            return None
        listed = CallbackList(callbacks)
        listed.set_model(self)
        if rows is not None:
            steps = cut(rows, batch_size).steps
            listed.set_params({"verbose": verbose, "epochs": 1, "steps": steps})
        return listed

    def _batch_logs(
        self, rows: Rows, loss: float, predictions: Floats | None, return_dict: bool
    ) -> Any:
        logs = {"loss": loss}
        if predictions is not None and self.meters:
            assert rows.y is not None
            logs |= self.meters.measure(rows.y, predictions, rows.weight, (0, len(rows)))
        return logs if return_dict else self.scalar_or_list(logs)


def _cut(rows: Rows, kept: int) -> tuple[Rows, Rows]:
    def part(rows_of: slice) -> Rows:
        weight = None if rows.weight is None else rows.weight[rows_of]
        assert rows.y is not None
        return Rows(rows.x[rows_of], rows.y[rows_of], weight)

    return part(slice(None, kept)), part(slice(kept, None))
