"""How processes that train together stay in step: what they tell one another, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import EngineError

__all__ = ["END", "Failure", "Processes"]

#: What a process does besides ``fit``, ``predict``, ...: wait for a save of process 0, tell that it
#: has saved, end, or stop with an error.
SAVE, SAVED, END, STOP = "save", "saved", "end", "stop"

#: Name and message of the error of a save.
Failure = tuple[str, str]

#: What to do where processes do different things.
_ADVICE = (
    "Every process must make the same calls of fit, evaluate and predict, in the same order: do "
    "not put them under a condition such as is_main()."
)

#: What errors of JAX say when another process cannot be reached.
_GONE = (
    "gloo", "nccl", "connection closed", "connection reset", "socket closed",
    "unavailable", "heartbeat", "coordination service", "coordinationservice", "barrier failed",
)  # fmt: skip


@dataclass
class Processes:
    """All processes of a run, as seen from one of them.

    Before anything that their devices do together they *meet*: each tells the others what it is
    about to do. So a process that fails, ends or does something else never leaves them waiting.

    Attributes:
        index: number of this process.
        count: number of processes.
        inside: whether the devices are at work together, or were when an error was raised.
        lost: why the processes cannot continue, as a sentence; None while they can.
        gone: whether that is because a process is gone.
    """

    index: int
    count: int
    inside: bool = False
    lost: str | None = None
    gone: bool = False

    def meet(self, method: str, data: Any = None) -> list[Any]:
        """Waits until all processes are about to do the same.

        Args:
            method: what this one is about to do.
            data: plain data for the others.

        Returns:
            The data of every process, in their order.

        Raises:
            EngineError: another process is gone, has stopped, or does something else.
        """
        while True:
            lines = self._exchange(method, data)
            if lines[0]["method"] != SAVED:
                break
        self._check(lines)
        return [line["data"] for line in lines]

    def tell_save(self, failure: Failure | None) -> None:
        """Tells the others that process 0 has saved. Those that do something else meet again."""
        self._exchange(SAVED, failure)

    def await_save(self) -> Failure | None:
        """Waits until process 0 has saved."""
        lines = self._exchange(SAVE, None)
        if lines[0]["method"] != SAVED:
            self._check(lines)
        failure: Failure | None = lines[0]["data"]
        return failure

    def stop(self, why: str) -> None:
        """Tells the others that this process has failed."""
        self._exchange(STOP, why)

    def _exchange(self, method: str, data: Any) -> list[dict[str, Any]]:
        if self.lost is not None:
            raise EngineError(self.lost)
        mine = json.dumps({"method": method, "data": data})
        with self.at_work():
            lines = [json.loads(text) for text in gather(mine)]
        for other, line in enumerate(lines):
            if line["method"] == STOP and method != STOP:
                what = f"process {other} of {self.count} has stopped ({line['data']})"
                self._lose(self._stopping(what))
        return lines

    def _check(self, lines: Sequence[dict[str, Any]]) -> None:
        """Raises ``EngineError`` unless all processes do the same."""
        mine = lines[self.index]["method"]
        for other, line in enumerate(lines):
            theirs = line["method"]
            if theirs == mine:
                continue
            name = f"process {other} of {self.count}"
            if theirs == END:
                self._lose(f"{name} has ended, and process {self.index} waits for it. {_ADVICE}")
            doing = "has ended" if mine == END else f"in {mine}"
            self._lose(f"{name} is in {theirs}, process {self.index} {doing}. {_ADVICE}")

    def _stopping(self, what: str) -> str:
        return (
            f"{what}, so process {self.index} of {self.count} stops: every step needs all "
            "processes. Start all of them again, from the last saved file."
        )

    def _lose(self, sentence: str) -> NoReturn:
        self.lost = sentence
        raise EngineError(sentence)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Goes around what the devices do together.

        Raises:
            EngineError: in place of JAX's error, where another process is gone.
        """
        self.inside = True
        try:
            yield
            self.inside = False  # an error leaves it: the others are still in there
        except (RuntimeError, ValueError) as error:  # ValueError: found when a result is read
            if not _is_loss(error):
                raise
            self.gone = True
            name = f"process {1 - self.index} of 2" if self.count == 2 else "another process"
            self.lost = self._stopping(f"{name} is gone")
            raise EngineError(self.lost) from error


def gather(text: str) -> list[str]:
    """The text of every process, in their order."""
    mine = np.frombuffer(text.encode(), np.uint8)
    lengths = _gather_arrays(np.array([len(mine)], np.int32))[:, 0]
    room = np.zeros(1 << max(8, int(lengths.max() - 1).bit_length()), np.uint8)
    room[: len(mine)] = mine
    rows = _gather_arrays(room)
    return [row[:length].tobytes().decode() for row, length in zip(rows, lengths, strict=True)]


def _gather_arrays(mine: NDArray[Any]) -> NDArray[Any]:
    """``(processes, length)`` from vectors of one length, one a process."""
    import jax
    from jax.experimental import multihost_utils
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    # One device of each process: process_allgather by itself wants as many on each.
    first = {device.process_index: device for device in reversed(jax.devices())}
    mesh = Mesh(np.array([first[index] for index in sorted(first)]), ("processes",))
    specification: Any = PartitionSpec
    rows = jax.make_array_from_callback(
        (len(first), len(mine)),
        NamedSharding(mesh, specification("processes")),
        lambda _: mine[None],
    )
    gathered: NDArray[Any] = multihost_utils.process_allgather(rows, tiled=True)
    return gathered


def _is_loss(error: Exception) -> bool:
    from jax.errors import JaxRuntimeError

    text = str(error).lower()
    return isinstance(error, JaxRuntimeError | ValueError) and any(sign in text for sign in _GONE)
