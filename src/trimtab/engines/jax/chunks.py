"""Virtual batches: the rows of a batch divided into chunks, each with its own statistics."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array


class Chunks(NamedTuple):
    """How the rows of a batch are divided.

    Attributes:
        slots: ``(chunks, longest)``, the row in each place of a chunk; past the last row for an
            empty place.
        places: ``(rows,)``, the place of each row, counted through all chunks; past the last place
            for a row that is left out.
        number: ``(rows,)``, the chunk of each row.
    """

    slots: Array
    places: Array
    number: Array

    # Each row has at most one place, so gradients are not sums, whose order could vary.

    def of(self, x: Array) -> Array:
        """Rows in their places, ``(chunks, longest, ...)``; 0 in empty places."""
        return x.at[self.slots].get(mode="fill", fill_value=0, unique_indices=True)

    def rows_of(self, x: Array) -> Array:
        """The inverse of :meth:`of`; 0 for rows that are left out."""
        flat = x.reshape(-1, x.shape[-1])
        return flat.at[self.places].get(mode="fill", fill_value=0, unique_indices=True)

    def spread(self, values: Array) -> Array:
        """The values of each row's chunk, from one row of values per chunk."""
        return _spread(len(values), values, self.number)


def cut(rows: int, size: int, weight: Array | None) -> Chunks:
    """Chunks of about ``size`` rows; rows of weight 0 are left out."""
    most = max(1, min(-(-rows // size), rows // 2))
    longest = min(rows, max(size, 3))  # an odd number of rows in pairs leaves one of three
    takes = jnp.ones(rows, bool) if weight is None else weight != 0
    seen = jnp.cumsum(takes, dtype=jnp.int32)
    n = seen[-1]
    count = jnp.maximum(1, jnp.minimum(-(-n // size), n // 2))
    length, longer = n // count, n % count  # the first `longer` chunks have one row more

    def first(chunk: Array) -> Array:
        return chunk * length + jnp.minimum(chunk, longer)

    chunk, place = jnp.arange(most)[:, None], jnp.arange(longest)
    there = (chunk < count) & (place < length + (chunk < longer))
    nowhere = jnp.arange(most * longest).reshape(most, longest)  # no two the same
    slots = jnp.where(there, jnp.searchsorted(seen, first(chunk) + place + 1), rows + nowhere)
    # Rows that are left out belong to the chunk of the next row that is not.
    nth = jnp.clip(seen - takes, 0, jnp.maximum(n - 1, 0))
    behind = nth - longer * (length + 1)
    number = jnp.where(behind < 0, nth // (length + 1), longer + behind // jnp.maximum(length, 1))
    places = number * longest + nth - first(number)
    return Chunks(slots, jnp.where(takes, places, most * longest + jnp.arange(rows)), number)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _spread(chunks: int, values: Array, number: Array) -> Array:
    return values[number]


def _spread_forward(chunks: int, values: Array, number: Array) -> tuple[Array, Array]:
    return values[number], number


def _spread_backward(chunks: int, number: Array, gradient: Array) -> tuple[Array, None]:
    # As a product: the order of its sums is the same in every run, on any device.
    members = jax.nn.one_hot(number, chunks, axis=0, dtype=gradient.dtype)
    return jnp.matmul(members, gradient, precision=jax.lax.Precision.HIGHEST), None


_spread.defvjp(_spread_forward, _spread_backward)
