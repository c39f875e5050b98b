"""Columns of several values side by side, and some columns of one."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import Concatenate, Select


def concatenate(op: Concatenate, call: Context) -> tuple[Array, Sequence[Array]]:
    """The columns of all inputs, in order."""
    return jnp.concatenate(call.inputs, axis=1), ()


def select(op: Select, call: Context) -> tuple[Array, Sequence[Array]]:
    """Some columns, in steps."""
    (x,) = call.inputs
    stop = op.start + op.step * op.count
    return x[:, op.start : None if stop < 0 else stop : op.step], ()
