"""What an op's function is given."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Array = jax.Array


class Knobs(NamedTuple):
    """Numbers of a random op that a run may change without compiling again.

    Attributes:
        key: of its random stream, one 32-bit word: ``mix(seed, stream)``.
        limit: dropout keeps a lane at or above this; 32 bits.
        scale: what dropout multiplies survivors by.
    """

    key: Array
    limit: Array
    scale: Array


@dataclass(frozen=True)
class Context:
    """One op in one batch.

    Attributes:
        inputs: the values it reads, ``(rows, width)``.
        parameters: its parameters, in the order its formula names them.
        state: its moving statistics.
        training: whether this is a training step.
        knobs: of a random op; None for all others.
        step: batches trained before this one; 32 bits.
        valid: ``(rows,)``, 1 for a row of the batch and 0 for one that fills it up, or None where
            every row counts.
        mask: ``(rows,)``, 0 for a row that batch statistics leave out, or None.
        weight: ``(rows,)``, the sample weights, or None where every row weighs 1.
        shards: devices that the rows are split over.
    """

    inputs: tuple[Array, ...]
    parameters: tuple[Array, ...]
    state: tuple[Array, ...]
    training: bool
    knobs: Knobs | None
    step: Array
    valid: Array | None
    mask: Array | None
    weight: Array | None
    shards: int


def full_products() -> AbstractContextManager[Any]:
    """Inside, a user's matrix products take all bits of their operands, on accelerators too."""
    manager: AbstractContextManager[Any] = jax.default_matmul_precision("highest")
    return manager


def full(x: Array) -> Array:
    """``x`` in float32: what statistics, losses and the optimizer are computed in."""
    return x.astype(jnp.float32)
