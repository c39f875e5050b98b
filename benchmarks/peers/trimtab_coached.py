"""trimtab on one thread, watched by the coach: before training, at some epochs, at the end."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.peers import trimtab_single
from trimtab.callbacks import Coach


class Timed(Coach):
    """The coach, with the processor seconds of each of its hooks."""

    def __init__(self) -> None:
        super().__init__(verbose=0)
        self.spent = {"before": 0.0, "while": 0.0, "after": 0.0}

    def on_train_begin(self, logs: Any = None) -> None:
        began = time.process_time()
        super().on_train_begin(logs)
        self.spent["before"] += time.process_time() - began

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        began = time.process_time()
        super().on_epoch_end(epoch, logs)
        self.spent["while"] += time.process_time() - began

    def on_train_end(self, logs: Any = None) -> None:
        began = time.process_time()
        super().on_train_end(logs)
        self.spent["after"] += time.process_time() - began


class PeerOf(trimtab_single.PeerOf):
    coach: Timed

    def fitting(self) -> dict[str, Any]:
        self.coach = Timed()
        return {"callbacks": [self.coach]}

    def spent(self) -> dict[str, float]:
        return {f"coach_{part}": seconds for part, seconds in self.coach.spent.items()}
