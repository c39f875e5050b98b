"""Several epochs trained in one call of the engine, if no callback looks in between.

Calling a device has a price, which is felt where an epoch takes a few milliseconds. An engine that
can train several epochs at once is given as many as fill about a second; what they gave is then
handed out one by one, as if each had been asked for by itself.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from trimtab import distributed
from trimtab.engines.base import Engine, TrainResult, TrainsEpochs

__all__ = ["Ahead"]

#: Seconds that a call should take: Ctrl-C and the progress line wait for it.
SECONDS = 1.0

#: Most epochs, and most bytes of predictions, of one call.
EPOCHS = 1000
BYTES = 1 << 28


class Ahead:
    """What the engine has trained before its turn.

    Args:
        prediction_bytes: size of what one epoch's predictions take; 0 without metrics.
    """

    def __init__(self, prediction_bytes: int = 0) -> None:
        self._most = max(1, min(EPOCHS, BYTES // max(prediction_bytes, 1)))
        self._results: deque[TrainResult] = deque()
        self._interrupt: KeyboardInterrupt | None = None
        self._seconds: list[float] = []  # an epoch took, call by call

    def next(
        self, engine: Engine, left: int, train: Callable[[TrainsEpochs, int], list[TrainResult]]
    ) -> TrainResult:
        """The result of the next epoch.

        Args:
            engine: a :class:`TrainsEpochs`.
            left: epochs to come, the next one included.
            train: trains so many epochs.

        Raises:
            KeyboardInterrupt: in the turn of the epoch in which it happened.
        """
        if not self._results and self._interrupt is None:
            self._fill(engine, left, train)
        if self._results:
            return self._results.popleft()
        assert self._interrupt is not None
        raise self._interrupt

    def _fill(
        self, engine: Engine, left: int, train: Callable[[TrainsEpochs, int], list[TrainResult]]
    ) -> None:
        assert isinstance(engine, TrainsEpochs)
        # The first call compiles: it says nothing about the time of an epoch.
        known = min(self._seconds[1:], default=None)
        number = 1 if known is None else max(1, min(int(SECONDS / max(known, 1e-9)), self._most))
        # Processes that train together take the same number, though not the same time.
        number = distributed.of_main("fit", min(number, left))
        start = time.perf_counter()
        try:
            self._results.extend(train(engine, number))
        except KeyboardInterrupt as stop:
            epochs: Any = getattr(stop, "epochs", None)
            if not epochs:
                raise
            self._results.extend(epochs[:-1])
            self._interrupt = stop  # it carries the last as ``partial``
        self._seconds.append((time.perf_counter() - start) / number)
