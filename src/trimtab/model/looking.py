"""Looking into a trained network: uncertainty, statistics, the probe, folding, the coach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from trimtab import config
from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.engines.base import Rows
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

__all__ = ["Looking"]


class Looking(Network):
    """A network that tells what it is unsure of, what its layers do and what is wrong with it."""

    def predict_samples(self, x: Any, samples: int = 200, seed: int | None = None) -> Floats:
        """Predictions with dropout on, ``(samples, rows, outputs)``: Monte Carlo dropout.

        Batch normalization stays in inference mode, so a row's samples do not depend on the rows
        beside it, and nothing in the model changes. The spread of samples says where the network is
        less sure than elsewhere; its size alone is no confidence: :meth:`predict_interval`
        calibrates it. A layer of your own runs as in training.

        The same seed gives the same bits on any number of threads, whatever ``samples`` is. A mask
        is a function of seed, layer, sample and the row's place in ``x``, modulo 4,096: so many
        rows go through the network as one batch. Masks of whole columns and of kernels are the same
        for all rows of a sample. A layer's own ``seed`` has no part in it. A rate on a schedule is
        that of the next training step, as the layer's ``rate`` says it.

        Source: Gal & Ghahramani 2016, "Dropout as a Bayesian Approximation".

        Args:
            x: rows.
            samples: how many passes.
            seed: of the masks; None: drawn from ``trimtab.config``.

        Raises:
            InvalidArgument: the model has no dropout; all samples would be the same.

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
        return monte_carlo.predict_samples(self, features, samples, drawn)

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
        """Intervals that hold the target of at least ``level`` of new rows; for classes, sets.

        The promise is kept on average over calibration and new rows (coverage is marginal), where
        the calibration rows are exchangeable with the new ones and were used neither for training
        nor for stopping. Rows of the same groups or of another time are not exchangeable: see
        :mod:`trimtab.uncertainty`, and :func:`trimtab.uncertainty.calibrate` for the formulas, the
        arguments and for calibrating once and predicting often.

        Args:
            x: rows.
            level: 0.9 needs at least 9 calibration rows, 0.95 needs 19.
            calibration: ``(x, y)``.
            samples, seed, scaled, floor, groups: as in :func:`~trimtab.uncertainty.calibrate`.

        Raises:
            InvalidData: too few calibration rows.
            InvalidArgument, NotCompiled: what :func:`~trimtab.uncertainty.calibrate` refuses.
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

    def refresh_statistics(
        self, x: Any, batch_size: int | None = None, sample_weight: Any = None
    ) -> None:
        """Gives every batch normalization its mean and variance over these rows.

        They replace the moving averages: nothing is left of batches, of weights as they once were,
        or of dropout, which is off. Layer by layer from the bottom: each sees what the refreshed
        ones before it give in inference mode. Counts, means and second moments of blocks of rows
        are merged exactly, in float64, so that the result depends on neither batch size nor order
        beyond float32 rounding.

        Layers with ``trainable = False`` keep theirs, and so does what is inside a layer of your
        own.

        Cost: about one pass of ``predict`` over the rows; activations are kept from one batch
        normalization to the next. Where they would take more than 256 MiB
        (``trimtab.training.statistics.CACHE_BYTES``) a layer starts from the last ones kept, at
        worst from ``x``: one partial pass for each.

        Source: Wu & Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3. Theirs averages
        over batches in training mode, all layers at once.

        Args:
            x: rows, usually those trained on.
            batch_size: rows computed at a time; by default as many as fill 8 MiB.
            sample_weight: one number a row, at least 0; rows of weight 0 do not count.

        Raises:
            InvalidData: fewer than two rows that count, missing or infinite features, negative
                weights.
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

    def probe(
        self, x: Any, y: Any = None, sample_weight: Any = None, *, max_rows: int = 8192
    ) -> LayerTable:
        """What each layer does with these rows: a table, one row a layer; ``print`` it.

        Mean, standard deviation and share of zeros of what the layer puts out, dead and saturated
        units, gradient and next update relative to the weights, and for batch normalizations how
        far the moving averages lag behind and what a dropout before does to the variance.
        :class:`~trimtab.inspection.LayerRow` says what exactly.

        Nothing in the model changes: no weight, no statistic, no seed, no step.

        Args:
            x: rows, as in :meth:`fit`; one is enough, hundreds say more.
            y: targets; without them there are no gradients and no update.
            sample_weight: as in :meth:`fit`.
            max_rows: more rows than this are thinned out evenly: the activations of all layers are
                held at once.

        Raises:
            NotCompiled: with ``y``, compile comes first.
            InvalidArgument, InvalidData: one message that names what does not fit.

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
            rows = data.as_rows(features, y, sample_weight, self.program())
        return Inspector(self).look(spread_rows(rows, most), self._run_seed or 0)

    def fold_batch_normalization(self) -> FoldedModel:
        """The same predictions with fewer steps: batch normalizations become part of Dense layers.

        In inference a batch normalization is ``x * factor + summand``. It is folded, in float64,

        - into a linear Dense before it, or else
        - into a Dense after it,

        where nothing but dropout, which does nothing in inference, lies in between. Not across an
        activation or the border of a block. Predictions agree within 1e-5 of the largest. They
        would not where means dwarf deviations, as those of raw columns may (a year): what the
        normalization takes off column by column would have to cancel in one float32 sum. So it is
        kept where mean by standard deviation, as a root mean square over the columns with the
        weight that each has in the sum, is above 16.

        The new model is for predicting: it is not compiled, its weights are copies, this model
        stays as it is. Trained further it would be another network, and dropout in training mode
        another dropout. Penalties on weights that were folded are gone.

        Returns:
            ``.model``, ``.folded`` and ``.kept``, the last with reasons; ``print`` shows them.

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

    def check(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = 32,
        epochs: int = 1,
        validation_data: Any = None,
        groups: Any = None,
        *,
        validation_split: float = 0.0,
        statistics: str = "moving",
        last_batch: str = "keep",
        callbacks: Any = None,
    ) -> Findings:
        """What is likely to go wrong, before training: each risk with evidence and a remedy.

        Pass what :meth:`fit` will be given. The rules look at the layers, the compiled optimizer
        and loss, the table and the split; what is not there is left out. Nothing is trained and
        nothing is changed, except that ``x`` builds a model that is not built yet. All rules:
        :class:`trimtab.coach.Code`.

        Args:
            x, y, batch_size, epochs, validation_data, validation_split: as for :meth:`fit`.
            groups: a label for each row of ``x``, rows of one label belonging together (a patient,
                an artist); with ``validation_data`` a pair, ``(groups, groups_valid)``.
            statistics, last_batch, callbacks: as for :meth:`fit`.

        Returns:
            A list of :class:`~trimtab.coach.Finding`, the graver ones first. ``print`` shows it,
            ``to_frame()`` gives a DataFrame.

        Raises:
            InvalidArgument, InvalidData: what :meth:`fit` would refuse, except for values that are
                missing, infinite or out of range: these are findings.

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

        if x is not None:
            self.features(x)
        settings = FitSettings(
            batch_size=checked_batch_size(batch_size),
            epochs=epochs,
            statistics=statistics,
            last_batch=last_batch,
        )
        return check(
            self,
            x,
            y,
            settings,
            validation_data=validation_data,
            validation_split=validation_split,
            groups=groups,
            callbacks=callbacks,
        )
