"""What a device reaches in matrix products and nothing else: the mark that shares are taken of.

Square products of the sizes that suit a device best, each fed to the next inside one compiled call,
so that neither dispatch nor a copy is timed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

SIZES = {"cpu": (512, 1024)}  # by JAX platform
ACCELERATOR_SIZES = (4096, 8192, 16384)
TIMINGS = 5
SECONDS = 0.1  # one timing takes at least about this long


@dataclass(frozen=True)
class Peak:
    """The quickest product: its size, seconds, and floating-point operations per second."""

    size: int
    seconds: float
    flops_per_second: float


@partial(jax.jit, static_argnames="precision")
def chain(x: jax.Array, kernel: jax.Array, count: jax.Array, *, precision: str) -> jax.Array:
    """`x` multiplied by `kernel` so many times."""
    exact = lax.Precision.HIGHEST if precision == "float32" else None

    def product(_: jax.Array, x: jax.Array) -> jax.Array:
        return jnp.matmul(x, kernel, precision=exact)

    result: jax.Array = lax.fori_loop(0, count, product, x)
    return result


def seconds_per_product(precision: str, size: int) -> float:
    """The best of a few timings, after one that compiles."""
    key = jax.random.key(0)
    kernel = jax.random.normal(key, (size, size)) / size**0.5  # keeps the size of what it is given
    kernel = kernel.astype(precision)

    def timed(count: int) -> float:
        start = time.perf_counter()
        chain(kernel, kernel, jnp.int32(count), precision=precision).block_until_ready()
        return time.perf_counter() - start

    timed(1)
    count = max(1, round(SECONDS / timed(1)))
    return min(timed(count) for _ in range(TIMINGS)) / count


def measure(precision: str) -> Peak:
    """`precision` is float32 (at JAX's highest, no shorter format inside) or bfloat16."""
    sizes = SIZES.get(jax.default_backend(), ACCELERATOR_SIZES)
    peaks = []
    for size in sizes:
        seconds = seconds_per_product(precision, size)
        peaks.append(Peak(size, seconds, 2 * size**3 / seconds))
    return max(peaks, key=lambda peak: peak.flops_per_second)
