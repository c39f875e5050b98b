"""Matrix product and bias."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.call import Call
from trimtab.program import Op


def matmul(op: Op, call: Call) -> tuple[jax.Array, Sequence[jax.Array]]:
    """``x @ kernel``; full float32 products, also where the hardware prefers fewer bits."""
    (x,), (kernel,) = call.inputs, call.parameters
    return jnp.matmul(x, kernel, precision=jax.lax.Precision.HIGHEST), ()


def bias(op: Op, call: Call) -> tuple[jax.Array, Sequence[jax.Array]]:
    """``x + bias``."""
    (x,), (shift,) = call.inputs, call.parameters
    return x + shift, ()
