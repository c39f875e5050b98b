"""Piecewise-linear embedding: numbers as learned curves."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from trimtab.engines.jax.context import Array, Context
from trimtab.engines.jax.embedding import table_rows
from trimtab.program.ops import PiecewiseLinear
from trimtab.program.ops.piecewise_linear import LARGEST


def piecewise_linear(op: PiecewiseLinear, call: Context) -> tuple[Array, Sequence[Array]]:
    """Columns that pass through, then the curves of the embedded ones."""
    (x,), (table,), (state,) = call.inputs, call.parameters, call.state
    columns = np.array(op.columns)
    if op.increments:
        own = table.reshape(len(columns), op.knots + 1, op.dim)
        sums = jnp.cumsum(own[:, :-1], axis=1)
        table = jnp.concatenate([sums, own[:, -1:]], axis=1).reshape(table.shape)
    cells = x[:, columns].astype(jnp.float32)
    missing = jnp.isnan(cells)
    held = jnp.clip(jnp.where(missing, 0, cells), -LARGEST, LARGEST)
    edges = state.reshape(len(columns), op.knots)
    place = jnp.sum(held[:, :, None] >= edges[None, :, 1:-1], axis=2)
    number = np.arange(len(columns))
    low, high = edges[number, place], edges[number, place + 1]
    width = high - low
    # The slope in x is that of the interval, and 0 outside; the divisor is never 0, in the
    # gradient neither.
    slopes = (width > 0) & (held >= low) & (held < high)
    inside = (held - low) / jnp.where(width > 0, width, 1)
    share = jnp.where(slopes, inside, jnp.where((width > 0) & (held >= high), 1.0, 0.0))
    first = number * (op.knots + 1)
    start = jnp.where(missing, op.knots, place) + first
    behind = jnp.where(missing, op.knots, place + 1) + first
    both = table_rows(len(table), table, jnp.stack([start, behind]).astype(jnp.int32))
    vectors = both[0] + share[:, :, None] * (both[1] - both[0])
    # The vector of nan is read once.
    vectors = jnp.where(missing[:, :, None], both[0], vectors)
    return beside(x, columns, vectors, linear=op.linear), (state,)


def beside(x: Array, columns: np.ndarray, vectors: Array, *, linear: bool) -> Array:
    """Columns that pass through, then the vectors ``(rows, columns, dim)`` of the embedded ones.

    Args:
        x: the input.
        columns: numbers of the embedded ones.
        vectors: of them.
        linear: whether they pass through too, nan as 0.
    """
    numbers = np.arange(x.shape[1])
    if linear:
        passing = jnp.where(np.isin(numbers, columns) & jnp.isnan(x), 0, x)
    else:
        passing = x[:, np.setdiff1d(numbers, columns)]
    return jnp.concatenate([passing, vectors.reshape(len(x), -1)], axis=1)
