"""Values of one column: the sum of all columns of a row, and one column as wide as others."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import Spread, SumColumns


def sum_columns(op: SumColumns, call: Context) -> tuple[Array, Sequence[Array]]:
    """The sum of each row."""
    (x,) = call.inputs
    return jnp.sum(x, axis=1, keepdims=True), ()


def spread(op: Spread, call: Context) -> tuple[Array, Sequence[Array]]:
    """The one column, side by side with itself."""
    (x,) = call.inputs
    return jnp.broadcast_to(x, (x.shape[0], op.count)), ()
