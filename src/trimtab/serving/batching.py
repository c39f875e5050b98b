"""Requests that arrive together are predicted together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

__all__ = ["WINDOW", "Batcher"]

#: Seconds that a busy server waits for more requests.
WINDOW = 0.001

T = TypeVar("T")


class Batcher(Generic[T]):
    """Joins rows of requests.

    A request that comes alone is computed at once. When requests come together, the next ones wait
    for :data:`WINDOW`, or until a batch is full.

    Args:
        compute: From rows to the answer for each, or None if they cannot be computed together.
        most: Rows of a batch.

    Attributes:
        batches: How many there were.
        joined: Requests in them.

    Example:
        >>> async def ask():
        ...     batcher = Batcher(lambda rows: [-row for row in rows], most=64)
        ...     answers = await asyncio.gather(batcher([1]), batcher([2, 3]))
        ...     return answers, batcher.batches
        >>> asyncio.run(ask())
        ([[-1], [-2, -3]], 1)
    """

    def __init__(self, compute: Callable[[Sequence[Any]], list[T] | None], most: int) -> None:
        self._compute, self._most = compute, most
        self._waiting: list[tuple[Sequence[Any], asyncio.Future[list[T] | None]]] = []
        self._rows = 0
        self._handle: asyncio.Handle | None = None
        self._busy = False
        self.batches = self.joined = 0

    async def __call__(self, rows: Sequence[Any]) -> list[T] | None:
        """The answer for each row; None if they cannot be computed here."""
        loop = asyncio.get_running_loop()
        if self._rows + len(rows) > self._most and self._waiting:
            self._flush()
        future: asyncio.Future[list[T] | None] = loop.create_future()
        self._waiting.append((rows, future))
        self._rows += len(rows)
        if self._handle is None:
            late = loop.call_later(WINDOW, self._flush) if self._busy else None
            self._handle = late or loop.call_soon(self._flush)
        return await future

    def _flush(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        waiting, self._waiting, self._rows, self._handle = self._waiting, [], 0, None
        self._busy = len(waiting) > 1
        if not waiting:
            return
        self.batches += 1
        self.joined += len(waiting)
        together = self._computed([row for rows, _ in waiting for row in rows])
        start = 0
        for rows, future in waiting:
            end = start + len(rows)
            if future.done():  # whoever asked has gone
                pass
            elif isinstance(together, Exception) and len(waiting) == 1:
                future.set_exception(together)
            elif together is None or isinstance(together, Exception):
                # One request must not spoil another.
                alone = None if len(waiting) == 1 else self._computed(rows)
                if isinstance(alone, Exception):
                    future.set_exception(alone)
                else:
                    future.set_result(alone)
            else:
                future.set_result(together[start:end])
            start = end

    def _computed(self, rows: Sequence[Any]) -> list[T] | Exception | None:
        try:
            return self._compute(rows)
        except Exception as problem:  # noqa: BLE001  # handed to those who asked
            return problem
