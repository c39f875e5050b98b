"""Several processes that train one network together, on one machine or on many.

Every process runs the same program on the same table: it builds the same model, calls the same
methods in the same order, and computes its slice of each batch. Process 0 writes the files and
prints. It is based on JAX's distributed runtime; :func:`initialize` imports JAX.
"""

from __future__ import annotations

import atexit
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from trimtab import config, errors
from trimtab.core import checks
from trimtab.core.processes import END, Processes
from trimtab.core.words import brief
from trimtab.errors import EngineError, InvalidArgument

__all__ = ["initialize", "is_main", "process_count", "process_index", "shutdown"]

#: Seconds that process 0, which hosts JAX's runtime, gives the others to say why they stop.
_GRACE = 2.0

_processes: Processes | None = None


def initialize(
    coordinator_address: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    *,
    local_device_ids: int | Sequence[int] | None = None,
    heartbeat_timeout: int = 30,
    initialization_timeout: int = 300,
) -> None:
    """Joins this process with others to train one network; returns when all have called it.

    Call it at the start of the program, before anything is computed with JAX. From then on
    ``compile(devices=None)`` means all devices of all processes. On a cluster that JAX detects
    (SLURM, Open MPI, Kubernetes, Cloud TPU) no argument is needed.

    All processes use one random seed: the one given to ``trimtab.set_random_seed`` before (the
    same in every process), or one drawn by process 0.

    Args:
        coordinator_address: ``"host:port"`` of process 0, with any free port.
        num_processes: number of processes.
        process_id: number of this process, from 0.
        local_device_ids: devices of this machine that this process uses; default: all.
        heartbeat_timeout: seconds without a sign of life after which a process counts as dead and
            the others stop.
        initialization_timeout: seconds to wait for the others.

    Raises:
        EngineError: JAX is not installed or already in use, this was called before, or the
            processes have set different seeds.
        InvalidArgument: an argument is wrong, or missing outside a cluster that JAX detects.

    Example:
        >>> import trimtab
        >>> trimtab.distributed.initialize("10.0.0.1:9911", 2, 0)  # doctest: +SKIP
        >>> trimtab.distributed.process_count()  # doctest: +SKIP
        2
    """
    global _processes
    if _processes is not None:
        raise EngineError(
            f"distributed.initialize was already called: this is process {_processes.index} of "
            f"{_processes.count}. Call it once, at the start of the program."
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
            f"distributed.initialize: {error} Outside a cluster that JAX detects, pass "
            "coordinator_address='host:port', num_processes and process_id."
        ) from error
    except RuntimeError as error:
        raise _initialization_error(error) from error
    _processes = Processes(jax.process_index(), jax.process_count())
    # After JAX's own, and so called before it.
    atexit.register(_leave)
    _agree_on_seed(_processes)


def shutdown() -> None:
    """Waits for all processes, and leaves them. Compute nothing with JAX after it.

    The end of the program does the same, so there is rarely a reason to call it.
    """
    global _processes
    if _processes is None:
        return
    from jax import distributed

    _processes.meet(END)
    atexit.unregister(_leave)
    _processes = None
    end: Any = distributed.shutdown
    end()


def process_count() -> int:
    """Number of processes that train together; 1 without :func:`initialize`."""
    return 1 if _processes is None else _processes.count


