"""DropConnect: a product with a kernel that gets a new mask at every step."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.engines.jax.dropout import dropped
from trimtab.program.ops import DropConnect


def drop_connect(op: DropConnect, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x @ kernel``; in training a part of the kernel is 0 and the rest is scaled."""
    (x,), (kernel,) = call.inputs, call.parameters
    if call.training:
        inputs, units = kernel.shape
        kernel = dropped(kernel, inputs, units, call)
    return jnp.matmul(x, kernel, precision=jax.lax.Precision.HIGHEST), ()
