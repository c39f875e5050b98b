"""Two values made into one, element by element; a value times a number."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from trimtab.engines.jax.context import Array, Context
from trimtab.program.ops import Maximum, Minimum, Multiply, Scale, Subtract


def subtract(op: Subtract, call: Context) -> tuple[Array, Sequence[Array]]:
    """``a - b``."""
    a, b = call.inputs
    return a - b, ()


def multiply(op: Multiply, call: Context) -> tuple[Array, Sequence[Array]]:
    """``a * b``."""
    a, b = call.inputs
    return a * b, ()


def maximum(op: Maximum, call: Context) -> tuple[Array, Sequence[Array]]:
    """``max(a, b)``; equal ones get half of the gradient each."""
    return jnp.maximum(*call.inputs), ()


def minimum(op: Minimum, call: Context) -> tuple[Array, Sequence[Array]]:
    """``min(a, b)``; equal ones get half of the gradient each."""
    return jnp.minimum(*call.inputs), ()


def scale(op: Scale, call: Context) -> tuple[Array, Sequence[Array]]:
    """``factor * x + offset``."""
    (x,) = call.inputs
    return x * op.factor + op.offset, ()
