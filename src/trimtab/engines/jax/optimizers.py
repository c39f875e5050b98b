"""Update rules over the flat vector of trainable parameters."""

from __future__ import annotations

import jax

from trimtab.program.ops import OptimizerOp


def sgd(
    op: OptimizerOp,
    weights: jax.Array,
    slots: jax.Array,
    gradient: jax.Array,
    learning_rate: jax.Array,
    step: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """``w -= lr g``."""
    return weights - learning_rate * gradient, slots
