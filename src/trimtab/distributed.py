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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from trimtab import checks, config, errors
from trimtab.errors import EngineError, InvalidArgument

__all__ = ["initialize", "is_main", "process_count", "process_index", "shutdown"]

#: Seconds between two looks at what the other processes do.
_PERIOD = 1.0

#: Looks that must find this process in one and the same call before it asks what keeps the others.
_PATIENCE = 5

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
    from trimtab.engines import need_jax

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


def on_main(name: str, action: Callable[[], None]) -> None:
    """Runs ``action`` on process 0; returns on all when it is done, or raises its error on all.

    Where process 0 alone comes here (``if is_main(): model.save(...)``), nobody waits.

    Args:
        name: of what is done; actions of one name are done in the same order on all.
    """
    runtime = _runtime
    if runtime is None or runtime.count == 1:
        action()
        return
    key = f"trimtab/done/{name}/{runtime.number('done/' + name)}"
    if runtime.index == 0:
        try:
            action()
        except Exception as error:
            runtime.tell(key, json.dumps([type(error).__name__, str(error)]))
            raise
        runtime.tell(key, "null")
        return
    failure = json.loads(runtime.hear(key, 0))
    if failure is not None:
        kind = getattr(errors, failure[0], OSError)
        raise kind(f"process 0: {failure[1]}")


def of_main(name: str, number: int) -> int:
    """Process 0's number, on all: for decisions that hang on a clock."""
    runtime = _runtime
    if runtime is None or runtime.count == 1:
        return number
    key = f"trimtab/main/{name}/{runtime.number('main/' + name)}"
    if runtime.index == 0:
        runtime.tell(key, str(number))
    return int(runtime.hear(key, 0))


def check_same(what: str, parts: Mapping[str, Any]) -> None:
    """Refuses to go on where the processes have not been given the same.

    Args:
        what: the method that was called, for the message.
        parts: name -> plain data that must be equal on all processes.
    """
    runtime = _runtime
    if runtime is None or runtime.count == 1:
        return
    everywhere = [json.loads(text) for text in runtime.exchange("same", json.dumps(parts))]
    for name in parts:
        for index, theirs in enumerate(everywhere):
            if theirs.get(name) != everywhere[0].get(name):
                raise EngineError(
                    f"{what}: process {index} of {runtime.count} has other {name} than process 0. "
                    "Give every process the same whole table, model and arguments: the batches "
                    "are split among the processes by trimtab."
                )


# -- the runtime -----------------------------------------------------------------------------------


