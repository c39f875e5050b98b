"""trimtab on its JAX engine, products and activations in bfloat16, everything else in float32."""

from __future__ import annotations

from typing import Any, ClassVar

from benchmarks.peers import trimtab_jax


class PeerOf(trimtab_jax.PeerOf):
    options: ClassVar[dict[str, Any]] = {"engine": "jax", "precision": "mixed_bfloat16"}
