"""Several processes that train one network together, on one machine or on many.

Every process runs the same program on the same table: it builds the same model, calls the same
methods in the same order, and computes its slice of each batch. Process 0 writes the files and
prints. The runtime beneath is JAX's own; JAX is imported by :func:`initialize` and not before.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from trimtab import config, errors
from trimtab.core import checks
from trimtab.errors import EngineError, InvalidArgument

__all__ = ["initialize", "is_main", "process_count", "process_index", "shutdown"]

#: Seconds between two looks at what the other processes do.
_PERIOD = 1.0

#: Looks that must find this process in one and the same call before it asks what keeps the others.
_PATIENCE = 5

#: Where processes that have come to the end of their program tell how many calls they made, and
#: those that failed tell why.
_ENDED, _STOPPED = "trimtab/ended/", "trimtab/stopped/"

#: What to do where processes have gone different ways.
_ADVICE = (
    "Every process has to call fit, evaluate and predict equally often, in the same order: do not "
    "put them under a condition such as is_main()."
)

#: What errors of JAX say when another process cannot be reached.
_GONE = (
    "gloo", "nccl", "connection closed", "connection reset", "socket closed",
    "unavailable", "heartbeat", "coordination service", "coordinationservice", "barrier failed",
)  # fmt: skip


def initialize(
    coordinator_address: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    *,
    local_device_ids: int | Sequence[int] | None = None,
    heartbeat_timeout: int = 30,
    initialization_timeout: int = 300,
) -> None:
    """Makes this process one of several that train together; returns when all have called it.

    It comes first in the program, before anything is computed with JAX. From then on
    ``compile(devices=None)`` means all devices of all processes. On a cluster that JAX knows
    (SLURM, Open MPI, Kubernetes, Cloud TPU) all arguments can be left out.

    Models draw from one seed: that of ``trimtab.set_random_seed`` where it was called before (the
    same on every process), else one that process 0 draws.

    Args:
        coordinator_address: ``"host:port"`` of process 0; any free port.
        num_processes: how many there are.
        process_id: number of this one, from 0.
        local_device_ids: devices of this machine that this process takes; all by default.
        heartbeat_timeout: seconds of silence after which a process counts as dead and the others
            stop.
        initialization_timeout: seconds to wait for the others.

    Errors: ``EngineError`` where JAX is missing or has been used, where this was called before, and
    where the processes set different seeds; ``InvalidArgument`` for an argument that is wrong, or
    missing and not known from a cluster.

    Example:
        >>> import trimtab
        >>> trimtab.distributed.initialize("10.0.0.1:9911", 2, 0)  # doctest: +SKIP
        >>> trimtab.distributed.process_count()  # doctest: +SKIP
        2
    """
    global _runtime
    if _runtime is not None:
        raise EngineError(
            f"distributed.initialize was called before: this is process {_runtime.index} of "
            f"{_runtime.count}. Call it once, at the start of the program."
        )
    _check_arguments(coordinator_address, num_processes, process_id)
    options: dict[str, Any] = {
        "local_device_ids": local_device_ids,
        "heartbeat_timeout_seconds": checks.positive_integer(
            "heartbeat_timeout", heartbeat_timeout
        ),
        "initialization_timeout": checks.positive_integer(
            "initialization_timeout", initialization_timeout
        ),
    }
    from trimtab.core.extras import need_jax

    need_jax("distributed.initialize")
    import jax

    settings: Any = jax.config
    # JAX's preemption service takes SIGTERM for itself, and a process could not be ended by it.
    if hasattr(settings, "jax_enable_preemption_service"):
        settings.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(coordinator_address, num_processes, process_id, **options)
    except ValueError as error:
        raise InvalidArgument(
            f"distributed.initialize: {error} Outside of a cluster that JAX knows, pass "
            "coordinator_address='host:port', num_processes and process_id."
        ) from error
    except RuntimeError as error:
        raise _initialization_error(error) from error
    # The store that the runtime keeps for all processes has no public name in JAX.
    from jax._src import distributed as jax_distributed

    state = jax_distributed.global_state
    _runtime = _Runtime(state.client, int(state.num_processes), int(state.process_id))
    # After JAX's own, and so called before it.
    atexit.register(_leave)
    threading.Thread(target=_runtime.watch, name="trimtab-distributed", daemon=True).start()
    _agree_on_seed(_runtime)


def shutdown() -> None:
    """Waits for all processes to come here, and parts. Nothing is computed with JAX after it.

    The end of the program does the same, so that it is seldom called.
    """
    global _runtime
    if _runtime is None:
        return
    from jax import distributed

    with _runtime.naming_losses():
        _runtime.part()
    atexit.unregister(_leave)
    _runtime = None
    end: Any = distributed.shutdown
    end()


def process_count() -> int:
    """How many processes train together; 1 where :func:`initialize` was not called."""
    return 1 if _runtime is None else _runtime.count


def process_index() -> int:
    """Number of this process, from 0."""
    return 0 if _runtime is None else _runtime.index


def is_main() -> bool:
    """Whether this process writes files and prints: process 0."""
    return process_index() == 0


# -- for the rest of the package -------------------------------------------------------------------


def say(text: str, **options: Any) -> None:
    """``print``, on process 0."""
    if is_main():
        print(text, **options)


@contextmanager
def together(method: str) -> Iterator[None]:
    """Goes around what the devices of all processes do together.

    The loss of a process becomes one :class:`EngineError`. Every process comes through here
    equally often: one that waits inside for a process that never will come, is stopped.

    Args:
        method: what they do; the same on all.
    """
    runtime = _runtime
    if runtime is None or runtime.count == 1:
        yield
        return
    runtime.calls += 1
    runtime.doing = (runtime.calls, method)
    try:
        with runtime.naming_losses():
            yield
    finally:
        runtime.doing = None


def on_main(action: Callable[[], None]) -> None:
    """Runs ``action`` on process 0; returns on all when it is done, or raises its error on all.

    Where process 0 alone comes here (``if is_main(): model.save(...)``), nobody waits.
    """
    runtime = _runtime
    if runtime is None or runtime.count == 1:
        action()
        return
    key = runtime.key("save")
    if runtime.index == 0:
        try:
            action()
        except Exception as error:
            runtime.tell(key, json.dumps([type(error).__name__, str(error)]))
            raise
        runtime.tell(key, "null")
        return
    failure = json.loads(runtime.hear(key, "save"))
    if failure is not None:
        kind = getattr(errors, failure[0], OSError)
        raise kind(f"process 0: {failure[1]}")


def of_main(method: str, number: int) -> int:
    """Process 0's number, on all: for decisions that hang on a clock."""
    runtime = _runtime
    if runtime is None or runtime.count == 1:
        return number
    key = runtime.key("main")
    if runtime.index == 0:
        runtime.tell(key, str(number))
    return int(runtime.hear(key, method))


