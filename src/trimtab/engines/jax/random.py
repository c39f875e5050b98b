"""Threefry-2x32 with 20 rounds (Salmon et al. 2011): the same bits as ``native/random.cc``."""

from __future__ import annotations

import jax
import jax.numpy as jnp

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def threefry2x32(
    key0: jax.Array, key1: jax.Array, counter0: jax.Array, counter1: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Both words for every counter; all uint32, with wraparound."""
    keys = (key0, key1, key0 ^ key1 ^ jnp.uint32(_PARITY))
    x0, x1 = counter0 + keys[0], counter1 + keys[1]
    for group in range(5):
        for turn in _ROTATIONS[group % 2]:
            x0 = x0 + x1
            x1 = (x1 << turn) | (x1 >> (32 - turn))
            x1 = x1 ^ x0
        x0 = x0 + keys[(group + 1) % 3]
        x1 = x1 + keys[(group + 2) % 3] + jnp.uint32(group + 1)
    return x0, x1


def lanes(key0: jax.Array, key1: jax.Array, rows: int, columns: int) -> jax.Array:
    """16 random bits per element, ``(rows, columns)`` uint16; four columns share one draw."""
    blocks = -(-columns // 4)
    # Two words of two halves: bitcasting to a smaller type gives the low half first.
    words = jnp.stack(_words(key0, key1, rows, blocks), axis=-1)
    halves = jax.lax.bitcast_convert_type(words, jnp.uint16)
    return halves.reshape(rows, blocks * 4)[:, :columns]


def normals(key0: jax.Array, key1: jax.Array, rows: int, columns: int) -> jax.Array:
    """A standard normal number per element, ``(rows, columns)``; two columns share one draw."""
    pairs = -(-columns // 2)
    first, second = (_uniform(word) for word in _words(key0, key1, rows, pairs))
    radius = jnp.sqrt(-2 * jnp.log(first))
    both = jnp.stack([radius * _cosine(second), radius * _sine(second)], axis=-1)
    return both.reshape(rows, pairs * 2)[:, :columns]


def _words(
    key0: jax.Array, key1: jax.Array, rows: int, columns: int
) -> tuple[jax.Array, jax.Array]:
    """Both words of the counters (row, column)."""
    row = jax.lax.broadcasted_iota(jnp.uint32, (rows, columns), 0)
    column = jax.lax.broadcasted_iota(jnp.uint32, (rows, columns), 1)
    return threefry2x32(key0, key1, row, column)


def _uniform(word: jax.Array) -> jax.Array:
    """From 2^-24 to 1 - 2^-24, exactly."""
    return ((word >> 9).astype(jnp.float32) + 0.5) * 2.0**-23


def _cosine(turn: jax.Array) -> jax.Array:
    """``cos(2 pi turn)`` for 0 to 1, by the sine of a quarter, which loses nothing at its zeros."""
    return -jnp.sin(2 * jnp.pi * (0.25 - jnp.abs(turn - 0.5)))


def _sine(turn: jax.Array) -> jax.Array:
    """``sin(2 pi turn)`` for 0 to 1."""
    half = turn - 0.5
    rest = jnp.where(jnp.abs(half) > 0.25, jnp.sign(half) * (0.5 - jnp.abs(half)), half)
    return -jnp.sin(2 * jnp.pi * rest)
