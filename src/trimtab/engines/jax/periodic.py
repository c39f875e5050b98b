"""Periodic embedding: numbers as waves."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from trimtab.engines.jax.context import Array, Context
from trimtab.engines.jax.piecewise_linear import beside
from trimtab.program.ops import Periodic
from trimtab.program.ops.periodic import WHOLE


def periodic(op: Periodic, call: Context) -> tuple[Array, Sequence[Array]]:
    """Columns that pass through, then the waves of the embedded ones."""
    (x,), (w, *phases, kernel, bias, missing) = call.inputs, call.parameters
    columns = np.array(op.columns)
    cells = x[:, columns].astype(jnp.float32)
    gone = jnp.isnan(cells)[:, :, None]
    turns = jnp.where(gone, 0, cells[:, :, None]) * w
    if phases:
        turns = turns + phases[0]
    whole = jnp.where(jnp.abs(turns) < WHOLE, jnp.round(turns), turns)
    angles = 2 * np.pi * (turns - jax.lax.stop_gradient(whole))
    waves = jnp.cos(angles)
    if op.pairs:
        waves = jnp.concatenate([waves, jnp.sin(angles)], axis=2)
    kernels = kernel.reshape(len(columns), op.waves, op.dim)
    products = jnp.einsum("icf,cfd->icd", waves, kernels, precision=jax.lax.Precision.HIGHEST)
    vectors = jnp.where(gone, missing, products + bias)
    if op.relu:
        vectors = jnp.where(vectors <= 0, 0, vectors)
    return beside(x, columns, vectors, linear=op.linear), ()
