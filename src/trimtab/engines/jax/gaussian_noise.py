"""Normal noise."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context, full
from trimtab.engines.jax.random import normals
from trimtab.program.ops import GaussianNoise


def gaussian_noise(op: GaussianNoise, call: Context) -> tuple[Array, Sequence[Array]]:
    """``x + deviation * z``, or ``x * (1 + deviation * z)``."""
    (x,) = call.inputs
    if not call.training:
        return x, ()
    assert call.knobs is not None
    rows, columns = x.shape
    deviation = jnp.where(call.knobs.limit == 0, 0.0, call.knobs.scale)
    noise = deviation * normals(call.knobs.key, call.step, rows, columns)
    value = full(x) * (1 + noise) if op.multiplies else full(x) + noise
    return value.astype(x.dtype), ()
