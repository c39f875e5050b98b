"""A network: layers with weights, what it is compiled with, and the engine that runs it.

It computes and hands over its state. What users call to train and use it
(:class:`trimtab.Sequential`) lies above, in :mod:`trimtab.model`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from trimtab.core.catalogue import missing_member
from trimtab.core.former_names import MODEL
from trimtab.core.types import Floats
from trimtab.engines.base import DropoutRates, Engine, EngineState
from trimtab.nn import data, frames
from trimtab.nn.compilation import Compiled
from trimtab.nn.layers import symbol as symbols
from trimtab.nn.layers.attachment import attachment
from trimtab.nn.layers.nested import nested
from trimtab.nn.losses.several import SeveralLosses
from trimtab.nn.output_weights import are_by_output
from trimtab.nn.registration import CustomObjectScope
from trimtab.program import Builder, Program
from trimtab.program.freeze import freeze_statistics
from trimtab.program.ops import LossOp

__all__ = ["Network", "clone_network"]

N = TypeVar("N", bound="Network")


class Network(Compiled):
    """Layers that one engine runs.

    Attributes:
        name: of the network.
        history: the :class:`~trimtab.callbacks.History` of the last ``fit``, or None.
        optimizer, loss: what :meth:`compile` received.
        runner: holds the engine, the step count and the optimizer's slots.
        position: the place inside an epoch, or None; set by the training loop.
        epoch_steps: batches of an epoch in the last fit.
        row_prints: which rows the last fit trained on and validated on.
        statistics_frozen: whether batch normalizations use and keep their moving statistics,
            whatever the layers say.
        stop_training: set it to True in a callback to end training.
        column_names: names of the columns of the first frame that it was trained on, or None.
            Frames with other names, or in another order, are refused; set it to None to allow them.
    """

    #: Of models that were pickled before names were kept, too.
    column_names: list[str] | None = None

    def __init__(self, name: str, seed: int | None) -> None:
        super().__init__(name, seed)
        # What the last program was made of, by identity: layers, then loss and optimizer.
        self._lowered: tuple[list[Any], Program, list[Any]] | None = None
        self.epoch_steps: int | None = None
        self.history: Any = None
        self.row_prints: Any = None
        self.stop_training = False
        self.statistics_frozen = False

    if not TYPE_CHECKING:  # else every attribute would pass the type checker

        def __getattr__(self, name: str) -> Any:
            """Says what to use for what models of Keras have and this one has not."""
            return missing_member(self, name, MODEL)

    def __len__(self) -> int:
        """How many networks predict as one: its members."""
        return 1

    # -- calling ----------------------------------------------------------------------------------

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Runs the model on an array ``(rows, columns)`` as one batch.

        Args:
            x: the rows; or a symbol, to make the model a layer of another one.
            training: True as in a training step: dropout drops, batch normalization uses the
                batch and moves its averages. A rate on a schedule is that of the next batch.
            mask: ``(rows,)`` of True and False: False leaves a row out of batch statistics.
        """
        if symbols.given(x) or (isinstance(x, Mapping) and symbols.given(list(x.values()))):
            symbols.refuse_options(self.name, training, mask)
            return self.on_symbols(x)
        features = self.features(x)
        rows = data.as_mask(mask, len(features))
        training = bool(training)
        engine = self.training_engine() if training else self.inference_engine()
        if training:
            self.next_eager_call()
            self.runner.moving()
        return self.by_output(
            engine.forward(
                features,
                training=training,
                seed=self.run_seed(),
                step=(1 << 31) + self._eager_calls,
                dropout_rates=self.dropout_rates(engine) if training else None,
                mask=rows,
            )
        )

    def by_output(self, columns: Floats) -> Any:
        """Predictions as users get them: one array, or one for each output.

        Args:
            columns: ``(..., outputs)``, those of all outputs side by side.
        """
        return columns

    def on_symbols(self, x: Any) -> Any:
        """The symbols that the network makes of others, as a layer of another network."""
        return symbols.apply(nested(self), x)

    def features(self, x: Any, name: str = "x") -> Floats:
        """``x`` converted to float32; builds the network for it if it is not built yet.

        Args:
            x: rows.
            name: what messages call them.
        """
        if self.column_names is not None:
            self.check_columns(x)
        features = data.as_features(x, self.known_width(), name)
        if not self.built:
            self.build_for(features.shape[1])
        return features

    def check_columns(self, x: Any, name: str = "x") -> None:
        """Refuses a frame whose columns are not those of training, in their order.

        Raises:
            InvalidData: naming what differs.
        """
        if self.column_names is not None and (names := frames.names_of(x)) is not None:
            frames.check_names(names, self.column_names, name)

    def learn_columns(self, x: Any) -> None:
        """Keeps the names of the columns that it is trained on, if ``x`` is the first frame."""
        if self.column_names is None:
            self.column_names = frames.names_of(x)

    def optimizer_numbers(self) -> int:
        """How many numbers the optimizer keeps; 0 before the first training step."""
        self.pull()
        return sum(slots.size for slots in self.runner.slots.values())

    # -- program and engine -----------------------------------------------------------------------

    def program(self) -> Program:
        """The layers as they are now, lowered; the last program again if nothing changed."""
        # Every attribute of every layer, compared by identity: setting one makes a new program.
        present = _attributes(self._layers)
        present.append(self.statistics_frozen)
        same, around = False, self._ends()
        if self._lowered is not None:
            before, program, ends_before = self._lowered
            same = _identical(before, present)
            if same and _identical(ends_before, around):
                return program
        ends = (self.training_loss(), self.optimizer.lower()) if self.compiled else (None, None)
        if same and (program.loss, program.optimizer) == ends:
            self._lowered = (present, program, around)
            return program
        builder = Builder(self.built_width())
        program = builder.finish(self.emit(builder), *ends)
        if self.statistics_frozen:
            program = freeze_statistics(program)
        self._lowered = (present, program, around)
        return program

    def _ends(self) -> list[Any]:
        """Every attribute of loss and optimizer; what they lower to follows from these."""
        if not self.compiled:
            return []
        of_loss = vars(self._loss).values()
        if isinstance(self._loss, SeveralLosses):
            of_loss = self._loss.attributes()
        return [self._loss, *of_loss, *vars(self.optimizer).values()]

    def program_for(self, sample_weight: Any) -> Program:
        """:meth:`program`, which from now on weighs each output by itself if these weights do."""
        loss = self._loss
        if isinstance(loss, SeveralLosses) and not loss.weighted and are_by_output(sample_weight):
            loss.weighted = True
            self._meters = None
        return self.program()

    def training_loss(self) -> LossOp:
        """The compiled loss as the program has it."""
        loss: LossOp = self._loss.lower()
        return loss

    def inference_engine(self) -> Engine:
        """The engine, loaded with the present weights."""
        for layer in self.all_layers():
            if attachment(layer).holders().several:
                layer.pull()
        return self.runner.use(self.program(), self)

    def training_engine(self, same: Engine | None = None) -> Engine:
        """The engine, loaded with the present weights and about to change them.

        Args:
            same: the engine of the epoch under way: its program stays, whatever has been set on
                the layers since.
        """
        self._claim()
        return self.runner.use(self.program() if same is None else same.program, self)

    def dropout_rates(self, engine: Engine) -> DropoutRates | None:
        """Dropout rates on a schedule, for the next batch."""
        return engine.program.dropout_rates(self.runner.step, 1, self.epoch_steps)

    def export_state(self) -> tuple[Program, EngineState]:
        """The program and everything that training changes, for an engine outside the network."""
        self._claim()
        self.pull()
        program = self.program()
        return program, self.runner.state(program, self.weights)

    def import_state(self, program: Program, state: EngineState) -> None:
        """Takes over the state that came of :meth:`export_state`."""
        self.runner.take(program, self.weights, state)
        self.optimizer.iterations = self.runner.step

    @contextmanager
    def renamed(self) -> Iterator[None]:
        """While its layers become part of a block: what it keeps by their paths moves along."""
        self.pull()
        weights = self.weights
        before = [weight.path for weight in weights]
        yield
        moved = dict(zip(before, (weight.path for weight in weights), strict=True))
        self.runner.rename(moved)
        self._lowered = None

    def _claim(self) -> None:
        """Reads shared layers back from the other networks, before this one changes them."""
        for layer in self.all_layers():
            networks: list[Network] = attachment(layer).holders().all()
            if len(networks) > 1:
                for other in networks:
                    if other is not self:
                        other.pull()
                        other.runner.touched()

    # -- pickling ---------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        self.pull()
        kept = {"stop_training": False, "statistics_frozen": False, "_lowered": None}
        return {**self.__dict__, **kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for layer in self._layers:
            attachment(layer).networks.add(self)
        if self.history is not None:
            self.history.model = self


def clone_network(network: N) -> N:
    """A new network of the same architecture, with new weights."""
    with CustomObjectScope(open=True):  # custom layers need no registration for this
        return type(network).from_config(network.get_config())


def _identical(before: list[Any], now: list[Any]) -> bool:
    return len(before) == len(now) and all(map(operator.is_, before, now))


def _attributes(layers: Sequence[Any]) -> list[Any]:
    """Everything that is set on layers and on those inside them."""
    found: list[Any] = []
    for layer in layers:
        found.extend(vars(layer).values())
        if inner := layer.sublayers:
            found.extend(_attributes(inner))
    return found
