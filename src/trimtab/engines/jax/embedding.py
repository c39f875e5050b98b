"""Embedding: categories as learned vectors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import jax
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
        parts |= zip(columns, _vectors(table, codes), strict=True)
    return jnp.concatenate([parts[place] for place in sorted(parts)], axis=1), ()


def _vectors(table: Array, codes: Array) -> Array:
    """``(..., dim)`` from codes ``(...)``; nan where there is no such row."""
    inside = (codes > -1) & (codes < len(table))
    number = jnp.where(inside, codes, 0).astype(jnp.int32)  # towards zero
    # On the way back, too: what comes to a vector that is nan does not reach row 0.
    return jnp.where(inside[..., None], _rows(len(table), table, number), jnp.nan)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _rows(size: int, table: Array, number: Array) -> Array:
    return table.at[number].get(mode="promise_in_bounds")


def _rows_forward(size: int, table: Array, number: Array) -> tuple[Array, Array]:
    return _rows(size, table, number), number


def _rows_backward(size: int, number: Array, gradient: Array) -> tuple[Array, None]:
    sums: Array = jax.lax.platform_dependent(
        number.reshape(-1),
        gradient.reshape(-1, gradient.shape[-1]),
        cpu=partial(one_by_one, size),
        default=partial(run_by_run, size),
    )
    return sums, None


_rows.defvjp(_rows_forward, _rows_backward)


def one_by_one(size: int, number: Array, gradient: Array) -> Array:
    """``(size, dim)``: for each row of a table the sum of what comes to it.

    On a CPU in this order; elsewhere all at once, in an order that changes from run to run.
    """
    sums = jnp.zeros((size, gradient.shape[1]), gradient.dtype)
    return sums.at[number].add(gradient, mode="promise_in_bounds")


def run_by_run(size: int, number: Array, gradient: Array) -> Array:
    """The same, added up in an order that the rows' numbers alone fix, on any device.

    What comes to one row is brought together and summed up in pairs.
    """
    order = jnp.argsort(number, stable=True)
    number, gradient = number[order], gradient[order]
    changes = number[1:] != number[:-1]
    edge = jnp.ones(1, bool)
    begins = jnp.concatenate([edge, changes])[:, None]

    def joined(before: tuple[Array, Array], behind: tuple[Array, Array]) -> tuple[Array, Array]:
        (sum_before, begun_before), (sum_behind, begun_behind) = before, behind
        sums = jnp.where(begun_behind, sum_behind, sum_before + sum_behind)
        return sums, begun_before | begun_behind

    sums, _ = jax.lax.associative_scan(joined, (gradient, begins))
    # Where a run ends stands its sum; all else goes to rows that are not there, no two the same.
    ends = jnp.concatenate([changes, edge])
    place = jnp.where(ends, number, size + jnp.arange(len(number)))
    table = jnp.zeros((size, gradient.shape[1]), gradient.dtype)
    return table.at[place].set(sums, mode="drop", unique_indices=True)
