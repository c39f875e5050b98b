"""Values of one column: the sum of all columns of a row, and one column as wide as others."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import i64
from trimtab.interchange.graph.network.context import Context
from trimtab.program.ops import Spread, SumColumns

__all__ = ["spread", "sum_columns"]


def sum_columns(op: SumColumns, call: Context) -> str:
    """The sum of each row."""
    return call.graph("ReduceSum", *call.inputs, i64([1]), keepdims=1)


def spread(op: Spread, call: Context) -> str:
    """The one column, side by side with itself."""
    return call.graph.columns(call.inputs[0], np.zeros(op.count, np.int64))