def check_same(method: str, parts: Mapping[str, Any]) -> None:
    """Refuses to go on where the processes have not been given the same.

    Args:
        method: what was called.
        parts: name -> plain data that must be equal on all processes.
    """
    runtime = _runtime
    if runtime is None or runtime.count == 1:
        return
    everywhere = [json.loads(text) for text in runtime.exchange(method, json.dumps(parts))]
    for name in parts:
        for index, theirs in enumerate(everywhere):
            if theirs.get(name) != everywhere[0].get(name):
                raise EngineError(
                    f"{method}: process {index} of {runtime.count} has other {name} than "
                    "process 0. Give every process the same whole table, model and arguments: the "
                    "batches are split among the processes by trimtab."
                )


# -- the runtime -----------------------------------------------------------------------------------


@dataclass
class _Runtime:
    """What this process and the others tell one another.

    Attributes:
        client: of the key-value store that process 0 keeps for all.
        count, index: how many processes, and which one this is.
        lost: what has happened to another process; None while all is well.
        ending: whether a thread has begun to end this process.
        calls: how often :func:`together` was entered; the same on all processes.
        doing: what this process waits in, by the number of the call and its name.
    """

    client: Any
    count: int
    index: int
    lost: str | None = None
    ending: bool = False
    calls: int = 0
    doing: tuple[int, str] | None = None
    _keys: dict[int, Counter[str]] = field(default_factory=dict)
    _parting: threading.Event = field(default_factory=threading.Event)

    # -- telling and hearing --------------------------------------------------------------------

    def key(self, name: str) -> str:
        """A new key, the same on all processes."""
        # Numbered within a call of all: what one told alone is forgotten at the next.
        keys = self._keys.setdefault(self.calls, Counter())
        self._keys = {self.calls: keys}
        keys[name] += 1
        return f"trimtab/{name}/{self.calls}/{keys[name]}"

    def tell(self, key: str, text: str) -> None:
        with self.naming_losses():
            self.client.key_value_set(key, text)

    def hear(self, key: str, method: str) -> str:
        """What some process tells under this key; waited for in pieces, as Ctrl-C may come."""
        self.doing = (self.calls + 1, method)
        try:
            with self.naming_losses():
                while True:
                    try:
                        return str(self.client.blocking_key_value_get(key, int(1000 * _PERIOD)))
                    except RuntimeError as error:
                        if "DEADLINE_EXCEEDED" not in str(error):
                            raise
        finally:
            self.doing = None

    def exchange(self, method: str, text: str) -> list[str]:
        """What every process gives, in their order."""
        key = self.key("exchange")
        self.tell(f"{key}/{self.index}", text)
        return [self.hear(f"{key}/{index}", method) for index in range(self.count)]

    def _by_process(self, folder: str) -> dict[int, str]:
        told = self.client.key_value_dir_get(folder)
        return {int(key.rsplit("/", 1)[1]): text for key, text in sorted(told)}

    # -- the end of other processes -------------------------------------------------------------

    @contextmanager
    def naming_losses(self) -> Iterator[None]:
        """One sentence in place of what JAX says when a process is gone."""
        if self.lost is not None:
            raise EngineError(self.lost)
        try:
            yield
        except RuntimeError as error:
            if not _is_loss(error):
                raise
            if self.ending:  # the others left because of it: the sentence is out already
                time.sleep(60.0)
            self.lost = self._loss()
            raise EngineError(self.lost) from error

    def _loss(self) -> str:
        """What has happened to another process, as far as it has told."""
        with suppress(RuntimeError):
            for other, why in self._by_process(_STOPPED).items():
                return self._stopping(f"{self._name(other)} has stopped ({why})")
        gone = self._name(1 - self.index) if self.count == 2 else "another process"
        return self._stopping(f"{gone} is gone")

    def _stopping(self, what: str) -> str:
        return (
            f"{what}, so process {self.index} of {self.count} stops: every step takes all of them. "
            "Start all processes again; fit goes on from the file that was saved last."
        )

    def _name(self, other: int) -> str:
        return f"process {other} of {self.count}"

    def part(self) -> None:
        """Waits until all have come to their end, for as long as it takes.

        JAX's own end of a run gives the others five minutes, and then stops them.
        """
        self._parting.set()
        self.tell(f"{_ENDED}{self.index}", str(self.calls))
        while len(self._by_process(_ENDED)) < self.count:
            if self._by_process(_STOPPED):
                self.stop(self._loss())
            time.sleep(_PERIOD / 10)

    def stop(self, sentence: str) -> NoReturn:
        """Ends this process, from any thread."""
        self.ending = True
        print(f"trimtab.errors.EngineError: {sentence}", file=sys.stderr)
        self.fail("it waited for another in vain" if self.lost is None else "it lost another", 1)

    def fail(self, why: str, status: int) -> NoReturn:
        """Ends this process without waiting for others that wait for it."""
        with suppress(RuntimeError):
            self.client.key_value_set(f"{_STOPPED}{self.index}", why)
            # JAX's runtime goes with process 0, and then the others do not come to say a word.
            others = self.index == 0 and not (self.lost and self.count == 2)
            for _ in range(int(_PATIENCE * 10 / _PERIOD) if others else 0):
                if len({*self._by_process(_STOPPED), *self._by_process(_ENDED)}) == self.count:
                    break
                time.sleep(_PERIOD / 10)
        _exit(status)

    # -- waiting in vain ------------------------------------------------------------------------

    def watch(self) -> None:
        """Ends this process where it waits for what will never come; runs in a thread.

        A process that dies is noticed by JAX. One that has failed and not quite ended, has left
        out a call that the others make, or has come to the end of its program without it, is
        alive: they would wait for ever.
        """
        before, stays = None, 0
        told = None
        while not self._parting.wait(_PERIOD):
            doing = self.doing
            stays = stays + 1 if doing == before else 0
            before = doing
            try:
                if told is not None and doing != told:
                    self.client.key_value_delete(self._place(told))
                    told = None
                if doing is None:
                    continue
                if self._by_process(_STOPPED):
                    self.stop(self._loss())
                if stays < _PATIENCE:
                    continue
                if told is None:
                    self.client.key_value_set(self._place(doing), doing[1])
                    told = doing
                if problem := self._in_vain(*doing):
                    self.stop(f"{problem} {_ADVICE}")
            except RuntimeError:  # process 0 is gone: JAX says so
                return

    def _place(self, doing: tuple[int, str]) -> str:
        return f"trimtab/at/{doing[0]}/{self.index}"

    def _in_vain(self, call: int, method: str) -> str | None:
        """Why the call under way cannot end, if that is so."""
        for other, calls in self._by_process(_ENDED).items():
            if int(calls) < call:
                return f"{self._name(other)} has ended, and process {self.index} waits for it."
        for other, theirs in self._by_process(f"trimtab/at/{call}/").items():
            if theirs != method:
                return f"{self._name(other)} is in {theirs}, process {self.index} in {method}."
        return None


