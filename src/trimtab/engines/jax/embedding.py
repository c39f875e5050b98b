"""Embedding: categories as learned vectors."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.errors import Unsupported
from trimtab.program.ops import Embedding


def embedding(op: Embedding, call: Context) -> tuple[Array, Sequence[Array]]:
    """Columns that pass through, then the rows of tables that codes are the numbers of."""
    (x,) = call.inputs
    if x.dtype != jnp.float32:
        raise Unsupported(
            f"an embedding reads codes as {x.dtype}, which does not hold all whole numbers. Put it "
            "in front of the model, or compile with precision='float32'."
        )
    passing = x.shape[1] - len(op.tables)
    parts = {-1: x[:, :passing]}
    # All that is read from a table is read at once: its gradient is then added up once.
    for number, table in enumerate(call.parameters):
        columns = [place for place, read in enumerate(op.tables) if read == number]
        codes = jnp.stack([x[:, passing + place] for place in columns])
        parts |= zip(columns, _rows_of(table, codes), strict=True)
    return jnp.concatenate([parts[place] for place in sorted(parts)], axis=1), ()


def _rows_of(table: Array, codes: Array) -> Array:
    """``(..., dim)`` from codes ``(...)``; nan where there is no such row."""
    inside = (codes > -1) & (codes < len(table))
    number = jnp.where(inside, codes, 0).astype(jnp.int32)  # towards zero
    vectors = table.at[number].get(mode="promise_in_bounds")
    # On the way back, too: what comes to a vector that is nan does not reach row 0.
    return jnp.where(inside[..., None], vectors, jnp.nan)
