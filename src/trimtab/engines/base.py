"""The protocol between training and engines. Training does not know which engine runs.

Arrays are C-contiguous float32 unless stated otherwise. An engine is made from a verified
:class:`~trimtab.program.Program`. It holds one copy of parameters, state and optimizer slots, and
changes them only in :meth:`Engine.load` and :meth:`Engine.train` (and the moving statistics in
:meth:`Engine.forward` with ``update``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.program import Program
from trimtab.program.bounds import Bounds

#: Dropout rates in place of the ops' own, one float32 per batch; the key is the number of the
#: value that the op writes.
DropoutRates = Mapping[int, Floats]

#: Called from time to time between steps, with (steps done, running mean loss). Returning True
#: stops the pass after the current step; so does KeyboardInterrupt.
Watch = Callable[[int, float], bool]


@dataclass
class EngineState:
    """Everything that training changes, as flat vectors in the program's layout.

    Attributes:
        parameters: ``(program.parameter_count,)``.
        state: moving statistics, ``(program.state_count,)``.
        slots: of the optimizer, ``(program.slot_count,)``.
        step: batches trained so far; Adam's bias correction and the random keys depend on it.
    """

    parameters: Floats
    state: Floats
    slots: Floats
    step: int = 0

    @classmethod
    def zeros(cls, program: Program) -> EngineState:
        """The state of an engine before anything is loaded."""
        return cls(
            np.zeros(program.parameter_count, np.float32),
            np.zeros(program.state_count, np.float32),
            np.zeros(program.slot_count, np.float32),
        )


@dataclass(frozen=True)
class Rows:
    """Rows to train or evaluate on.

    Attributes:
        x: ``(n, program.input_width)``
        y: ``(n, program.target_width)``, class numbers as floats; None to predict.
        weight: sample weights ``(n,)``; None for all ones.
    """

    x: Floats
    y: Floats | None = None
    weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class LookedValue:
    """A value of the program that is looked at.

    Attributes:
        value: its number.
        compared: the value whose elements are held against the bounds: itself, or its input.
        bounds: where its elements are off, and where at an end.
        paired: whether its moments are taken with and without dropout, too.
    """

    value: int
    compared: int
    bounds: Bounds
    paired: bool = False


@dataclass(frozen=True)
class Look:
    """What a training call measures on the side, in its own forward passes: nothing changes.

    Attributes:
        values: that are looked at.
        first, stop: of the batches of the call, those from ``first`` to before ``stop``. Of the
            last one the gradient and the update are measured.
        paired: so many of the last batch's first rows go through the network once more, as a batch
            of their own, with nothing dropped; 0: none.
    """

    values: tuple[LookedValue, ...]
    first: int
    stop: int
    paired: int = 0


@dataclass(frozen=True, eq=False)
class Looked:
    """What was seen: sums over rows, in float64.

    The columns are those of the values that were looked at, one after another.

    Attributes:
        rows: in the batches looked at.
        values: ``(5, columns)``: sum, sum of squares, and how many elements are 0, off, and at an
            end, in training mode.
        training, inference: ``(2, columns)`` of the paired values: sum and sum of squares over the
            paired rows, as part of their batch, and without dropout.
        paired: number of paired rows.
        norms: of each parameter, ``(parameters, 3)``: sums of squares of what it was after the last
            of the batches, of its gradient (penalties included, before clipping), and of how it
            moved; 0 for those that are not trained.
        state: moving statistics after that batch.
    """

    rows: int
    values: Doubles
    training: Doubles
    inference: Doubles
    paired: int
    norms: Doubles
    state: Floats

    def then(self, later: Looked) -> Looked:
        """What was seen here and in a later call."""
        return replace(later, rows=self.rows + later.rows, values=self.values + later.values)


@dataclass(frozen=True, eq=False)
class TrainCall:
    """One pass of training, in batches ``order[0:b], order[b:2b], ...``; the last may be short.

    Attributes:
        rows: the table, with targets.
        order: numbers of the rows to train on; None for 0, 1, 2, ...
        batch_size: rows per batch.
        seed: of the dropout masks; 64 bits. The key of a mask is (seed, op, step), so one call
            for an epoch and one call for each of its batches give identical results.
        learning_rates: one float32 per batch.
        sizes: rows of each batch, at most ``batch_size``, adding up to all rows; None for
            ``batch_size`` each and a last batch with the rest.
        dropout_rates: for these batches, in place of the ops' own rates.
        predictions: whether the result includes predictions.
        watch: called between steps.
        look: what to measure on the side; None: nothing.
    """

    rows: Rows
    order: NDArray[np.int64] | None = None
    _: KW_ONLY
    batch_size: int
    seed: int
    learning_rates: Floats
    sizes: NDArray[np.int32] | None = None
    dropout_rates: DropoutRates | None = None
    predictions: bool = False
    watch: Watch | None = None
    look: Look | None = None

    @property
    def count(self) -> int:
        """Number of rows to train on."""
        return len(self.rows) if self.order is None else len(self.order)

    @property
    def steps(self) -> int:
        """Number of batches."""
        return -(-self.count // self.batch_size) if self.sizes is None else len(self.sizes)

    def size(self, batch: int) -> int:
        """Rows of a batch."""
        if self.sizes is not None:
            return int(self.sizes[batch])
        return min(self.batch_size, self.count - batch * self.batch_size)


@dataclass(frozen=True)
class TrainResult:
    """Result of :meth:`Engine.train`.

    Attributes:
        loss: mean over the rows trained on, penalties included.
        steps: batches done; fewer than in the call only if stopped.
        predictions: ``(rows, program.output_width)`` in training order, from before each update;
            None unless asked for.
        stopped: whether ``watch`` stopped it early.
        total: sum of batch loss times rows, added in order, so that an epoch in several calls
            adds up to exactly the same number; None for ``loss`` times rows.
        looked: what the call's ``look`` saw; None without one, or if training stopped before.
    """

    loss: float
    steps: int
    predictions: Floats | None = None
    stopped: bool = False
    total: float | None = None
    looked: Looked | None = None


@dataclass(frozen=True)
class Evaluation:
    """Loss (mean over rows, penalties included) and, if asked for, predictions."""

    loss: float
    predictions: Floats | None = None


@dataclass(frozen=True)
class Probe:
    """Values and gradients of one batch.

    Attributes:
        values: every value of the program by its number, ``(rows, width)`` each.
        loss: batch loss, penalties included; nan without targets.
        gradients: of the loss with respect to the trainable parameters,
            ``(program.trainable_count,)``, penalties included, before clipping; None without
            targets.
        value_gradients: of the loss with respect to every value, by its number; empty without
            targets.
    """

    values: dict[int, Floats]
    loss: float
    gradients: Floats | None = None
    value_gradients: dict[int, Floats] = field(default_factory=dict)


class Engine(Protocol):
    """Runs a program. The module's docstring has the rules that all engines share."""

    name: str
    program: Program

    def load(self, state: EngineState) -> None:
        """Copies the whole state in."""

    def dump(self) -> EngineState:
        """Copies the whole state out."""

    def train(self, call: TrainCall) -> TrainResult:
        """One pass over the rows of the call.

        Raises:
            EngineError: the call does not fit the program.
            KeyboardInterrupt: Ctrl-C, after the current step; it may carry the result so far as
                ``partial``.
        """

    def evaluate(self, rows: Rows, *, predictions: bool = False) -> Evaluation:
        """Loss in inference mode."""

    def predict(self, x: Floats) -> Floats:
        """Predictions ``(n, program.output_width)`` in inference mode.

        The bits of a row's prediction do not depend on the other rows.
        """

    def forward(
        self,
        x: Floats,
        *,
        training: bool,
        seed: int = 0,
        step: int = 0,
        update: bool = True,
        dropout_rates: DropoutRates | None = None,
        mask: Floats | None = None,
    ) -> Floats:
        """Predictions for all rows as one batch.

        Args:
            x: ``(n, program.input_width)``.
            training: whether dropout and batch normalization work as in training.
            seed: of the dropout masks.
            step: number of the step, for the dropout masks.
            update: whether the moving statistics are updated, with ``training``.
            dropout_rates: for this batch, in place of the ops' own rates.
            mask: ``(n,)``, 1 for rows that count in batch statistics and 0 for the others; None
                for all.
        """

    def probe(
        self,
        rows: Rows,
        *,
        training: bool = False,
        seed: int = 0,
        step: int = 0,
        dropout_rates: DropoutRates | None = None,
    ) -> Probe:
        """Values and gradients of one batch; changes nothing. Arguments as in :meth:`forward`."""


@runtime_checkable
class TrainsEpochs(Protocol):
    """An engine that is faster when it gets several epochs at once."""

    def train_epochs(self, calls: Sequence[TrainCall]) -> list[TrainResult]:
        """Same results as :meth:`Engine.train` for each call.

        Args:
            calls: one per epoch. They may differ in order, learning rates and dropout rates only.
                ``watch`` gets the steps of all epochs together, and the loss of the current one.

        Returns:
            One result for each epoch that was started.

        Raises:
            KeyboardInterrupt: Ctrl-C. It carries the results so far as ``epochs``, and the last
                one as ``partial``.
        """


@runtime_checkable
class DrawsSamples(Protocol):
    """An engine that is faster when asked for several random passes at once."""

    def samples(self, x: Floats, *, seed: int, first: int, number: int) -> Floats:
        """Predictions in training mode for several steps, ``(number, rows, outputs)``.

        They equal ``forward(x, training=True, seed=seed, step=step, update=False)`` for the steps
        ``first, first + 1, ...`` up to rounding, if the rows do not depend on each other.
        """
