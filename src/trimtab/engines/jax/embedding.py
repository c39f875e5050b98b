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
    """Columns that pass through, then the table rows that the codes name."""
    (x,) = call.inputs
    if x.dtype != jnp.float32:
        raise Unsupported(
            f"an embedding cannot read codes in {x.dtype}, which does not represent all whole "
            "numbers. Make it the first layer, or compile with precision='float32'."
        )
    passing = x.shape[1] - len(op.tables)
    parts = {-1: x[:, :passing]}
    # One read for each table, so that its gradient is summed once.
    for number, table in enumerate(call.parameters):
        columns = [place for place, read in enumerate(op.tables) if read == number]
        codes = jnp.stack([x[:, passing + place] for place in columns])
        parts |= zip(columns, _vectors(table, codes), strict=True)
    return jnp.concatenate([parts[place] for place in sorted(parts)], axis=1), ()


def _vectors(table: Array, codes: Array) -> Array:
    """``(..., dim)`` from codes ``(...)``; nan for codes that are not rows of the table."""
    inside = (codes > -1) & (codes < len(table))
    number = jnp.where(inside, codes, 0).astype(jnp.int32)  # towards zero
    # In the gradient too: what arrives at a nan vector does not reach row 0.
    return jnp.where(inside[..., None], table_rows(len(table), table, number), jnp.nan)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def table_rows(size: int, table: Array, number: Array) -> Array:
    """The rows of a table by number; the gradient of a row is summed the same way every time."""
    return table.at[number].get(mode="promise_in_bounds")


def _rows_forward(size: int, table: Array, number: Array) -> tuple[Array, Array]:
    return table_rows(size, table, number), number


def _rows_backward(size: int, number: Array, gradient: Array) -> tuple[Array, None]:
    sums: Array = jax.lax.platform_dependent(
        number.reshape(-1),
        gradient.reshape(-1, gradient.shape[-1]),
        cpu=partial(one_by_one, size),
        default=partial(run_by_run, size),
    )
    return sums, None


table_rows.defvjp(_rows_forward, _rows_backward)


def one_by_one(size: int, number: Array, gradient: Array) -> Array:
    """``(size, dim)``: the sum of gradients for each row of a table.

    On a CPU they are added in order; elsewhere in an order that changes from run to run.
    """
    sums = jnp.zeros((size, gradient.shape[1]), gradient.dtype)
    return sums.at[number].add(gradient, mode="promise_in_bounds")


def run_by_run(size: int, number: Array, gradient: Array) -> Array:
    """The same sums in an order that depends on the row numbers only, on any device.

    The gradients of one row are sorted together and summed in pairs.
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
    # The end of a run has its sum; everything else goes to different rows past the table.
    ends = jnp.concatenate([changes, edge])
    place = jnp.where(ends, number, size + jnp.arange(len(number)))
    table = jnp.zeros((size, gradient.shape[1]), gradient.dtype)
    return table.at[place].set(sums, mode="drop", unique_indices=True)
