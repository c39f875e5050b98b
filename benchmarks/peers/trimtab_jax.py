"""trimtab on its JAX engine.

As with the native engine, a steady fit trains a model built anew: lowering is counted, and so is
whatever the engine does to find the compiled functions of an earlier model of the same structure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax

from benchmarks.peers import Peer, trimtab


class PeerOf(trimtab.PeerOf):
    options: ClassVar[dict[str, Any]] = {"engine": "jax"}

    def many(self, seeds: Sequence[int]) -> list[list[float]]:
        return Peer.many(self, seeds)

    @staticmethod
    def facts() -> dict[str, str]:
        return {"JAX device": jax.devices()[0].device_kind}
