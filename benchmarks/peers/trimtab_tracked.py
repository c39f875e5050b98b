"""trimtab on one thread, with each layer measured after every epoch."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import trimtab_single


class PeerOf(trimtab_single.PeerOf):
    def fitting(self) -> dict[str, Any]:
        return {"track": ["layers"]}
