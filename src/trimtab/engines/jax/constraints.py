"""Constraints on weights, applied after each update."""

from __future__ import annotations

import jax.numpy as jnp

from trimtab.engines.jax.context import Array
from trimtab.errors import InvalidArgument
from trimtab.program.ops import ConstraintOp


def apply(constraint: ConstraintOp | None, w: Array) -> Array:
    """See :class:`~trimtab.program.ops.ConstraintOp`; None changes nothing."""
    if constraint is None:
        return w
    if constraint.kind == "non_negative":
        return jnp.maximum(w, 0.0)
    if constraint.function is not None:
        kept = jnp.asarray(constraint.function.call(w), w.dtype)
        if kept.shape != w.shape:
            raise InvalidArgument(
                f"constraint {constraint.function.name} must return an array of the shape of its "
                f"weight, {w.shape}, received one of shape {kept.shape}."
            )
        return kept
    norm = _norm(w, constraint.axes)
    wanted = jnp.clip(norm, constraint.minimum, constraint.maximum)
    if constraint.rate != 1:
        wanted = constraint.rate * wanted + (1 - constraint.rate) * norm
    return w * (wanted / (1e-7 + norm))


def _norm(w: Array, axes: tuple[int, ...]) -> Array:
    """Square root of the sums of squares, scaled so that large numbers do not overflow."""
    largest = jnp.max(jnp.abs(w), axes, keepdims=True)
    unit = jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1.0)
    return unit * jnp.sqrt(jnp.sum(jnp.square(w / unit), axes, keepdims=True))
