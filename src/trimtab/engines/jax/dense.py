"""Matrix product and bias."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import Bias, Matmul


def matmul(op: Matmul, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x @ kernel``; full float32 products, also where the hardware prefers fewer bits."""
    (x,), (kernel,) = call.inputs, call.parameters
    tall = x if op.members == 1 else x.reshape(-1, len(kernel))
    product = jnp.matmul(tall, kernel, precision=jax.lax.Precision.HIGHEST)
    return product if op.members == 1 else product.reshape(len(x), -1), ()


def bias(op: Bias, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x + bias``."""
    (x,), (shift,) = call.inputs, call.parameters
    return x + shift, ()
