"""trimtab on one thread, watched by the coach: before training, at some epochs, at the end."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import trimtab_single
from trimtab.callbacks import Coach


class PeerOf(trimtab_single.PeerOf):
    def fitting(self) -> dict[str, Any]:
        return {"callbacks": [Coach(verbose=0)]}