_runtime: _Runtime | None = None


def _leave() -> None:
    """The end of the program: waits for the others, unless something went wrong."""
    runtime = _runtime
    if runtime is None:
        return
    # Set where an exception ended the program; a session at the prompt goes on after one.
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    if error is not None:
        why = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
        runtime.fail(why, 130 if isinstance(error, KeyboardInterrupt) else 1)
    if runtime.lost is not None:
        runtime.fail("it had lost another", 1)
    try:
        runtime.part()
    except KeyboardInterrupt:
        runtime.fail("KeyboardInterrupt", 130)
    except RuntimeError:  # process 0 is gone
        _exit(1)


def _exit(status: int) -> NoReturn:
    """Ends the process without JAX's wait for the others."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(status)


def _is_loss(error: RuntimeError) -> bool:
    from jax.errors import JaxRuntimeError

    text = str(error).lower()
    return isinstance(error, JaxRuntimeError) and any(sign in text for sign in _GONE)


def _check_arguments(address: Any, count: Any, index: Any) -> None:
    if address is not None and not (
        isinstance(address, str)
        and address.rpartition(":")[0]
        and address.rpartition(":")[2].isdecimal()
    ):
        raise InvalidArgument(
            f"coordinator_address must be 'host:port', received {address!r}. "
            "Use the address of process 0 and a free port: '10.0.0.1:9911'."
        )
    if count is not None:
        checks.positive_integer("num_processes", count)
    if index is not None:
        most = (2**31 if count is None else count) - 1
        checks.integer("process_id", index, minimum=0, maximum=most)


def _initialization_error(error: RuntimeError) -> EngineError:
    if "must be called before" in str(error):
        return EngineError(
            "distributed.initialize must come before anything is computed with JAX. Call it at the "
            "start of the program, before models and before jax.devices()."
        )
    if "only be called once" in str(error):
        return EngineError(
            "JAX's distributed runtime is running already. Call trimtab.distributed.initialize "
            "in place of jax.distributed.initialize."
        )
    return EngineError(
        f"the processes did not come together ({error}). Start all of them with the same "
        "coordinator_address, that of process 0, and the same num_processes."
    )


def _agree_on_seed(runtime: _Runtime) -> None:
    """One seed for all that is drawn."""
    seed = config.get_random_seed()
    mine = ["set", seed] if seed is not None else ["drawn", secrets.randbits(64)]
    given = [json.loads(text) for text in runtime.exchange("initialize", json.dumps(mine))]
    if all(kind == "drawn" for kind, _ in given):
        config.set_random_seed(given[0][1])
    elif any(each != given[0] for each in given):
        found = ", ".join("none" if kind == "drawn" else str(value) for kind, value in given)
        raise EngineError(
            f"the processes have set different random seeds ({found}). Call "
            "trimtab.set_random_seed with the same number in all of them, or in none."
        )
