"""How long JAX compiles, as it tells itself: tracing, lowering, XLA. Needs JAX."""

from __future__ import annotations

import time
from collections.abc import Iterable

#: What JAX calls the stages of compiling begins with this.
STAGES = "/jax/core/compile/"

Interval = tuple[float, float]


def covered(intervals: Iterable[Interval]) -> float:
    """Seconds that are in any of some intervals; a function traced inside another counts once."""
    total, until = 0.0, float("-inf")
    for begin, end in sorted(intervals):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total


class Compiling:
    """Listens from now on. Stages that run at the same time count once."""

    def __init__(self) -> None:
        from jax import monitoring

        self._seen: list[Interval] = []
        monitoring.register_event_duration_secs_listener(self._stage)

    def _stage(self, event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event.startswith(STAGES):
            now = time.perf_counter()
            self._seen.append((now - duration_secs, now))

    def taken(self) -> float:
        """Seconds since this was last asked."""
        seen, self._seen = self._seen, []
        return covered(seen)
