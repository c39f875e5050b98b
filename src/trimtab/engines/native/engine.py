"""The native engine: hands calls to C++ with the right types, threads and BLAS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from trimtab import config
from trimtab.core import _native
from trimtab.core.types import Floats
from trimtab.engines.base import (
    DropoutRates,
    EngineState,
    Evaluation,
    Looked,
    LookedValue,
    Probe,
    Rows,
    TrainCall,
    TrainResult,
)
from trimtab.engines.checks import check_call, check_rates, check_state
from trimtab.engines.native import blas
from trimtab.errors import EngineError
from trimtab.program import Program

#: Rows that one thread predicts at a time, as in ``native/network.cc``.
_BLOCK_ROWS = 128


class NativeEngine:
    """Runs a program in C++ on the CPU; a whole pass over the rows is one call without the GIL.

    Results are bit-identical for any number of threads. Calls on one engine from several Python
    threads run one after another; several engines run in parallel and share the threads.

    Args:
        program: a verified program.
        threads: maximum number; None for ``trimtab.config.get_threads()`` at each call.

    Attributes:
        threads: as given; may be changed between calls.
    """

    name = "native"

    def __init__(self, program: Program, *, threads: int | None = None) -> None:
        self.program = program
        self.threads = threads
        self._lock = threading.Lock()
        self._looks_at: tuple[LookedValue, ...] | None = None
        blas.choose()
        try:
            self._network = _native.Network(program.record())
        except ValueError as error:
            raise EngineError(f"{error}.") from error

    def load(self, state: EngineState) -> None:
        check_state(self.program, state)
        with self._lock:
            self._network.load(state.parameters, state.state, state.slots, state.step)

    def dump(self) -> EngineState:
        with self._lock:
            return EngineState(*self._network.dump())

    def train(self, call: TrainCall) -> TrainResult:
        check_call(self.program, call)
        rows = call.rows
        assert rows.y is not None
        dropping = self._dropping(call.dropout_rates, call.steps)
        look = call.look
        with self._run() as threads:
            if look is not None and look.values != self._looks_at:
                self._network.look_at([_plain(each) for each in look.values])
                self._looks_at = look.values
            try:
                result = self._network.train(
                    rows.x,
                    rows.y,
                    rows.weight,
                    call.order,
                    call.batch_size,
                    call.seed,
                    np.ascontiguousarray(call.learning_rates, np.float32),
                    None if call.sizes is None else np.ascontiguousarray(call.sizes),
                    dropping,
                    call.predictions,
                    call.watch,
                    None if look is None else (look.first, look.stop, look.paired),
                    threads,
                )
            except KeyboardInterrupt as stop:
                partial = getattr(stop, "partial", None)
                if isinstance(partial, tuple):
                    stop.partial = TrainResult(*partial)  # type: ignore[attr-defined]
                raise
            looked = None
            if look is not None and result[1] >= look.stop:
                number, values, training, inference, norms, state = self._network.looked()
                paired = min(look.paired, call.size(look.stop - 1))
                looked = Looked(number, values, training, inference, paired, norms, state)
        return TrainResult(*result, looked)

    def evaluate(self, rows: Rows, *, predictions: bool = False) -> Evaluation:
        if rows.y is None:
            raise EngineError("evaluation needs targets, received rows without y.")
        with self._run() as threads:
            return Evaluation(
                *self._network.evaluate(rows.x, rows.y, rows.weight, predictions, threads)
            )

    def predict(self, x: Floats) -> Floats:
        if len(x) <= _BLOCK_ROWS and not blas.choose():
            with self._lock:  # one block, one thread, and nothing to limit: some microseconds less
                return self._network.predict(x, 1)
        with self._run() as threads:
            return self._network.predict(x, threads)

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
        dropping = self._dropping(dropout_rates, 1)
        with self._run() as threads:
            return self._network.forward(x, mask, training, seed, step, update, dropping, threads)

    def probe(
        self,
        rows: Rows,
        *,
        training: bool = False,
        seed: int = 0,
        step: int = 0,
        dropout_rates: DropoutRates | None = None,
    ) -> Probe:
        dropping = self._dropping(dropout_rates, 1)
        with self._run() as threads:
            values, loss, gradients, value_gradients = self._network.probe(
                rows.x, rows.y, rows.weight, training, seed, step, dropping, threads
            )
        return Probe(dict(enumerate(values)), loss, gradients, dict(enumerate(value_gradients)))

    def _dropping(
        self, dropout_rates: DropoutRates | None, steps: int
    ) -> dict[int, tuple[NDArray[np.uint32], Floats]] | None:
        check_rates(self.program, dropout_rates, steps)
        if not dropout_rates:
            return None
        return self.program.limits_and_scales(dropout_rates)

    @contextmanager
    def _run(self) -> Iterator[int]:
        """Locks the engine for one call; yields the number of threads to use."""
        with self._lock, blas.in_use():
            yield self.threads or config.get_threads()


def _plain(look: LookedValue) -> tuple[int, int, float, float, float, bool, bool]:
    bounds = look.bounds
    off, low, high = bounds.off, bounds.low, bounds.high
    return look.value, look.compared, off, low, high, bounds.by_row, look.paired