def process_index() -> int:
    """Number of this process, from 0."""
    return 0 if _processes is None else _processes.index


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

    Args:
        method: what they do; the same on all processes.

    Raises:
        EngineError: a process is gone, or does something else.
    """
    processes = _processes
    if processes is None or processes.count == 1:
        yield
        return
    processes.meet(method)
    with processes.at_work():
        yield


def on_main(action: Callable[[], None]) -> None:
    """Runs ``action`` on process 0. Returns on every process when it is done.

    Process 0 may also come here alone, as in ``if is_main(): model.save(...)``. It then waits until
    the others reach their next call, which must not be a save.

    Raises:
        Exception: the error of ``action``, on every process.
    """
    processes = _processes
    if processes is None or processes.count == 1:
        action()
        return
    if processes.index > 0:
        failure = processes.await_save()
        if failure is not None:
            kind = getattr(errors, failure[0], OSError)
            raise kind(f"process 0: {failure[1]}")
        return
    try:
        action()
    except Exception as error:
        processes.tell_save((type(error).__name__, str(error)))
        raise
    processes.tell_save(None)


def of_main(method: str, number: int) -> int:
    """The number of process 0, on every process: for decisions that depend on a clock."""
    processes = _processes
    if processes is None or processes.count == 1:
        return number
    return int(processes.meet(method, number)[0])


def check_same(method: str, parts: Mapping[str, Any]) -> None:
    """Raises ``EngineError`` unless all processes have been given the same.

    Args:
        method: what was called.
        parts: name -> plain data that must be equal on all processes.
    """
    processes = _processes
    if processes is None or processes.count == 1:
        return
    everywhere = processes.meet(method, dict(parts))
    for name in parts:
        for index, theirs in enumerate(everywhere):
            if theirs.get(name) != everywhere[0].get(name):
                raise EngineError(
                    f"{method}: the {name} of process {index} of {processes.count} differ from "
                    "those of process 0. Give every process the same complete table, model and "
                    "arguments; trimtab splits each batch among them."
                )


# -- the end of the program ------------------------------------------------------------------------


def _leave() -> None:
    """Waits for the others at the end of the program, unless something went wrong."""
    processes = _processes
    if processes is None or processes.count == 1:
        return
    # Set where an exception ended the program; a session at the prompt goes on after one.
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    status = 130 if isinstance(error, KeyboardInterrupt) else 1
    if processes.inside or processes.lost is not None:
        _exit(status)
    try:
        if error is None:
            processes.meet(END)
            return
        processes.stop(f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": "))
    except KeyboardInterrupt:
        status = 130
    except EngineError as lost:
        print(f"trimtab.errors.EngineError: {lost}", file=sys.stderr)
    _exit(status)


def _exit(status: int) -> NoReturn:
    """Ends the process without JAX's wait for the others."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    if is_main() and not (_processes and _processes.gone):
        time.sleep(_GRACE)
    os._exit(status)


# -- what initialize refuses -----------------------------------------------------------------------


def _check_arguments(address: Any, count: Any, index: Any) -> None:
    if address is not None and not (
        isinstance(address, str)
        and address.rpartition(":")[0]
        and address.rpartition(":")[2].isdecimal()
    ):
        raise InvalidArgument(
            f"coordinator_address must be 'host:port', received {brief(address)}. "
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
            "distributed.initialize must be called before JAX is used. Call it at the start of "
            "the program, before models and before jax.devices()."
        )
    if "only be called once" in str(error):
        return EngineError(
            "JAX's distributed runtime is already running. Call trimtab.distributed.initialize "
            "instead of jax.distributed.initialize."
        )
    return EngineError(
        f"the processes could not connect ({error}). Start all of them with the same "
        "num_processes and the coordinator_address of process 0."
    )


def _agree_on_seed(processes: Processes) -> None:
    """One seed for all that is drawn."""
    seed = config.get_random_seed()
    mine = ["set", seed] if seed is not None else ["drawn", secrets.randbits(64)]
    given: list[Any] = processes.meet("initialize", mine) if processes.count > 1 else [mine]
    if all(kind == "drawn" for kind, _ in given):
        config.set_random_seed(given[0][1])
    elif any(each != given[0] for each in given):
        found = ", ".join("none" if kind == "drawn" else str(value) for kind, value in given)
        raise EngineError(
            f"the processes have set different random seeds ({found}). Call "
            "trimtab.set_random_seed with the same number in all of them, or in none."
        )
