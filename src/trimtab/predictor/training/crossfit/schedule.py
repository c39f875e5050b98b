"""Which network goes on next: the one furthest behind, on as many threads as there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from trimtab.predictor.training.crossfit.network import CrossNetwork

__all__ = ["Schedule"]

#: Seconds between two looks at the clock and at Ctrl-C.
PERIOD = 0.05

#: Seconds after which a network makes room for one that is further behind.
SLICE = 1.0

#: Epochs that a network may be ahead of the one furthest behind: each costs a copy of its weights.
AHEAD = 3


class Schedule:
    """Trains networks side by side; the calling thread only looks after them.

    Args:
        networks: to train.
        workers: how many train at once.
        wanted: says whether a network has an epoch to train.
        look: called all the time; True pauses all networks after their current step.
        ended: called when a network has come to the end of an epoch, or was paused.
    """

    def __init__(
        self,
        networks: Sequence[CrossNetwork],
        workers: int,
        *,
        wanted: Callable[[CrossNetwork], bool],
        look: Callable[[], bool],
        ended: Callable[[], None],
    ) -> None:
        self._networks = networks
        self._workers = min(workers, len(networks))
        self._wanted, self._look, self._ended = wanted, look, ended
        self._stop = False

    def run(self) -> None:
        """Trains until no network has an epoch to train, or until a pause; all are idle then."""
        self._stop = False
        # Made anew for each run: a pool that lives on has no threads in a forked child.
        with ThreadPoolExecutor(self._workers) as pool:
            running: dict[Future[None], CrossNetwork] = {}
            try:
                while True:
                    self._stop = self._stop or self._look()
                    while not self._stop and len(running) < self._workers:
                        network = self._next(running)
                        if network is None:
                            break
                        running[pool.submit(self._slice, network)] = network
                    if not running:
                        return
                    done, _ = wait(running, timeout=PERIOD, return_when=FIRST_COMPLETED)
                    for future in done:
                        del running[future]
                        future.result()
                    if done:
                        self._ended()
            finally:
                self._stop = True  # an error in one of them ends the others

    def _next(self, running: dict[Future[None], CrossNetwork]) -> CrossNetwork | None:
        """The idle network that is furthest behind and has an epoch to train."""
        busy = {id(each) for each in running.values()}
        least = min(each.done for each in self._networks)
        idle = [
            each
            for each in self._networks
            if id(each) not in busy and each.done < least + AHEAD and self._wanted(each)
        ]
        return min(idle, key=lambda each: each.progress, default=None)

    def _slice(self, network: CrossNetwork) -> None:
        """A piece of training, in a thread of its own."""
        begun = time.monotonic()
        shared = self._workers < len(self._networks)

        def watch(steps: int, loss: float) -> bool:
            return self._stop or (shared and time.monotonic() - begun > SLICE)

        network.go_on(watch)
