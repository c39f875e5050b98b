"""trimtab on one thread, one network after another: what one core does."""

from __future__ import annotations

from collections.abc import Sequence

import trimtab as library
from benchmarks.data import Data
from benchmarks.networks import Run
from benchmarks.peers import trimtab


class PeerOf(trimtab.PeerOf):
    def __init__(self, run: Run, data: Data) -> None:
        super().__init__(run, data)
        library.config.set_threads(1)

    def many(self, seeds: Sequence[int]) -> list[list[float]]:
        curves = []
        for seed in seeds:
            self.build(seed)
            curves.append(self.fit())
        return curves
