"""The model: layers in a row, with everything Keras users call on it."""

from __future__ import annotations

import json
import operator
import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab import checks, config, engines
from trimtab.distributed import say
from trimtab.engines.base import DropoutRates, Engine, EngineState, Floats, Rows
from trimtab.engines.eager import as_mask
from trimtab.engines.weights import initialize
from trimtab.errors import InvalidArgument, NotBuilt, NotCompiled, Unsupported
from trimtab.layers import InputLayer, Layer, Weight
from trimtab.layers import deserialize as layer_from
from trimtab.layers import serialize as layer_record
from trimtab.layers.base import automatic_name, width_of_shape
from trimtab.program import Builder, Program
from trimtab.program.freeze import freeze_statistics
from trimtab.registration import CustomObjectScope
from trimtab.training import data, loop, statistics
from trimtab.training.batches import cut
from trimtab.training.callbacks.base import CallbackList
from trimtab.training.history import History
from trimtab.training.metering import Meters
from trimtab.training.progress import format_logs
from trimtab.training.row_prints import RowPrints
from trimtab.training.runner import Runner

if TYPE_CHECKING:
    from trimtab.coach import Findings
    from trimtab.folding import FoldedModel
    from trimtab.inspection import LayerTable
    from trimtab.uncertainty import Intervals, PredictionSets

__all__ = ["Sequential", "clone_model"]


class _Owners:
    """The models that hold a layer; usually one. What a layer asks, each of them is asked.

    At most one of them holds newer values of a shared layer in its engine: training a model first
    reads back from the others.
    """

    def __init__(self) -> None:
        self._references: list[weakref.ref[Sequential]] = []

    def models(self) -> list[Sequential]:
        return [model for model in (reference() for reference in self._references) if model]

    def add(self, model: Sequential) -> None:
        if not any(known is model for known in self.models()):
            self._references.append(weakref.ref(model))

    def time(self) -> tuple[int, int | None]:
        """Batches trained, and those of an epoch as far as that is known, of the first of them."""
        for model in self.models():
            return model.runner.step, model.epoch_steps
        return 0, None

    def remove(self, model: Sequential) -> None:
        self._references = [r for r in self._references if r() is not model and r() is not None]

    def pull(self) -> None:
        for model in self.models():
            model.pull()

    def touched(self) -> None:
        for model in self.models():
            model.touched()


