"""Columns of several values side by side, and some columns of one."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Concatenate, Select

__all__ = ["concatenate", "select"]


def concatenate(op: Concatenate, call: Context) -> str:
    """The columns of all values, in order."""
    return call.graph.joined(list(call.inputs))


def select(op: Select, call: Context) -> str:
    """Some of the columns."""
    return call.graph.columns(call.inputs[0], op.start + op.step * np.arange(op.count))
