"""A model's engine: made when needed, fed from the layers' weights, read back on demand.

While a model trains, the engine holds the current weights. Layers read them through ``pull``. After
a weight is set by hand, ``touched`` makes the engine reload before its next run. Optimizer slots
are kept by the path of their weight, so they survive a new program (a layer frozen or added).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from trimtab import config
from trimtab.core.types import Floats
from trimtab.engines import choosing
from trimtab.engines.base import Engine, EngineState
from trimtab.nn.layers.vectors import scatter, state_of
from trimtab.nn.layers.weight import Weight
from trimtab.program import Program

__all__ = ["Runner"]


class Weighted(Protocol):
    """What has weights; they are gathered where they are needed."""

    @property
    def weights(self) -> list[Weight]:
        """All of them, layer by layer."""


class Runner:
    """Holds the engine of one model.

    Attributes:
        step: batches trained since the optimizer was new.
        slots: optimizer slots by weight path, each ``(slots per number, size)``; what
            :meth:`pull` last read.
        averages_in_place: whether the averages of the weights that the optimizer keeps are in the
            place of the weights, and these in theirs.
        choice: what :meth:`make_engine` is given besides the program: engine, devices, precision.
        threads: most threads of the native engine; None: ``trimtab.config.get_threads()``.
        make_engine: makes the engine.
    """

    threads: int | None = None
    averages_in_place: bool = False

    def __init__(self) -> None:
        self.choice: dict[str, Any] = {"engine": "auto"}
        self.step = 0
        self.slots: dict[str, Floats] = {}
        self.make_engine: Callable[..., Engine] = choosing.make_engine
        self._program: Program | None = None
        self._engine: Engine | None = None
        self._loaded = False  # whether the engine holds what the weights say
        self._ahead = False  # whether the engine has moved since the weights were read

    def use(self, program: Program, network: Weighted) -> Engine:
        """The engine for this program, holding the present weights of the network."""
        same = program is self._program or program == self._program
        if self._engine is None or not same:
            self.pull(network.weights)
            self._engine = self.make(program)
            self._program = program
            self._loaded = False
        if not self._loaded:
            self._engine.load(self.state(program, network.weights))
            self._loaded = True
        return self._engine

    def make(self, program: Program, **other: Any) -> Engine:
        """A new engine of the model's choice.

        Args:
            program: of the engine.
            other: goes before :attr:`choice`.
        """
        options = {**self.choice, **other}
        if self.threads is not None:
            options["threads"] = self.threads
        return self.make_engine(program, **options)

    def moving(self) -> None:
        """Says that the engine is about to change weights (even if it is interrupted)."""
        self._ahead = True

    def pull(self, weights: Sequence[Weight]) -> None:
        """Reads everything back from the engine if it has moved."""
        if not self._ahead or self._engine is None or self._program is None:
            return
        state = self._engine.dump()
        self._ahead = False
        self._read(self._program, weights, state)

    def state(self, program: Program, weights: Sequence[Weight]) -> EngineState:
        """What an engine for this program is loaded with. The weights must have been pulled."""
        state = state_of(program, list(weights), None, self.step)
        self._fill_slots(program, state.slots)
        return state

    def take(self, program: Program, weights: Sequence[Weight], state: EngineState) -> None:
        """The inverse of :meth:`state`, from an engine that is not this model's own."""
        self._read(program, weights, state)
        self._ahead = self._loaded = False

    def _read(self, program: Program, weights: Sequence[Weight], state: EngineState) -> None:
        scatter(program.parameters, list(weights), state.parameters)
        scatter(program.state, list(weights), state.state)
        self.step = state.step
        self.slots = self._by_path(program, state)

    def touched(self) -> None:
        """Weights were set by hand: load them before the next run."""
        self._loaded = False

    def forget(self) -> None:
        """A new optimizer: step 0, no slots. The weights must have been pulled."""
        self.step = 0
        self.slots = {}
        self.averages_in_place = False
        self._loaded = False

    def choose(self, **choice: Any) -> None:
        """Sets :attr:`choice`; another one than before ends the present engine.

        The weights must have been pulled.
        """
        if choice != self.choice:
            self.release()
            self.choice = choice

    def limit_threads(self, threads: int | None) -> None:
        """Sets :attr:`threads`; another number than before ends the present engine.

        The weights must have been pulled.
        """
        threads = config.check_threads(threads)
        if threads != self.threads:
            self.release()
            self.threads = threads

    def release(self) -> None:
        """Lets go of the engine and its memory. The weights must have been pulled."""
        self._engine = None
        self._program = None
        self._loaded = False

    def __getstate__(self) -> dict[str, Any]:
        # Engines do not travel: the model has pulled, and the next run makes a new one.
        kept = dict(self.__dict__)
        kept.update(_engine=None, _program=None, _loaded=False, _ahead=False)
        kept.pop("threads", None)  # this machine's, as devices are
        if isinstance(self.choice.get("devices"), list | tuple):
            # Devices are this machine's.
            kept["choice"] = {**self.choice, "devices": None}
        return kept

    def _fill_slots(self, program: Program, vector: Floats) -> None:
        """Puts the slots that are known in the place of new ones."""
        count = program.optimizer.slots if program.optimizer is not None else 0
        table = vector.reshape(count, program.trainable_count)
        for slot in program.parameters:
            known = self.slots.get(slot.name)
            if slot.trainable and known is not None and known.shape == (count, slot.size):
                table[:, slot.place] = known

    @staticmethod
    def _by_path(program: Program, state: EngineState) -> dict[str, Floats]:
        count = program.optimizer.slots if program.optimizer is not None else 0
        table = state.slots.reshape(count, program.trainable_count)
        return {
            slot.name: table[:, slot.place].copy()
            for slot in program.parameters
            if slot.trainable and count
        }