@dataclass
class _Runtime:
    """What JAX's runtime tells of this process and the others.

    Attributes:
        client: of the key-value store that process 0 keeps for all.
        count, index: how many processes, and which one this is.
        lost: whether another process was found gone.
        calls: how often :func:`together` was entered.
        doing: number and name of such a call while it is under way.
    """

    client: Any
    count: int
    index: int
    lost: bool = False
    calls: int = 0
    doing: tuple[int, str] | None = None
    _numbers: dict[str, int] = field(default_factory=dict)
    _parting: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def naming_losses(self) -> Iterator[None]:
        """One sentence in place of what JAX says when a process is gone."""
        other = self._name(1 - self.index) if self.count == 2 else "another process"
        sentence = (
            f"{other} is gone, so process {self.index} of {self.count} stops: every step "
            "takes all of them. Start all processes again; fit goes on from the file that was "
            "saved last."
        )
        if self.lost:
            raise EngineError(sentence)
        try:
            yield
        except RuntimeError as error:
            if not _is_loss(error):
                raise
            self.lost = True
            raise EngineError(sentence) from error

    def number(self, name: str) -> int:
        """0, 1, 2, ... for each name."""
        number = self._numbers.get(name, 0)
        self._numbers[name] = number + 1
        return number

    def tell(self, key: str, text: str) -> None:
        with self.naming_losses():
            self.client.key_value_set(key, text)

    def hear(self, key: str, teller: int) -> str:
        """What a process tells under this key; waited for in pieces, as Ctrl-C may come."""
        ended = False
        with self.naming_losses():
            while True:
                try:
                    return str(self.client.blocking_key_value_get(key, int(1000 * _PERIOD)))
                except RuntimeError as error:
                    if "DEADLINE_EXCEEDED" not in str(error):
                        raise
                if ended:
                    raise EngineError(f"{self._name(teller)} has ended. {_ADVICE}")
                ended = teller in self.ended()

    def exchange(self, name: str, text: str) -> list[str]:
        """What every process gives, in their order."""
        folder = f"trimtab/{name}/{self.number(name)}"
        self.tell(f"{folder}/{self.index}", text)
        return [self.hear(f"{folder}/{index}", index) for index in range(self.count)]

    def ended(self) -> dict[int, int]:
        """The processes that have come to the end of their program -> their number of calls."""
        told = self.client.key_value_dir_get("trimtab/ended/")
        return {int(key.rsplit("/", 1)[1]): int(text) for key, text in told}

    def part(self) -> None:
        """Waits until all have come to their end, for as long as it takes.

        JAX's own end of a run gives the others five minutes, and then stops them.
        """
        self._parting.set()
        self.tell(f"trimtab/ended/{self.index}", str(self.calls))
        while len(self.ended()) < self.count:
            time.sleep(_PERIOD / 10)

    def watch(self) -> None:
        """Ends this process where it waits for what will never come; runs in a thread.

        A process that dies is noticed by JAX. One that has left out a call the others make (or has
        come to the end of its program without it) is alive, and they would wait for ever.
        """
        before, stays = None, 0
        while not self._parting.wait(_PERIOD):
            doing = self.doing
            stays = stays + 1 if doing is not None and doing == before else 0
            before = doing
            if doing is None or stays < _PATIENCE:
                continue
            try:
                if stays == _PATIENCE:
                    self.client.key_value_set(f"trimtab/at/{doing[0]}/{self.index}", doing[1])
                problem = self._in_vain(*doing)
            except RuntimeError:  # process 0 is gone: JAX says so
                return
            if problem:
                print(f"trimtab.errors.EngineError: {problem} {_ADVICE}", file=sys.stderr)
                _exit(1)

    def _in_vain(self, call: int, method: str) -> str | None:
        """Why the call under way cannot end, if that is so."""
        for other, calls in self.ended().items():
            if calls < call:
                return f"{self._name(other)} has ended, and process {self.index} waits for it."
        for key, theirs in self.client.key_value_dir_get(f"trimtab/at/{call}/"):
            if theirs != method:
                other = int(key.rsplit("/", 1)[1])
                return f"{self._name(other)} is in {theirs}, process {self.index} in {method}."
        return None

    def _name(self, other: int) -> str:
        return f"process {other} of {self.count}"


_runtime: _Runtime | None = None


def _leave() -> None:
    """The end of the program: waits for the others, unless something went wrong."""
    runtime = _runtime
    if runtime is None:
        return
    # Set where an exception ended the program; a session at the prompt goes on after one.
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    if error is not None or runtime.lost:
        # JAX would wait for processes that wait for this one.
        _exit(130 if isinstance(error, KeyboardInterrupt) else 1)
    try:
        runtime.part()
    except KeyboardInterrupt:
        _exit(130)
    except RuntimeError:  # process 0 is gone
        _exit(1)


def _exit(status: int) -> None:
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
    given = [json.loads(text) for text in runtime.exchange("seed", json.dumps(mine))]
    if all(kind == "drawn" for kind, _ in given):
        config.set_random_seed(given[0][1])
    elif any(each != given[0] for each in given):
        found = ", ".join("none" if kind == "drawn" else str(value) for kind, value in given)
        raise EngineError(
            f"the processes have set different random seeds ({found}). Call "
            "trimtab.set_random_seed with the same number in all of them, or in none."
        )