class Sequential:
    """Layers in a row: each takes what the one before it gives.

    It is built (its weights get shapes and first values) as soon as the width of its input is
    known: by :class:`~trimtab.layers.Input` or ``input_shape=`` in front, by :meth:`build`, or
    by the first data.

    Args:
        layers: the layers, in order; more can be added with :meth:`add`.
        trainable: False freezes all layers.
        name: of the model.
        seed: of first weights, row orders and dropout masks; by default drawn from
            ``trimtab.config`` (reproducible after ``set_random_seed``).

    Attributes:
        history: the :class:`~trimtab.callbacks.History` of the last ``fit``, or None.
        optimizer: set by :meth:`compile`.
        stop_training: set it to True in a callback to end training.

    Errors:
        Something that is not a layer, two layers of one name, an ``Input`` that is not first.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> x = np.linspace(-1, 1, 64, dtype="float32").reshape(-1, 1)
        >>> model = trimtab.Sequential(
        ...     [layers.Dense(8, activation="relu", input_shape=[1]), layers.Dense(1)], seed=3
        ... )
        >>> model.compile(optimizer="adam", loss="mae")
        >>> history = model.fit(x, x[:, 0], epochs=2, verbose=0)
        >>> model.predict(x).shape
        (64, 1)
    """

    def __init__(
        self,
        layers: Sequence[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        if isinstance(layers, str) or (layers is not None and not hasattr(layers, "__iter__")):
            raise InvalidArgument(
                f"Sequential takes a list of layers, received {layers!r}. "
                "Use Sequential([Dense(64), Dense(1)])."
            )
        self.name = automatic_name(type(self).__name__) if name is None else str(name)
        self._layers: list[Layer] = []
        self._input: InputLayer | None = None
        self._width: int | None = None  # input columns, once built
        self._fixed_seed = checks.seed("seed", seed)
        self._seed: int | None = self._fixed_seed
        self._run_seed: int | None = self._fixed_seed
        self._eager_calls = 0
        self._lowered: tuple[list[Any], Program] | None = None
        self.runner = Runner()
        self.position: loop.Position | None = None
        self.epoch_steps: int | None = None  # batches of an epoch, in the last fit
        self.history: History | None = None
        self.row_prints: RowPrints | None = None  # of the last fit
        self.stop_training = False
        self.statistics_frozen = False  # by fit: whatever the layers say
        self.optimizer: Any = None
        self.loss: Any = None
        self._loss: Any = None
        self._metric_specs: tuple[list[Any], list[Any]] = ([], [])
        self._meters: Meters | None = None
        for layer in layers or ():
            self._append(layer)
        if not checks.boolean("trainable", trainable):
            self.trainable = False
        self._build_if_known()

    # -- structure ------------------------------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Adds a layer at the end; the weights of the others stay.

        Raises:
            InvalidArgument: not a layer, a name that is taken, an ``Input`` behind other layers.
        """
        self._append(layer)
        self._build_if_known()

    def pop(self) -> Layer:
        """Takes the last layer off and returns it."""
        if not self._layers:
            raise InvalidArgument(f"{self.name} has no layers to take off.")
        self.pull()
        layer = self._layers.pop()
        layer._owner.remove(self)
        if not layer._owner.models():
            layer._owner = None
        self._changed()
        if not self._layers:
            self._width = None
        return layer

    def build(self, input_shape: Any = None) -> None:
        """Gives all weights their shapes and first values.

        Args:
            input_shape: ``(None, n)``, ``(n,)`` or ``n``; may be left out where an ``Input`` or
                ``input_shape=`` says it.
        """
        width = self._known_width() if input_shape is None else width_of_shape(input_shape)
        if width is None:
            raise NotBuilt(
                f"{self.name} does not know how many columns its input has. Put Input((n,)) "
                "first, or call build((None, n)) or fit()."
            )
        self._build(width)

    @property
    def built(self) -> bool:
        """Whether all weights have shapes and values."""
        return self._width is not None and all(layer.built for layer in self._layers)

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the ``Input``."""
        return list(self._layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or number.

        Raises:
            InvalidArgument: no such layer, or not exactly one of the two given.
        """
        if (name is None) == (index is None):
            raise InvalidArgument("get_layer takes a name or an index, one of the two.")
        if index is not None:
            if not -len(self._layers) <= index < len(self._layers):
                raise InvalidArgument(
                    f"index {index} is out of range: {self.name} has {len(self._layers)} layers."
                )
            return self._layers[index]
        for layer in self._layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self._layers]
        raise InvalidArgument(
            f"{self.name} has no layer {name!r}. {checks.nearest(name, names)} "
            f"Layers are: {', '.join(names)}."
        )

    @property
    def input_shape(self) -> tuple[None, int]:
        """``(None, n)``."""
        return (None, self._built_width())

    @property
    def output_shape(self) -> tuple[None, int]:
        """``(None, n)``."""
        self._built_width()
        width = self._layers[-1].output_width
        assert width is not None
        return (None, width)

    @property
    def trainable(self) -> bool:
        """Whether any layer may be trained. Setting it sets all layers.

        Takes effect at the next training call.
        """
        return any(layer.trainable for layer in self._layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._layers:
            layer.trainable = value

    # -- weights --------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Weight]:
        """All weights, layer by layer."""
        return [weight for layer in self._layers for weight in layer.all_weights()]

    @property
    def variables(self) -> list[Weight]:
        """:attr:`weights`."""
        return self.weights

    @property
    def trainable_weights(self) -> list[Weight]:
        return [weight for weight in self.weights if weight.trainable]

    @property
    def trainable_variables(self) -> list[Weight]:
        """:attr:`trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_weights(self) -> list[Weight]:
        return [weight for weight in self.weights if not weight.trainable]

    @property
    def non_trainable_variables(self) -> list[Weight]:
        """:attr:`non_trainable_weights`."""
        return self.non_trainable_weights

    def get_weights(self) -> list[Floats]:
        """Copies of all arrays: kernel, bias; gamma, beta, moving mean, moving variance."""
        self.pull()
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Sets all arrays; nothing changes if one of them does not fit.

        Raises:
            InvalidArgument: another number of arrays, or an array of another shape.
        """
        self._built_width()
        own = self.weights
        if len(own) != len(weights):
            raise InvalidArgument(
                f"{self.name} has {len(own)} weights, received {len(weights)} arrays."
            )
        arrays = [np.asarray(value, dtype=np.float32) for value in weights]
        for weight, array in zip(own, arrays, strict=True):
            if weight.shape != array.shape:
                raise InvalidArgument(
                    f"{weight.path} has shape {weight.shape}, received an array of shape "
                    f"{array.shape}."
                )
        for weight, array in zip(own, arrays, strict=True):
            weight.assign(array)

    def count_params(self) -> int:
        """Numbers held by all weights, moving statistics included."""
        self._built_width()
        return sum(weight.size for weight in self.weights)

    def optimizer_numbers(self) -> int:
        """Numbers the optimizer keeps; 0 before the first training step."""
        self.pull()
        return sum(slots.size for slots in self.runner.slots.values())

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints a table of the layers; ``print_fn`` is called once a line.

        Example:
            >>> import trimtab
            >>> from trimtab import layers
            >>> model = trimtab.Sequential(name="small")
            >>> model.add(layers.Dense(4, input_shape=[2], name="hidden"))
            >>> model.add(layers.Dropout(0.5, name="drop"))
            >>> model.summary()
            Model: "small"
            ─────────────────────────────────────
            Layer (type)    Output Shape  Param #
            ═════════════════════════════════════
            hidden (Dense)  (None, 4)          12
            drop (Dropout)  (None, 4)           0
            ─────────────────────────────────────
            Total params: 12 (48.00 B)
            Trainable params: 12 (48.00 B)
            Non-trainable params: 0 (0.00 B)
        """
        from trimtab.summary import print_summary

        checks.unsupported("summary", layer_range=layer_range)
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable)

    # -- calling --------------------------------------------------------------------------------

    def __call__(self, x: ArrayLike, training: bool = False, mask: Any = None) -> Floats:
        """Runs the model on an array ``(rows, columns)`` as one batch.

        Args:
            x: the rows.
            training: True as in a training step: dropout drops, batch normalization uses the
                batch and moves its averages. A rate on a schedule is that of the next batch.
            mask: ``(rows,)`` of True and False: False leaves a row out of batch statistics.
        """
        if isinstance(x, InputLayer):
            raise Unsupported(
                "The functional API is not there. Put the layers into Sequential([...]); "
                "layers.Residual adds a block to its own input."
            )
        features = self._features(x)
        rows = as_mask(mask, len(features))
        training = bool(training)
        engine = self.training_engine() if training else self.inference_engine()
        if training:
            self._eager_calls += 1
            self.runner.moving()
        return engine.forward(
            features,
            training=training,
            seed=self.run_seed(),
            step=(1 << 31) + self._eager_calls,
            dropout_rates=self._dropout_rates(engine) if training else None,
            mask=rows,
        )

    # -- compiling ------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = None,
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: Any = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
        *,
        engine: str = "auto",
        devices: Any = None,
        precision: str | None = None,
    ) -> None:
        """Says what training minimizes, how, and what it reports.

        Args:
            optimizer: a name, a configuration or an optimizer. It has to be named: Keras'
                default, rmsprop, is not there.
            loss: a name, a configuration or a loss.
            loss_weights: not there; several outputs in one vector share one loss.
            metrics: names, metrics, or functions of ``(y_true, y_pred)``; they ignore sample
                weights.
            weighted_metrics: the same, using sample weights.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: accepted for Keras'
                sake; they change nothing here.
            engine: ``native`` (C++ on the CPU), ``jax`` (CPUs, GPUs, TPUs; needs the extra
                ``trimtab[jax]``), or ``auto``: what ``TRIMTAB_ENGINE`` says, else native, and jax
                where a layer or loss of your own, ``devices`` or ``precision`` ask for it.
            devices: of the jax engine: None for the first one (all, where several processes run
                together), ``"all"``, or a list of numbers or JAX devices. The rows of a batch are
                split over them; the numbers stay the same.
            precision: ``float32``, or ``mixed_bfloat16`` for accelerators: products and
                activations in bfloat16, weights, statistics, loss and optimizer in float32. None:
                what ``trimtab.config.set_dtype_policy`` said, ``float32`` at first.

        Raises:
            InvalidArgument: an unknown name, with the nearest known one; an engine that cannot do
                what is asked for.

        A new optimizer starts anew: step 0, no momentum. The one the model already has, passed
        again, goes on.
        """
        from trimtab import losses, optimizers
        from trimtab.metrics import resolve_metric

        if optimizer is None:
            raise InvalidArgument(
                "compile needs an optimizer (Keras' default, rmsprop, is not there). "
                "Use optimizer='adam'."
            )
        if loss is None:
            raise InvalidArgument("compile needs a loss. Use loss='mae' or another one.")
        if isinstance(loss, list | tuple):
            loss = _only("loss", list(loss))
        checks.unsupported("compile", loss_weights=loss_weights)
        precision = config.dtype_policy() if precision is None else config.check_policy(precision)
        choice = {"engine": engine, "devices": devices, "precision": precision}
        engines.check_choice(**choice)
        new_optimizer = optimizers.get(optimizer)
        new_loss = losses.get(loss)
        specs = (
            _metric_list("metrics", metrics),
            _metric_list("weighted_metrics", weighted_metrics),
        )
        operation = new_loss.lower()
        for spec in specs[0] + specs[1]:  # refuse unknown names now, not at the first fit
            resolve_metric(spec, operation, self._output_width() or 1)

        self.pull()
        if self.optimizer is not new_optimizer or (self._loss.lower(), self._metric_specs) != (
            operation,
            specs,
        ):
            self.position = None  # else another engine goes on in the middle of an epoch
        if new_optimizer is not self.optimizer:
            self.runner.forget()
            self._run_seed = self._fixed_seed
        self.optimizer, self.loss, self._loss = new_optimizer, loss, new_loss
        self._metric_specs, self._meters = specs, None
        self.runner.choose(**choice)

    @property
    def compiled(self) -> bool:
        """Whether :meth:`compile` was called."""
        return self.optimizer is not None

    @property
    def meters(self) -> Meters:
        """The compiled metrics, for the training loop."""
        if self._meters is None:
            from trimtab.metrics import resolve_metric

            operation = self._loss.lower()
            width = self.output_shape[1]
            plain, weighted = (
                [resolve_metric(spec, operation, width) for spec in specs]
                for specs in self._metric_specs
            )
            self._meters = Meters(plain, weighted)
        return self._meters

    @property
    def metrics(self) -> list[Any]:
        """The compiled metrics; empty before the model is built."""
        return self.meters.metrics if self.compiled and self.built else []

    @property
    def named_metrics(self) -> dict[str, Any]:
        """The compiled metrics by the names they are reported under."""
        return dict(zip(self.meters.names, self.metrics, strict=True)) if self.metrics else {}

    @property
    def metrics_names(self) -> list[str]:
        """What :meth:`evaluate` returns, in order."""
        self._need_compile("metrics_names")
        return ["loss", *(self.meters.names if self.built else [])]

    def reset_metrics(self) -> None:
        """Starts the running metrics over (each epoch and each evaluation does so by itself)."""
        if self.compiled and self.built:
            self.meters.reset()

    # -- training -------------------------------------------------------------------------------

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
    ) -> History:
        """Trains, and returns what happened epoch by epoch.

        Args:
            x: rows ``(n, columns)``: array, DataFrame, scipy sparse matrix or list. Converted to
                float32 once; C-ordered float32 (memory-mapped too) is used without a copy.
            y: targets ``(n,)`` or ``(n, outputs)``; class numbers ``(n,)`` for a sparse loss.
            batch_size: rows of a step, 32 by default; a short last batch is trained on and counts
                by its rows (see last_batch).
            epochs: number of the epoch to end before, from 0.
            verbose: 0 silent, 1 a live line, 2 a line an epoch; ``auto``: 1 on a terminal, else 2.
            callbacks: :class:`~trimtab.callbacks.Callback` objects.
            validation_split: share of the rows, taken from the end before any shuffling.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)``; goes before the split.
            shuffle: a new order each epoch, from the model's seed and step.
            class_weight: class number -> weight; classes not named weigh 1. Not for validation.
            sample_weight: one number a row; multiplies with class_weight.
            initial_epoch: number of the first epoch, to go on with a run.
            steps_per_epoch, validation_steps: not there; must be None.
            validation_batch_size: what metrics that are means over batches see.
            validation_freq: validate every so many epochs, or after the epochs (from 1) listed.
            statistics: what batch normalizations hold when somebody looks. ``moving``: their moving
                averages. ``population``: their statistics over the training rows, as
                :meth:`refresh_statistics` computes them, before each validation, at the end of
                epochs at which a callback looks on, and at the end; training goes on from there.
                Training steps are the same either way. Of ``sample_weight`` only layers with
                ``weighted=True`` make use.
            freeze_statistics_after: number of epochs after which the statistics stay as they are
                and training uses them, as with ``trainable = False``, while gamma and beta go on
                moving. With ``statistics="population"`` they are refreshed before that, once more.
            track: what to look at after each epoch, logged under ``<layer>/<name>`` in the history:
                ``statistics``, how stale the moving averages are (``statistics_distance``,
                ``variance_ratio``; see :mod:`trimtab.training.tracking`); ``layers``, what
                :meth:`probe` shows, over 256 of the rows. Training stays the same.
            last_batch: what becomes of rows that do not fill a batch. ``keep``: a short last batch.
                ``even``: no tiny batch, which batch normalization suffers from: as many batches, of
                sizes that differ by at most one. ``drop``: left out, in each epoch others where it
                is shuffled; loss and metrics are those of the rows trained on.

        Raises:
            NotCompiled: compile comes first.
            InvalidArgument, InvalidData: one message that names what does not fit.
            KeyboardInterrupt: Ctrl-C; the weights are those of the last finished step (or of the
                best epoch with ``EarlyStopping(restore_best_weights=True)``), and ``fit`` with
                ``initial_epoch`` goes on from there.
        """
        self._need_compile("fit")
        checks.unsupported(
            "fit", steps_per_epoch=steps_per_epoch, validation_steps=validation_steps
        )
        size = loop.checked_batch_size(batch_size)
        settings = loop.FitSettings(
            batch_size=size,
            epochs=epochs,
            verbose=verbose,
            shuffle=shuffle,
            initial_epoch=initial_epoch,
            validation_batch_size=size
            if validation_batch_size is None
            else loop.checked_batch_size(validation_batch_size, "validation_batch_size"),
            validation_freq=validation_freq,
            statistics=statistics,
            freeze_statistics_after=freeze_statistics_after,
            track=track,
            last_batch=last_batch,
        )
        features = self._features(x)
        program = self._program()
        rows = data.as_rows(features, y, sample_weight, program, class_weight=class_weight)
        validation = None
        if validation_data is not None:
            validation = self._validation(validation_data, program)
        elif isinstance(validation_split, bool) or validation_split != 0:
            kept = data.split(len(rows), validation_split)
            rows, validation = _cut(rows, kept)
            if class_weight is not None:  # class weights are not for validation
                held = data.as_weights(sample_weight, len(features))
                validation = Rows(validation.x, validation.y, None if held is None else held[kept:])
        self.row_prints = RowPrints.of(rows, validation)
        return loop.fit(self, rows, validation, settings, callbacks)

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
        """Loss and metrics in inference mode.

        Args:
            x, y, sample_weight: as in :meth:`fit`.
            batch_size: what metrics that are means over batches see; all else is independent of it.
            verbose: 0 silent, else one line.
            steps: not there; must be None.
            callbacks: their test hooks are called.
            return_dict: names with the numbers.

        Returns:
            The loss, or ``[loss, metric, ...]`` in the order of ``metrics_names``, or a dict.
        """
        self._need_compile("evaluate")
        checks.unsupported("evaluate", steps=steps)
        size = loop.checked_batch_size(batch_size)
        verbose = loop.checked_verbose(verbose)
        features = self._features(x)
        rows = data.as_rows(features, y, sample_weight, self._program())
        logs = loop.evaluate(self, rows, size, self._listed(callbacks, len(rows), size, verbose))
        if verbose != 0:
            say(" - ".join(format_logs(logs, ": ")))
        return logs if return_dict else self._flat(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: Any = None,
        callbacks: Any = None,
    ) -> Floats:
        """Predictions ``(n, outputs)`` in inference mode.

        Rows are computed in zero-padded blocks of one fixed size, so that the bits of a row's
        prediction do not depend on the rows beside it.

        Args:
            x: rows.
            batch_size: accepted, and only what batch hooks of callbacks see: blocks are fixed.
            verbose: accepted; nothing is printed.
            steps: not there; must be None.
            callbacks: their predict hooks are called.
        """
        checks.unsupported("predict", steps=steps)
        size = loop.checked_batch_size(batch_size)
        verbose = loop.checked_verbose(verbose)
        features = self._features(x)
        listed = self._listed(callbacks, len(features), size, verbose)
        return loop.predict(self, features, size, listed)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step on these rows as one batch.

        Returns:
            Loss and metrics as seen before the update, as :meth:`evaluate` returns them. The same
            rows in the same batches give the same numbers as ``fit(shuffle=False)``.
        """
        self._need_compile("train_on_batch")
        features = self._features(x)
        program = self._program()
        rows = data.as_rows(features, y, sample_weight, program, class_weight=class_weight)
        engine = self.training_engine()
        self.position = None
        self.runner.moving()
        result = engine.train(
            rows,
            None,
            batch_size=len(rows),
            seed=self.run_seed(),
            learning_rates=self.optimizer.learning_rates(self.runner.step, 1),
            dropout_rates=self._dropout_rates(engine),
            predictions=bool(self.meters),
        )
        self.runner.step += result.steps
        self.optimizer.iterations = self.runner.step
        return self._batch_logs(rows, float(result.loss), result.predictions, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics of these rows in inference mode, as :meth:`evaluate` returns them."""
        self._need_compile("test_on_batch")
        features = self._features(x)
        rows = data.as_rows(features, y, sample_weight, self._program())
        result = self.inference_engine().evaluate(rows, predictions=bool(self.meters))
        return self._batch_logs(rows, float(result.loss), result.predictions, return_dict)

    def predict_on_batch(self, x: Any) -> Floats:
        """:meth:`predict`."""
        return self.predict(x, verbose=0)

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
        from trimtab.uncertainty import monte_carlo

        samples = monte_carlo.checked_samples(samples)
        seed = checks.seed("seed", seed)
        features = self._features(x)
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
        from trimtab.uncertainty import calibration as calibrated

        return calibrated.predict_interval(
            self,
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
        size = None if batch_size is None else loop.checked_batch_size(batch_size)
        features = self._features(x)
        weight = data.as_weights(sample_weight, len(features))
        statistics.check(self, features, weight)
        statistics.refresh(self, features, weight, batch_size=size)

    # -- looking inside -------------------------------------------------------------------------

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
        from trimtab.inspection import Inspector
        from trimtab.training.tracking import spread_rows

        most = checks.positive_integer("max_rows", max_rows)
        features = self._features(x)
        if y is None:
            rows = Rows(features, None, data.as_weights(sample_weight, len(features)))
        else:
            self._need_compile("probe with y")
            rows = data.as_rows(features, y, sample_weight, self._program())
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
        from trimtab.folding import fold

        return fold(self)

    # -- the coach ------------------------------------------------------------------------------

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
        from trimtab.coach import check

        if x is not None:
            self._features(x)
        settings = loop.FitSettings(
            batch_size=loop.checked_batch_size(batch_size),
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

    # -- files ----------------------------------------------------------------------------------

    def save(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, **options: Any
    ) -> None:
        """Writes architecture, weights, optimizer, history and random state to one file.

        ``trimtab.load_model`` gives the model back, ready to go on training with the same bits.
        The file is written under another name first: a save that fails leaves what was there.

        Args:
            filepath: ``.trimtab`` is added where there is no extension.
            overwrite: False refuses to replace a file.

        Raises:
            InvalidArgument: an extension of Keras' own formats, or a file that is there.
        """
        from trimtab.bundle import save_model

        checks.unknown_arguments("save", options, ["filepath", "overwrite"])
        save_model(self, filepath, overwrite=overwrite)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Writes weights and optimizer state, without the architecture; see :meth:`save`."""
        from trimtab.bundle import save_weights

        save_weights(self, filepath, overwrite=overwrite)

    def load_weights(self, filepath: str | os.PathLike[str], **options: Any) -> None:
        """Reads weights from a file of :meth:`save_weights` or :meth:`save`.

        They are matched in order and must have the same names and shapes; names of layers do not
        matter. Optimizer state is taken over where this model is compiled with the same kind of
        optimizer. Nothing changes if the file does not fit.

        Raises:
            FileFormatError: the file is damaged or foreign, or does not fit this model.
        """
        from trimtab.bundle import load_weights

        checks.unknown_arguments("load_weights", options, ["filepath"])
        load_weights(self, filepath)

    def get_config(self) -> dict[str, Any]:
        """The architecture as plain data; no weights, no compilation."""
        layers = [layer_record(layer) for layer in self._layers]
        if self._input is not None:
            layers.insert(0, layer_record(self._input))
        record: dict[str, Any] = {"name": self.name, "layers": layers}
        width = self._width if self._width is not None else self._known_width()
        if width is not None:
            record["build_input_shape"] = [None, width]
        if self._fixed_seed is not None:
            record["seed"] = self._fixed_seed
        return record

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Sequential:
        """A new model of this architecture; its weights are drawn anew.

        Args:
            config: what :meth:`get_config` gave.
            custom_objects: name -> class, for layers of one's own that are not registered.
        """
        with CustomObjectScope(custom_objects):
            model = cls._unbuilt(config)
            shape = config.get("build_input_shape")
            if shape is not None:
                model.build(shape)
        return model

    def to_json(self, **options: Any) -> str:
        """:meth:`get_config` as JSON."""
        record = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(record, **options)

    @classmethod
    def _unbuilt(cls, config: dict[str, Any]) -> Sequential:
        """The layers of a configuration, none of them built."""
        model = cls(name=config.get("name"), seed=config.get("seed"))
        for record in config.get("layers", []):
            model._append(layer_from(record))
        return model

    def __getstate__(self) -> dict[str, Any]:
        self.pull()
        kept = {"stop_training": False, "statistics_frozen": False, "_lowered": None}
        return {**self.__dict__, **kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for layer in self._layers:
            layer._owner = _Owners()
            layer._owner.add(self)
        if self.history is not None:
            self.history.model = self

    def __repr__(self) -> str:
        return f"<Sequential name={self.name}, built={self.built}>"

    # -- between layers and engine --------------------------------------------------------------

    def pull(self) -> None:
        """Reads the weights back from the engine if it has moved."""
        self.runner.pull(self.weights)

    def touched(self) -> None:
        """A weight was set by hand: the engine is loaded again before it next runs."""
        self.runner.touched()
        self.position = None

    def run_seed(self) -> int:
        """The seed of row orders and dropout masks; drawn at the first training."""
        if self._run_seed is None:
            self._run_seed = config.next_seed()
        return self._run_seed

    def training_engine(self, same: Engine | None = None) -> Engine:
        """The engine with the present weights, about to change them.

        Args:
            same: the engine of the epoch under way: its program stays, whatever has been set on
                the layers since.
        """
        self._claim()
        return self.runner.use(self._program() if same is None else same.program, self.weights)

    def inference_engine(self) -> Engine:
        """The engine with the present weights."""
        for layer in self._layers:
            if len(layer._owner.models()) > 1:
                layer.pull()
        return self.runner.use(self._program(), self.weights)

    def _dropout_rates(self, engine: Engine) -> DropoutRates | None:
        """Rates on a schedule, of the next batch."""
        return engine.program.dropout_rates(self.runner.step, 1, self.epoch_steps)

    def hand_out(self) -> tuple[Program, EngineState]:
        """The program and all that training changes, for an engine that is not the model's own."""
        self._claim()
        self.pull()
        program = self._program()
        return program, self.runner.state(program, self.weights)

    def take_back(self, program: Program, state: EngineState) -> None:
        """What came of :meth:`hand_out`."""
        self.runner.take(program, self.weights, state)
        self.optimizer.iterations = self.runner.step

    def _claim(self) -> None:
        """Reads back from the other models that hold a layer of this one: it will change."""
        for layer in self._layers:
            owners: list[Sequential] = layer._owner.models()
            if len(owners) > 1:
                for other in owners:
                    if other is not self:
                        other.pull()
                        other.runner.touched()

    def _program(self) -> Program:
        """The layers as they are now, lowered; the last program again where nothing changed."""
        ends = (self._loss.lower(), self.optimizer.lower()) if self.compiled else (None, None)
        # Every attribute of every layer, compared by identity: setting one makes a new program.
        present = [value for layer in self._layers for value in _attributes(layer)]
        present.append(self.statistics_frozen)
        if self._lowered is not None:
            before, program = self._lowered
            same = len(before) == len(present) and all(map(operator.is_, before, present))
            if same and (program.loss, program.optimizer) == ends:
                return program
        builder = Builder(self._built_width())
        value = 0
        for layer in self._layers:
            value = layer.lower(builder, value)
        program = builder.finish(value, *ends)
        if self.statistics_frozen:
            program = freeze_statistics(program)
        self._lowered = (present, program)
        return program

    # -- building -------------------------------------------------------------------------------

    def _append(self, layer: Any) -> None:
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise InvalidArgument(
                f"{layer.__name__} is a class, not a layer. Add parentheses: {layer.__name__}(...)."
            )
        if not isinstance(layer, Layer):
            raise InvalidArgument(
                f"Sequential holds layers of trimtab.layers, received {layer!r} "
                f"({type(layer).__name__})."
            )
        if isinstance(layer, InputLayer):
            if self._input is not None or self._layers:
                raise InvalidArgument(
                    f"{self.name} already has its first layer. Input must come first, and once."
                )
            self._input = layer
            return
        if layer._parent is not None:
            raise InvalidArgument(f"{layer.path} is part of a block. Make a new layer.")
        if any(layer.name == known.name for known in self._layers):
            raise InvalidArgument(
                f"{self.name} already has a layer named {layer.name!r}. Give one of the two "
                "another name."
            )
        self.pull()
        self._layers.append(layer)
        if layer._owner is None:
            layer._owner = _Owners()
        layer._owner.add(self)
        self._changed()

    def _changed(self) -> None:
        self._meters = None
        self.position = None

    def _known_width(self) -> int | None:
        """The input's width as far as the layers say it."""
        if self._width is not None:
            return self._width
        if self._input is not None:
            return self._input.width
        if self._layers:
            first = self._layers[0]
            return first.input_shape_argument or first.input_width
        return None

    def _build_if_known(self) -> None:
        width = self._known_width()
        if width is not None and self._layers:
            self._build(width)

    def _build(self, width: int) -> None:
        self._declare(width)
        if self._seed is None and any(weight._value is None for weight in self.weights):
            self._seed = config.next_seed()
        if self._seed is not None:
            initialize(self.weights, self._seed)

    def _declare(self, width: int) -> None:
        """Gives the weights their shapes."""
        if not self._layers:
            raise NotBuilt(f"{self.name} has no layers. Use add() first.")
        known = self._known_width()
        if known is not None and known != width:
            raise InvalidArgument(
                f"{self.name} takes {known} columns and cannot be built for {width}."
            )
        inner = width
        for layer in self._layers:
            expected = layer.input_width or layer.input_shape_argument or inner
            if expected != inner:
                raise InvalidArgument(
                    f"{layer.name} takes {expected} columns, but receives {inner} from the layer "
                    "before it."
                )
            if not layer.built:
                layer.build(inner)
            assert layer.output_width is not None
            inner = layer.output_width
        self._width = width

    def _built_width(self) -> int:
        if self._width is None or not self.built:
            raise NotBuilt(
                f"{self.name} is not built yet. Call build((None, n)) or fit() first, or put "
                "Input((n,)) in front."
            )
        return self._width

    def _output_width(self) -> int | None:
        return self._layers[-1].output_width if self.built else None

    # -- small parts ----------------------------------------------------------------------------

    def _features(self, x: Any) -> Floats:
        """``x`` converted, after building the model for it if need be."""
        features = data.as_features(x, self._known_width())
        if not self.built:
            self._build(features.shape[1])
        return features

    def _validation(self, given: Any, program: Program) -> Rows:
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            raise InvalidArgument(
                "validation_data must be (x, y) or (x, y, sample_weight), received "
                f"{_described(given)}."
            )
        features = data.as_features(given[0], self._built_width(), "validation x")
        weight = given[2] if len(given) == 3 else None
        return data.as_rows(features, given[1], weight, program, prefix="validation ")

    def _need_compile(self, method: str) -> None:
        if not self.compiled:
            raise NotCompiled(
                f"{method} needs a compiled model. Call "
                "model.compile(optimizer='adam', loss='mae') first."
            )

    def _listed(
        self, callbacks: Any, rows: int, batch_size: int, verbose: Any
    ) -> CallbackList | None:
        if callbacks is None:
            return None
        listed = CallbackList(callbacks)
        listed.set_model(self)
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
        return logs if return_dict else self._flat(logs)

    def _flat(self, logs: dict[str, float]) -> Any:
        numbers = [logs[name] for name in ["loss", *self.meters.names]]
        return numbers[0] if len(numbers) == 1 else numbers


def clone_model(model: Sequential) -> Sequential:
    """A new model of the same architecture; its weights are drawn anew."""
    with CustomObjectScope(open=True):  # layers of one's own need no registration for this
        return type(model).from_config(model.get_config())


def _attributes(layer: Layer) -> Iterator[Any]:
    """Everything that is set on a layer and on those inside it."""
    yield from vars(layer).values()
    for inner in layer.sublayers:
        yield from _attributes(inner)


def _cut(rows: Rows, kept: int) -> tuple[Rows, Rows]:
    def part(rows_of: slice) -> Rows:
        weight = None if rows.weight is None else rows.weight[rows_of]
        assert rows.y is not None
        return Rows(rows.x[rows_of], rows.y[rows_of], weight)

    return part(slice(None, kept)), part(slice(kept, None))


def _metric_list(name: str, given: Any) -> list[Any]:
    if given is None:
        return []
    if isinstance(given, dict):
        raise Unsupported(
            f"compile: {name} by output name is not there (a model has one output). Pass a list."
        )
    if isinstance(given, str) or callable(given) or not isinstance(given, list | tuple):
        given = [given]
    flat: list[Any] = []
    for item in given:
        flat += list(item) if isinstance(item, list | tuple) else [item]
    return flat


def _only(name: str, items: list[Any]) -> Any:
    if len(items) != 1:
        raise InvalidArgument(f"{name} must be one, received {len(items)}: a model has one output.")
    return items[0]


def _described(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"{len(value)} parts"
    return f"a {type(value).__name__}"
