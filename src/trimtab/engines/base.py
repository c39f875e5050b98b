"""The protocol between training and engines. Nothing above it knows which engine runs.

All arrays are C-contiguous float32 unless said otherwise. An engine is made from a verified
:class:`~trimtab.program.Program`, holds one copy of parameters, state and optimizer slots, and
changes them only in :meth:`Engine.load` and :meth:`Engine.train` (and moving statistics in
:meth:`Engine.forward` when told to).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.program import Program

#: Rates of ops that drop, where they are not the ops' own: by the number of the value that the op
#: writes, one float32 a batch.
DropoutRates = Mapping[int, Floats]

#: Called now and then between steps with (steps done, running mean loss); True stops the epoch
#: after the step that is under way. KeyboardInterrupt raised meanwhile also stops it.
Watch = Callable[[int, float], bool]


@dataclass
class EngineState:
    """Everything that training changes, as flat vectors laid out by the program.

    Attributes:
        parameters: ``(program.parameter_count,)``
        state: moving statistics, ``(program.state_count,)``
        slots: optimizer, ``(program.slot_count,)``
        step: batches trained so far; feeds Adam's bias correction and the random keys.
    """

    parameters: Floats
    state: Floats
    slots: Floats
    step: int = 0

    @classmethod
    def zeros(cls, program: Program) -> EngineState:
        """What an engine holds before anything is loaded."""
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
        y: ``(n, program.target_width)``; class numbers are stored as floats. None to predict.
        weight: ``(n,)`` or None for all ones.
    """

    x: Floats
    y: Floats | None = None
    weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, eq=False)
class TrainCall:
    """One pass of training: batches of ``order[0:b], order[b:2b], ...``; the last may be short.

    Attributes:
        rows: the table, with targets.
        order: row numbers to train on; None for 0, 1, 2, ...
        batch_size: rows of a batch.
        seed: of the dropout masks; 64 bits. The key of a mask is (seed, op, step), so an epoch in
            one call and the same batches one call each give identical results.
        learning_rates: one float32 per batch.
        sizes: rows of each batch, at most ``batch_size`` and together all of them; None:
            ``batch_size`` each, and the rest.
        dropout_rates: for these batches instead of the ops' own rates.
        predictions: whether the result holds them.
        watch: called between steps.
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

    @property
    def count(self) -> int:
        """Rows to train on."""
        return len(self.rows) if self.order is None else len(self.order)

    @property
    def steps(self) -> int:
        """Batches."""
        return -(-self.count // self.batch_size) if self.sizes is None else len(self.sizes)


@dataclass(frozen=True)
class TrainResult:
    """What :meth:`Engine.train` reports.

    Attributes:
        loss: mean over the rows trained on, penalties included; batches count by their rows.
        steps: batches done (fewer than asked for only when stopped).
        predictions: ``(rows, program.output_width)`` in training order, as seen before each
            update, or None if not asked for.
        stopped: whether ``watch`` stopped it early.
        total: the sum behind ``loss`` (batch loss times rows, added in order), so that an epoch
            in several calls adds up to the very same number; None: ``loss`` times rows.
    """

    loss: float
    steps: int
    predictions: Floats | None = None
    stopped: bool = False
    total: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """Loss (mean over rows, penalties included) and, where asked for, predictions."""

    loss: float
    predictions: Floats | None = None


@dataclass(frozen=True)
class Probe:
    """A look inside one batch; nothing is changed by taking it.

    Attributes:
        values: every value of the program, ``(rows, width)``, by number.
        loss: batch loss, penalties included; nan without targets.
        gradients: of the trainable parameters, ``(program.trainable_count,)``, penalties
            included, before clipping; None without targets.
        value_gradients: of the loss by every value, by number; empty without targets.
    """

    values: dict[int, Floats]
    loss: float
    gradients: Floats | None = None
    value_gradients: dict[int, Floats] = field(default_factory=dict)


class Engine(Protocol):
    """Runs a program. See the module's text for the rules all engines share."""

    name: str
    program: Program

    def load(self, state: EngineState) -> None:
        """Copies everything in."""

    def dump(self) -> EngineState:
        """Copies everything out."""

    def train(self, call: TrainCall) -> TrainResult:
        """One pass over rows; see :class:`TrainCall`.

        Raises:
            EngineError: the call does not fit the program.
            KeyboardInterrupt: Ctrl-C, after the step under way; it may carry the result so far as
                ``partial``.
        """

    def evaluate(self, rows: Rows, *, predictions: bool = False) -> Evaluation:
        """Loss in inference mode."""

    def predict(self, x: Floats) -> Floats:
        """Predictions ``(n, program.output_width)`` in inference mode.

        A row's bits do not depend on which other rows are asked with it.
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
        """All rows as one batch; with ``training`` and ``update`` the moving statistics move.

        Args:
            mask: ``(n,)``, 1 for a row that batch statistics are taken over and 0 for one that
                they are not; None: all rows.
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
        """Values and gradients inside one batch."""


@runtime_checkable
class TrainsEpochs(Protocol):
    """An engine that gains by being given several epochs at once."""

    def train_epochs(self, calls: Sequence[TrainCall]) -> list[TrainResult]:
        """:meth:`Engine.train` once for each call, with the same results.

        Args:
            calls: one an epoch; they differ in order, learning rates and dropout rates alone.
                ``watch`` is told the steps of all epochs together, and the loss of the epoch under
                way.

        Returns:
            One result for each epoch that was begun.

        Raises:
            KeyboardInterrupt: Ctrl-C. It carries the results so far as ``epochs``, and the last as
                ``partial``.
        """


@runtime_checkable
class DrawsSamples(Protocol):
    """An engine that gains by being asked for several random passes at once."""

    def samples(self, x: Floats, *, seed: int, first: int, number: int) -> Floats:
        """``(number, rows, outputs)``, the same to rounding as ``forward`` once for each.

        That is ``forward(x, training=True, seed=seed, step=step, update=False)`` for the steps
        ``first, first + 1, ...``; for programs whose rows do not depend on each other.
        """
