"""Normal noise, of which there is none in inference."""

from __future__ import annotations

from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import GaussianNoise

__all__ = ["gaussian_noise"]


def gaussian_noise(op: GaussianNoise, call: Context) -> str:
    """``x``."""
    return call.inputs[0]
