"""Training under way: one call of the device after another, Ctrl-C and ``watch`` in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from trimtab.engines.base import Watch
from trimtab.engines.jax.interrupt import Interrupts
from trimtab.engines.jax.steps import Pace


class DeviceRun(Protocol):
    """What has to be done, and what has been."""

    @property
    def over(self) -> bool:
        """Whether all steps are done."""

    @property
    def done(self) -> int:
        """Steps done."""

    def mean(self) -> float:
        """The loss so far, for ``watch``."""

    def keep(self, interrupt: KeyboardInterrupt) -> None:
        """Leaves the results so far on the interrupt."""


def drive(
    run: DeviceRun, advance: Callable[[int], int], pace: Pace, watch: Watch | None = None
) -> bool:
    """Does a run, one call of the device after another.

    Args:
        run: what to do.
        advance: does the next call, of at most so many steps, and returns how many it did.
        pace: how many steps a call should have.
        watch: asked after each call.

    Returns:
        Whether ``watch`` stopped it early.

    Raises:
        KeyboardInterrupt: Ctrl-C, after the call under way.
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
