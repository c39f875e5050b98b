"""Looking into a network: uncertainty, statistics, the probe, folding, the coach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from trimtab import config
from trimtab.core import checks
from trimtab.core.named_arguments import named_arguments
from trimtab.core.words import brief
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument
from trimtab.insight.probe import tracking
from trimtab.nn import data
from trimtab.nn.network import Network
from trimtab.training import statistics
from trimtab.training.settings import FitSettings, checked_batch_size

if TYPE_CHECKING:
    from trimtab.insight.coach import Findings
    from trimtab.insight.probe.table import LayerTable
    from trimtab.insight.uncertainty import Intervals, PredictionSets
    from trimtab.insight.uncertainty.predictive import Predictive
    from trimtab.model.folding import FoldedModel
    from trimtab.training.history import History

__all__ = ["Looking"]


class Looking(Network):
    """A network that reports its uncertainty, what its layers do, and risks in its training."""

    @named_arguments
    def predict_samples(self, x: Any, samples: int = 200, seed: int | None = None) -> Any:
        """Predicts many times with dropout on (Monte Carlo dropout).

        Batch normalization stays in inference mode, so the samples of a row do not depend on the
        other rows, and the model does not change. A larger spread of the samples means that the
        network is less sure; the spread alone is not a calibrated confidence: use
        :meth:`predict_interval` for that. Custom layers run as in training.

        The same seed gives the same bits for any number of threads and samples. A mask depends on
        seed, layer, sample and the row's index in ``x`` modulo 4,096 (the size of a batch). Masks
        of columns and of kernels are the same for all rows of a sample. The ``seed`` of a layer is
        not used. A rate on a schedule is the rate of the next training step.

        Source:
            Gal & Ghahramani 2016, "Dropout as a Bayesian Approximation".

        Args:
            x: rows.
            samples: number of passes.
            seed: of the masks; None: drawn from ``trimtab.config``.

        Returns:
            Samples ``(samples, rows, outputs)``; of several outputs a list of them, or a dict.

        Raises:
            InvalidArgument: the model has no dropout, so all samples would be equal.

        Example:
            >>> import trimtab
            >>> from trimtab import layers
            >>> stack = [layers.Dense(4, input_shape=[2]), layers.Dropout(0.5), layers.Dense(1)]
            >>> model = trimtab.Sequential(stack, seed=1)
            >>> model.predict_samples([[1.0, 2.0]], samples=50, seed=3).shape
            (50, 1, 1)
        """
        from trimtab.insight.uncertainty import monte_carlo

        samples = monte_carlo.checked_samples(samples)
        seed = checks.seed("seed", seed)
        features = self.features(x)
        drawn = config.next_seed() if seed is None else seed
        return self.by_output(monte_carlo.predict_samples(self, features, samples, drawn))

    @named_arguments
    def predict_interval(
        self,
        x: Any,
        level: float = 0.9,
        calibration: Any = None,
        *,
        samples: int = 200,
        seed: int | None = None,
        scaled: bool | None = None,
        floor: float | None = None,
        groups: Any = None,
    ) -> Intervals | PredictionSets:
        """Predicts intervals that contain the target of at least ``level`` of new rows.

        For classes, it predicts sets of classes. The coverage holds on average over calibration
        and new rows (marginal coverage), if the calibration rows are exchangeable with the new
        rows and were used neither for training nor for early stopping. Rows of the same groups or
        of another time are not exchangeable; see :mod:`trimtab.uncertainty`. To calibrate once and
        predict often, and for the formulas, see :func:`trimtab.uncertainty.calibrate`.

        Args:
            x: rows.
            level: share of targets to cover; 0.9 needs at least 9 calibration rows, 0.95 needs
                19.
            calibration: rows to calibrate on, ``(x, y)``.
            samples, seed, scaled, floor, groups: as in :func:`~trimtab.uncertainty.calibrate`.

        Raises:
            InvalidData: too few calibration rows.
            InvalidArgument, NotCompiled: as for :func:`~trimtab.uncertainty.calibrate`.
        """
        from trimtab.insight.uncertainty import calibration as calibrated

        return calibrated.predict_interval(
            cast("Predictive", self),
            x,
            level,
            calibration,
            samples=samples,
            seed=seed,
            scaled=scaled,
            floor=floor,
            groups=groups,
        )

    @named_arguments
    def refresh_statistics(
        self, x: Any, batch_size: int | None = None, sample_weight: Any = None
    ) -> None:
        """Recomputes the mean and variance of every batch normalization over these rows.

        They replace the moving averages, which come from batches, from earlier weights and from
        inputs with dropout. The layers are refreshed in order; each sees the output of the
        refreshed layers before it in inference mode. Means and second moments of blocks of rows
        are merged exactly, in float64, so the result depends on neither batch size nor order,
        except for float32 rounding.

        Layers with ``trainable = False`` and batch normalizations inside custom layers keep their
        statistics.

        The cost is about one pass of ``predict``: activations are kept from one batch
        normalization to the next. If they would take more than 256 MiB
        (``trimtab.training.statistics.CACHE_BYTES``), a layer starts again from the last ones
        kept, or from ``x``.

        Source:
            Wu & Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3. Theirs averages over
            batches in training mode, all layers at once.

        Args:
            x: rows, usually the training rows.
            batch_size: rows computed at a time; by default as many as fill 8 MiB.
            sample_weight: one weight per row, at least 0; rows of weight 0 do not count.

        Raises:
            InvalidData: fewer than two rows of weight above 0, missing or infinite features, or
                negative weights.
            InvalidArgument: every batch normalization is frozen.

        Example:
            >>> import trimtab
            >>> model = trimtab.Sequential([trimtab.layers.BatchNormalization(input_shape=[1])])
            >>> model.refresh_statistics([[1.0], [3.0]])
            >>> [float(w[0]) for w in model.get_weights()]  # gamma, beta, mean, variance
            [1.0, 0.0, 2.0, 1.0]
        """
        size = None if batch_size is None else checked_batch_size(batch_size)
        features = self.features(x)
        weight = data.as_weights(sample_weight, len(features))
        statistics.check(self, features, weight)
        statistics.refresh(self, features, weight, batch_size=size)

    @named_arguments
    def probe(
        self, x: Any, y: Any = None, sample_weight: Any = None, *, max_rows: int = 8192
    ) -> LayerTable:
        """Measures what each layer does with these rows.

        For each layer: mean, standard deviation and share of zeros of its output; dead and
        saturated units; gradient and next update relative to the weights; and for batch
        normalizations, how far the moving averages lag behind and what a dropout before it does to
        the variance. :class:`~trimtab.inspection.LayerRow` defines all of them.

        The model does not change: no weight, statistic, seed or step.

        Args:
            x: rows, as in :meth:`fit`; one is enough, hundreds say more.
            y: targets; without them, gradients and updates are left out.
            sample_weight: as in :meth:`fit`.
            max_rows: if there are more rows, an evenly spaced part is used, because the
                activations of all layers are kept at once.

        Returns:
            A table with one row for each layer; ``print`` shows it.

        Raises:
            NotCompiled: ``y`` was given and the model is not compiled.
            InvalidArgument, InvalidData: an argument or the data does not fit.

        Example:
            >>> import numpy as np
            >>> import trimtab
            >>> from trimtab import layers
            >>> stack = [layers.Input((4,)), layers.Dense(8, activation="relu", name="hidden")]
            >>> model = trimtab.Sequential([*stack, layers.Dense(1)], seed=1)
            >>> table = model.probe(np.eye(4))
            >>> table["hidden"].units, round(table["hidden"].zeros, 2)
            (8, 0.38)
        """
        from trimtab.insight.probe import Inspector
        from trimtab.insight.probe.tracking import spread_rows

        most = checks.positive_integer("max_rows", max_rows)
        features = self.features(x)
        if y is None:
            rows = Rows(features, None, data.as_weights(sample_weight, len(features)))
        else:
            self.need_compile("probe with y")
            rows = data.as_rows(features, y, sample_weight, self.program_for(sample_weight))
        return Inspector(self).look(spread_rows(rows, most), self.known_run_seed() or 0)

    def fold_batch_normalization(self) -> FoldedModel:
        """Makes a model that predicts the same with fewer layers, for faster inference.

        In inference, a batch normalization is ``x * factor + summand``. It is folded, in float64,

        - into a linear Dense before it, or else
        - into a Dense after it,

        if there is nothing but dropout in between. It is not folded across an activation or the
        border of a block. Predictions agree within 1e-5 of the largest one. A batch normalization
        is kept if the means of its inputs are large against their standard deviations (a root mean
        square above 16, weighted as the Dense weights the columns), as for a raw column of years:
        float32 would lose the difference.

        The new model is for predicting only: it is not compiled, its weights are copies, and
        penalties on folded weights are gone. This model does not change.

        Returns:
            A result with ``.model``, ``.folded`` and ``.kept`` (with reasons); ``print`` shows it.

        Raises:
            NotBuilt: the model has no weights yet.

        Example:
            >>> import trimtab
            >>> from trimtab import layers
            >>> stack = [layers.Dense(2, input_shape=[3], name="a"), layers.Dropout(0.5)]
            >>> stack += [layers.BatchNormalization(name="b"), layers.ReLU(name="r")]
            >>> model = trimtab.Sequential([*stack, layers.BatchNormalization(name="c")])
            >>> folded = model.fold_batch_normalization()
            >>> print(folded)
            Folded 1 of 2 batch normalizations:
              b  into a
              c  kept: r before it is no linear Dense, after it the network ends
            >>> len(folded.model.layers)
            4
        """
        from trimtab.model.folding import fold

        return fold(self)

    @named_arguments
    def check(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        validation_data: Any = None,
        groups: Any = None,
        *,
        history: History | None = None,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: Any = None,
        validation_steps: Any = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        statistics: str = "moving",
        freeze_statistics_after: int | None = None,
        track: Sequence[str] = (),
        last_batch: str = "keep",
        resume: Any = None,
    ) -> Findings:
        """Finds what is likely to go wrong in training, or went wrong, with evidence and a remedy.

        Pass the arguments of :meth:`fit`; it takes all of them. The rules look at the layers, the
        compiled optimizer and loss, the data and the split; rules whose input is missing are left
        out, those about the number of steps if there is no ``epochs``. Nothing is trained
        and nothing changes, except that ``x`` builds a model that is not built yet. For all rules
        see :class:`trimtab.findings.Code`.

        After training, pass the ``history`` as well: then the course of the training is looked at,
        too, and what the layers do now. With ``x`` and ``y`` the network is measured: losses in
        inference mode, population statistics, a few steps more at other learning rates, on engines
        of their own. :class:`~trimtab.callbacks.Coach` does the same at the end of a ``fit``, and
        knows more of it.

        Args:
            x, y, batch_size, epochs, validation_data: as for :meth:`fit`.
            groups: a label for each row of ``x``; rows with the same label belong together (a
                patient, an artist). With ``validation_data``, a pair ``(groups, groups_valid)``.
            history: what :meth:`fit` returned.
            verbose, callbacks, validation_split, shuffle, class_weight, sample_weight,
                initial_epoch, steps_per_epoch, validation_steps, validation_batch_size,
                validation_freq, statistics, freeze_statistics_after, track, last_batch, resume: as
                for :meth:`fit`.

        Returns:
            A list of :class:`~trimtab.findings.Finding`, the most severe first. ``print`` shows it,
            ``to_frame()`` makes a DataFrame.

        Raises:
            InvalidArgument, InvalidData: as for :meth:`fit`; values that are missing, infinite or
                out of range are findings instead.

        Example:
            >>> import trimtab
            >>> from trimtab import layers
            >>> model = trimtab.Sequential([layers.Dense(1, activation="sigmoid", name="out")])
            >>> model.compile(optimizer="adam", loss="mae")
            >>> findings = model.check([[0.0], [1.0], [2.0]], [3.0, 4.0, 5.0])
            >>> findings.codes
            ['unreachable-targets']
            >>> findings[0].layer, findings[0].evidence["percent"]  # of the rows: out of reach
            ('out', 100.0)
            >>> print(findings[0].remedy)
            from trimtab import activations
            <BLANKLINE>
            model.layers[-1].activation = activations.linear
        """
        from trimtab.insight.coach import check
        from trimtab.training.history import History

        if history is not None and not isinstance(history, History):
            raise InvalidArgument(
                f"history must be what fit returned, received {brief(history)}. Use "
                "history = model.fit(...)."
            )
        checks.unsupported(
            "check", steps_per_epoch=steps_per_epoch, validation_steps=validation_steps
        )
        if x is not None:
            features = self.features(x)
            # The rules look at the columns of all inputs, and of all targets.
            if len(self.input_widths or ()) > 1 or isinstance(x, Mapping):
                x = features
                if isinstance(validation_data, tuple | list) and validation_data:
                    inner = self.features(validation_data[0], "validation x")
                    validation_data = (inner, *validation_data[1:])
            if len(self.heads) > 1 and self.compiled and y is not None:
                program = self.program()
                y = data.as_rows(features, y, None, program).y
                if isinstance(validation_data, tuple | list) and len(validation_data) > 1:
                    inner = self.features(validation_data[0], "validation x")
                    held = data.as_rows(
                        inner, validation_data[1], None, program, prefix="validation "
                    )
                    validation_data = (held.x, held.y, *validation_data[2:])
        size = checked_batch_size(batch_size)
        settings = FitSettings(
            batch_size=size,
            epochs=1 if epochs is None else epochs,
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
        return check(
            self,
            x,
            y,
            settings,
            history=history,
            validation_data=validation_data,
            validation_split=validation_split,
            groups=groups,
            callbacks=callbacks,
            class_weight=class_weight,
            sample_weight=sample_weight,
            knows_epochs=epochs is not None,
        )
