"""A network: layers with weights, what it is compiled with, and the engine that runs it.

It knows how to compute and how to hand its state over; what a user calls to train and to use it
(:class:`trimtab.Sequential`) lies above, in :mod:`trimtab.model`.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab import config
from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.engines import choosing
from trimtab.engines.base import DropoutRates, Engine, EngineState
from trimtab.errors import InvalidArgument, NotBuilt, NotCompiled, Unsupported
from trimtab.nn import data
from trimtab.nn.data import as_mask
from trimtab.nn.holders import Holders
from trimtab.nn.layers import InputLayer, Layer, Weight
from trimtab.nn.layers.base import width_of_shape
from trimtab.nn.layers.vectors import initialize
from trimtab.nn.meters import Meters
from trimtab.nn.registration import CustomObjectScope
from trimtab.nn.runner import Runner
from trimtab.program import Builder, Program
from trimtab.program.freeze import freeze_statistics

__all__ = ["Network", "clone_network"]


N = TypeVar("N", bound="Network")


class Network(ABC):
    """Layers with weights that one engine runs. How they hang together, a subclass says.

    A subclass puts layers into it with :meth:`hold`, gives their weights shapes in
    :meth:`declare`, emits their ops in :meth:`emit`, and knows its own configuration.

    Attributes:
        name: of the network.
        history: of the last ``fit``, or None.
        optimizer, loss: as :meth:`compile` was given them.
        runner: holds the engine, the step count and the optimizer's slots.
        position: the place in an epoch under way, or None; whoever trains sets it.
        epoch_steps: batches of an epoch, in the last fit.
        row_prints: which rows the last fit trained on and validated on.
        statistics_frozen: whether batch normalizations use and keep their moving statistics,
            whatever the layers say.
        stop_training: set it to True in a callback to end training.
    """

    def __init__(self, name: str, seed: int | None) -> None:
        self.name = name
        self._layers: list[Layer] = []
        self._width: int | None = None  # input columns, once built
        self._fixed_seed = checks.seed("seed", seed)
        self._seed: int | None = self._fixed_seed
        self._run_seed: int | None = self._fixed_seed
        self._eager_calls = 0
        self._lowered: tuple[list[Any], Program] | None = None
        self.runner = Runner()
        self.position: Any = None
        self.epoch_steps: int | None = None
        self.history: Any = None
        self.row_prints: Any = None
        self.stop_training = False
        self.statistics_frozen = False
        self.optimizer: Any = None
        self.loss: Any = None
        self._loss: Any = None
        self._metric_specs: tuple[list[Any], list[Any]] = ([], [])
        self._meters: Meters | None = None

    # -- what subclasses say --------------------------------------------------------------------

    @abstractmethod
    def known_width(self) -> int | None:
        """The input's width as far as it is known."""

    @abstractmethod
    def declare(self, width: int) -> None:
        """Gives the weights their shapes, for an input of this width."""

    @abstractmethod
    def emit(self, builder: Builder) -> int:
        """Emits the ops of all layers and returns the value that they end in."""

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The architecture as plain data; no weights, no compilation."""

    @classmethod
    @abstractmethod
    def unbuilt(cls, config: dict[str, Any]) -> Self:
        """The layers of a configuration, none of them built."""

    @classmethod
    @abstractmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """A new network of this architecture; its weights are drawn anew."""

    # -- structure ------------------------------------------------------------------------------

    def hold(self, layer: Layer) -> None:
        """Makes a layer part of this network."""
        self.pull()
        self._layers.append(layer)
        if layer.holder is None:
            layer.give_to(Holders())
        layer.holder.add(self)
        self.changed()

    def let_go(self) -> Layer:
        """Takes the last layer off and returns it."""
        self.pull()
        layer = self._layers.pop()
        layer.holder.remove(self)
        if not layer.holder.models():
            layer.give_to(None)
        self.changed()
        return layer

    def changed(self) -> None:
        """Something of the structure was changed."""
        self._meters = None
        self.position = None

    def build(self, input_shape: Any = None) -> None:
        """Gives all weights their shapes and first values.

        Args:
            input_shape: ``(None, n)``, ``(n,)`` or ``n``; may be left out where an ``Input`` or
                ``input_shape=`` says it.
        """
        width = self.known_width() if input_shape is None else width_of_shape(input_shape)
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
        return (None, self.built_width())

    @property
    def output_shape(self) -> tuple[None, int]:
        """``(None, n)``."""
        self.built_width()
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
        self.built_width()
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
        self.built_width()
        return sum(weight.size for weight in self.weights)

    def optimizer_numbers(self) -> int:
        """Numbers the optimizer keeps; 0 before the first training step."""
        self.pull()
        return sum(slots.size for slots in self.runner.slots.values())

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
        features = self.features(x)
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
        from trimtab.nn import losses, optimizers
        from trimtab.nn.metrics import resolve_metric

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
        choosing.check_choice(**choice)
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
            from trimtab.nn.metrics import resolve_metric

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
        self.need_compile("metrics_names")
        return ["loss", *(self.meters.names if self.built else [])]

    def reset_metrics(self) -> None:
        """Starts the running metrics over (each epoch and each evaluation does so by itself)."""
        if self.compiled and self.built:
            self.meters.reset()

    def need_compile(self, method: str) -> None:
        if not self.compiled:
            raise NotCompiled(
                f"{method} needs a compiled model. Call "
                "model.compile(optimizer='adam', loss='mae') first."
            )

    def flat(self, logs: dict[str, float]) -> Any:
        numbers = [logs[name] for name in ["loss", *self.meters.names]]
        return numbers[0] if len(numbers) == 1 else numbers

    @property
    def loss_function(self) -> Any:
        """The compiled loss as an object, or None."""
        return self._loss

    @property
    def metric_specs(self) -> tuple[list[Any], list[Any]]:
        """What was passed as ``metrics`` and ``weighted_metrics``, as lists."""
        return self._metric_specs

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
        return self.runner.use(self.program() if same is None else same.program, self.weights)

    def inference_engine(self) -> Engine:
        """The engine with the present weights."""
        for layer in self._layers:
            if len(layer.holder.models()) > 1:
                layer.pull()
        return self.runner.use(self.program(), self.weights)

    def _dropout_rates(self, engine: Engine) -> DropoutRates | None:
        """Rates on a schedule, of the next batch."""
        return engine.program.dropout_rates(self.runner.step, 1, self.epoch_steps)

    def hand_out(self) -> tuple[Program, EngineState]:
        """The program and all that training changes, for an engine that is not the model's own."""
        self._claim()
        self.pull()
        program = self.program()
        return program, self.runner.state(program, self.weights)

    def take_back(self, program: Program, state: EngineState) -> None:
        """What came of :meth:`hand_out`."""
        self.runner.take(program, self.weights, state)
        self.optimizer.iterations = self.runner.step

    def _claim(self) -> None:
        """Reads back from the other models that hold a layer of this one: it will change."""
        for layer in self._layers:
            owners: list[Network] = layer.holder.models()
            if len(owners) > 1:
                for other in owners:
                    if other is not self:
                        other.pull()
                        other.runner.touched()

    def program(self) -> Program:
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
        builder = Builder(self.built_width())
        program = builder.finish(self.emit(builder), *ends)
        if self.statistics_frozen:
            program = freeze_statistics(program)
        self._lowered = (present, program)
        return program

    # -- building -------------------------------------------------------------------------------

    def _build_if_known(self) -> None:
        width = self.known_width()
        if width is not None and self._layers:
            self._build(width)

    def _build(self, width: int) -> None:
        self.declare(width)
        if self._seed is None and any(weight.stored is None for weight in self.weights):
            self._seed = config.next_seed()
        if self._seed is not None:
            initialize(self.weights, self._seed)

    def built_width(self) -> int:
        if self._width is None or not self.built:
            raise NotBuilt(
                f"{self.name} is not built yet. Call build((None, n)) or fit() first, or put "
                "Input((n,)) in front."
            )
        return self._width

    def _output_width(self) -> int | None:
        return self._layers[-1].output_width if self.built else None

    def features(self, x: Any) -> Floats:
        """``x`` converted, after building the model for it if need be."""
        features = data.as_features(x, self.known_width())
        if not self.built:
            self._build(features.shape[1])
        return features

    @property
    def width(self) -> int | None:
        """Columns of the input, once built."""
        return self._width

    # -- random state, copies ---------------------------------------------------------------------

    @property
    def fixed_seed(self) -> int | None:
        """The seed that was given, or None."""
        return self._fixed_seed

    def random_state(self) -> dict[str, int | None]:
        """Seeds and draws so far, as files hold them."""
        return {"seed": self._seed, "run_seed": self._run_seed, "eager_calls": self._eager_calls}

    def take_random_state(self, seed: int | None, run_seed: int | None, eager_calls: int) -> None:
        """What :meth:`random_state` gave."""
        self._seed, self._run_seed, self._eager_calls = seed, run_seed, eager_calls

    def __getstate__(self) -> dict[str, Any]:
        self.pull()
        kept = {"stop_training": False, "statistics_frozen": False, "_lowered": None}
        return {**self.__dict__, **kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for layer in self._layers:
            layer.give_to(Holders())
            layer.holder.add(self)
        if self.history is not None:
            self.history.model = self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def clone_network(network: N) -> N:
    """A new network of the same architecture; its weights are drawn anew."""
    with CustomObjectScope(open=True):  # layers of one's own need no registration for this
        return type(network).from_config(network.get_config())


def _attributes(layer: Layer) -> Iterator[Any]:
    """Everything that is set on a layer and on those inside it."""
    yield from vars(layer).values()
    for inner in layer.sublayers:
        yield from _attributes(inner)


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
