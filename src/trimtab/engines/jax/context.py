"""The arguments of an op's function."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Array = jax.Array


class Knobs(NamedTuple):
    """Numbers of a random op that may change from call to call without compiling again.

    Attributes:
        key: of its random stream, one 32-bit word: ``mix(seed, stream)``.
        limit: dropout keeps elements whose random number is at least this; 32 bits.
        scale: factor for the elements that are kept.
    """

    key: Array
    limit: Array
    scale: Array


@dataclass(frozen=True)
class Context:
    """One op in one batch.

    Attributes:
        inputs: the values it reads, ``(rows, width)``.
        parameters: its parameters, in the order of its formula.
        state: its moving statistics.
        training: whether this is a training step.
        knobs: of a random op; None for all others.
        step: batches trained before this one; 32 bits.
        valid: ``(rows,)``, 1 for a row of the batch and 0 for padding; None without padding.
        mask: ``(rows,)``, 0 for rows that do not count in batch statistics; None for none.
        weight: ``(rows,)``, sample weights; None for all ones.
        shards: number of devices that the rows are split over.
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
    """Inside ``with``, matrix products of custom code have full precision on accelerators too."""
    manager: AbstractContextManager[Any] = jax.default_matmul_precision("highest")
    return manager


def full(x: Array) -> Array:
    """``x`` in float32, the type of statistics, losses and the optimizer."""
    return x.astype(jnp.float32)
