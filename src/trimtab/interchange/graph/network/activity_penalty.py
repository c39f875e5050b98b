"""A penalty on values, which is part of a loss alone."""

from __future__ import annotations

from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import ActivityPenalty

__all__ = ["activity_penalty"]


def activity_penalty(op: ActivityPenalty, call: Context) -> str:
    """``x``."""
    return call.inputs[0]
