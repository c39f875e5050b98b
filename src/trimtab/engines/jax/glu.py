"""Gated linear units."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import Glu


def glu(op: Glu, call: Context) -> tuple[Array, Sequence[Array]]:
    """The first half of each member's columns times the sigmoid of the second."""
    (x,) = call.inputs
    value, gate = jnp.split(x.reshape(len(x), op.members, -1), 2, axis=2)
    return (value * jax.nn.sigmoid(gate)).reshape(len(x), -1), ()
