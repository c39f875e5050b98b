"""A population on the native engine: one network per thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from trimtab import config
from trimtab.core.types import Floats
from trimtab.engines.base import (
    EngineState,
    Evaluation,
    Rows,
    TrainCall,
    TrainResult,
    Watch,
)
from trimtab.engines.members import Orders, check_calls, check_members
from trimtab.engines.native.engine import NativeEngine
from trimtab.errors import EngineError
from trimtab.program import Program

#: Seconds between two calls of ``watch`` (and checks for Ctrl-C) while the members train.
_PERIOD = 0.05

_T = TypeVar("_T")


class NativePopulation:
    """Independent native engines, as many at a time as there are threads.

    See :class:`~trimtab.engines.members.Population` for the protocol. The results of every member
    are those that it gives alone, bit for bit.
    """

    name = "native"

    def __init__(self, programs: Sequence[Program], *, threads: int | None = None) -> None:
        self.programs = tuple(programs)
        self._threads = threads
        self._engines = [NativeEngine(program) for program in self.programs]

    def load(self, states: Sequence[EngineState]) -> None:
        check_members(self, states=states)
        for engine, state in zip(self._engines, states, strict=True):
            engine.load(state)

    def dump(self) -> list[EngineState]:
        return [engine.dump() for engine in self._engines]

    def train(self, calls: Sequence[TrainCall]) -> list[TrainResult]:
        check_calls(self, calls)
        watcher = _Watcher(len(calls), calls[0].watch)

        def train(member: int) -> TrainResult:
            call = calls[member]
            if watcher.stop or call.count == 0:
                width = self.programs[member].output_width
                made = np.zeros((0, width), np.float32) if call.predictions else None
                return TrainResult(float("nan"), 0, made, watcher.stop, 0.0)
            order = None if call.order is None else np.ascontiguousarray(call.order, np.int64)
            return self._engines[member].train(
                replace(
                    call,
                    order=order,
                    watch=lambda steps, loss: watcher.look(member, steps, loss),
                )
            )

        return self._each(train, watcher)

    def evaluate(
        self, rows: Rows, which: Orders | None = None, *, predictions: bool = False
    ) -> list[Evaluation]:
        chosen = [None] * len(self.programs) if which is None else list(which)
        check_members(self, which=chosen)
        if rows.y is None:
            raise EngineError("evaluation needs targets, received rows without y.")
        y = rows.y

        def evaluate(member: int) -> Evaluation:
            part, own = chosen[member], rows
            if part is not None:
                weight = None if rows.weight is None else rows.weight[part]
                own = Rows(rows.x[part], y[part], weight)
            return self._engines[member].evaluate(own, predictions=predictions)

        return self._each(evaluate)

    def predict(self, x: Floats) -> Floats:
        return np.stack(self._each(lambda member: self._engines[member].predict(x)))

    def _each(self, work: Callable[[int], _T], watcher: _Watcher | None = None) -> list[_T]:
        """Calls ``work`` for every member in parallel; returns the results in order."""
        watcher = _Watcher(len(self._engines)) if watcher is None else watcher
        threads = self._threads or config.get_threads()
        for member, engine in enumerate(self._engines):
            engine.threads = budget(member, len(self._engines), threads)
        # Made anew for each call: a pool that lives on has no threads in a forked child.
        with ThreadPoolExecutor(min(threads, len(self._engines))) as pool:
            futures = [pool.submit(work, member) for member in range(len(self._engines))]
            try:
                watcher.attend(futures)
            except KeyboardInterrupt as interrupt:
                watcher.stop = True
                wait(futures)
                results = [future.result() for future in futures]
                interrupt.partial = results  # type: ignore[attr-defined]
                raise
            except BaseException:
                watcher.stop = True
                raise
        return [future.result() for future in futures]


def budget(member: int, members: int, threads: int) -> int:
    """Maximum number of threads for a member's engine.

    Networks that run at the same time divide this number by how many they are when they start. The
    first members get one thread each. When fewer members than threads remain, each of these gets
    its share times its place among them, which the division turns back into its share.
    """
    left = members % threads
    place = member - (members - left)
    return 1 if place < 0 else threads // left * (place + 1)


class _Watcher:
    """Watches the members while they train.

    Attributes:
        stop: set to True to stop all members after their current step.
    """

    def __init__(self, members: int, watch: Watch | None = None) -> None:
        self.stop = False
        self._watch = watch
        self._steps = [0] * members
        self._losses = [float("nan")] * members

    def look(self, member: int, steps: int, loss: float) -> bool:
        """Called by a member's engine between steps."""
        self._steps[member], self._losses[member] = steps, loss
        return self.stop

    def attend(self, futures: Sequence[Future[Any]]) -> None:
        """Waits for all members; raises their first error."""
        left: set[Future[Any]] = set(futures)
        while left:
            done, left = wait(left, timeout=_PERIOD, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
            begun = [loss for steps, loss in zip(self._steps, self._losses, strict=True) if steps]
            if left and begun and self._watch is not None:
                self.stop |= self._watch(sum(self._steps), float(np.mean(begun)))
