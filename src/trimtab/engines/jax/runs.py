"""Training, one call of the devices after another, with ``watch`` and Ctrl-C in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from trimtab.engines.base import Watch
from trimtab.engines.jax.interrupt import Interrupts
from trimtab.engines.jax.steps import Pace


class DeviceRun(Protocol):
    """Steps to do, and the results so far."""

    @property
    def over(self) -> bool:
        """Whether all steps are done."""

    @property
    def done(self) -> int:
        """Steps done."""

    def mean(self) -> float:
        """Mean loss so far, for ``watch``."""

    def keep(self, interrupt: KeyboardInterrupt) -> None:
        """Attaches the results so far to the interrupt."""


def drive(
    run: DeviceRun, advance: Callable[[int], int], pace: Pace, watch: Watch | None = None
) -> bool:
    """Does all steps of a run, unless it is stopped.

    Args:
        run: to do.
        advance: makes the next call, with at most the given number of steps; returns how many
            were done.
        pace: chooses the number of steps.
        watch: called after each call.

    Returns:
        Whether ``watch`` stopped it early.

    Raises:
        KeyboardInterrupt: Ctrl-C, after the current call.
    """
    with Interrupts() as interrupts:
        while not run.over:
            start = time.perf_counter()
            steps = advance(pace.steps)
            pace.took(time.perf_counter() - start, steps)
            try:
                interrupts.deliver()
                stop = watch is not None and watch(run.done, run.mean())
            except KeyboardInterrupt as interrupt:
                run.keep(interrupt)
                raise
            if stop and not run.over:
                return True
    return False
