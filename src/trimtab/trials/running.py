"""Where trials run: in threads of this process, or wherever joblib sends them.

A native network holds no lock of Python while it trains, so threads share the arrays and need no
copies. Inside ``joblib.parallel_config`` trials go to that back end instead: processes, Dask, Ray.
A trial is a pure function of what it is given, so its numbers do not depend on where it ran.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trimtab.core.words import one_line
from trimtab.errors import TrimtabError
from trimtab.trials.trial import Outcome, Trial

__all__ = ["RUNNING", "Call", "attempt", "reason", "run"]

#: How often trials are sent again that a lost worker had.
ATTEMPTS = 3

#: Rounds of trials that are sent at once where outcomes do not come back one by one.
ROUNDS = 4


class _Running:
    """Networks that train now, so that they can be told to stop."""

    def __init__(self) -> None:
        self._models: set[Any] = set()
        self._lock = threading.Lock()

    @contextmanager
    def holding(self, model: Any) -> Iterator[None]:
        """Keeps a network in the list while it trains."""
        with self._lock:
            self._models.add(model)
        try:
            yield
        finally:
            with self._lock:
                self._models.discard(model)

    def stop(self) -> None:
        """Ends each training after its epoch."""
        with self._lock:
            for model in self._models:
                model.stop_training = True

    def __reduce__(self) -> tuple[Any, ...]:
        return (_Running, ())


RUNNING = _Running()


@dataclass(frozen=True, eq=False)
class Call:
    """A trial as a function and its arguments.

    Attributes:
        trial: which one.
        function: is called with them and returns an :class:`Outcome`.
        arguments: arrays and tables among them travel to a cluster once.
    """

    trial: Trial
    function: Callable[..., Outcome]
    arguments: tuple[Any, ...]


def run(calls: Sequence[Call], jobs: int, end: float = math.inf) -> Generator[Outcome, None, None]:
    """Runs trials and yields what came of them as they end, in any order.

    Closing the iterator leaves out what has not begun.

    Args:
        calls: the trials, the most urgent first.
        jobs: how many run at once.
        end: when to give up, on the clock of ``time.monotonic``.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        TimeoutError: the end came first.
    """
    if not calls:
        return
    if _own_backend():
        yield from _in_threads(calls, jobs, end)
    else:
        yield from _by_joblib(calls, jobs, end)


def attempt(function: Callable[..., Outcome], trial: Trial, *arguments: Any) -> Outcome:
    """Runs a trial; what goes wrong in it is its outcome, and no other trial's."""
    begin = time.perf_counter()
    try:
        return function(*arguments)
    except Exception as problem:  # noqa: BLE001 - a custom loss or metric may raise anything
        return Outcome(trial, seconds=time.perf_counter() - begin, failed=reason(problem))


def reason(problem: Exception) -> str:
    """Why a trial failed, in a line."""
    kind = "" if isinstance(problem, TrimtabError) else f"{type(problem).__name__}: "
    return one_line(f"{kind}{problem}")[:500]


def _own_backend() -> bool:
    """Whether nobody has asked joblib for another back end."""
    from joblib import parallel

    return _configured("backend") is parallel.default_parallel_config["backend"]


def _configured(name: str) -> Any:
    """What ``joblib.parallel_config`` was given, which no public function of joblib tells."""
    from joblib import parallel

    config = getattr(getattr(parallel, "_backend", None), "config", {})
    return config.get(name, parallel.default_parallel_config[name])


def _in_threads(calls: Sequence[Call], jobs: int, end: float) -> Iterator[Outcome]:
    waiting: queue.SimpleQueue[Call] = queue.SimpleQueue()
    for call in calls:
        waiting.put(call)
    done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    closed = threading.Event()

    def work() -> None:
        while not closed.is_set():
            try:
                call = waiting.get_nowait()
            except queue.Empty:
                return
            done.put(attempt(call.function, call.trial, *call.arguments))

    workers = [
        # As daemons: a second Ctrl-C may end the process while they train.
        threading.Thread(target=work, daemon=True, name=f"trial-{number}")
        for number in range(min(jobs, len(calls)))
    ]
    for worker in workers:
        worker.start()
    ended = False
    try:
        for _ in calls:
            yield _next(done, end)
        ended = True
    finally:
        closed.set()
        if not ended:
            RUNNING.stop()
        else:
            for worker in workers:
                worker.join()


def _next(done: queue.SimpleQueue[Outcome], end: float) -> Outcome:
    left = end - time.monotonic()
    if math.isinf(left):
        return done.get()
    try:
        return done.get(timeout=max(left, 0.0))
    except queue.Empty:
        raise TimeoutError from None


def _by_joblib(calls: Sequence[Call], jobs: int, end: float) -> Iterator[Outcome]:
    from joblib import parallel

    told = _configured("n_jobs")
    jobs = jobs if told is parallel.default_parallel_config["n_jobs"] else told
    left = {call.trial: call for call in calls}
    for again in range(ATTEMPTS):
        try:
            for outcome in _sent(list(left.values()), jobs):
                left.pop(outcome.trial, None)
                yield outcome
                if left and time.monotonic() >= end:
                    raise TimeoutError
            return
        except (GeneratorExit, KeyboardInterrupt, TimeoutError):
            raise
        except Exception:
            # A worker that is lost takes the rows with it that were sent to it: send them again.
            if again == ATTEMPTS - 1:
                raise


def _sent(calls: Sequence[Call], jobs: int) -> Iterator[Outcome]:
    """Outcomes as they end, or, of back ends that return all at once, a few rounds at a time."""
    from joblib import Parallel, delayed, effective_n_jobs, parallel

    def sent(some: Sequence[Call], **how: Any) -> Any:
        tasks = (delayed(attempt)(each.function, each.trial, *each.arguments) for each in some)
        return Parallel(jobs, batch_size=1, **how)(tasks)

    backend, _ = parallel.get_active_backend()
    if getattr(backend, "supports_return_generator", False):
        yield from sent(calls, return_as="generator_unordered")
        return
    size = ROUNDS * max(1, effective_n_jobs(jobs))
    for begin in range(0, len(calls), size):
        yield from sent(calls[begin : begin + size])
