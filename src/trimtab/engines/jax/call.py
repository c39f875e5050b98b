"""What an op's function is given."""

from __future__ import annotations

from dataclasses import dataclass

import jax


@dataclass(frozen=True)
class Call:
    """One op in one batch.

    Attributes:
        inputs: the values it reads, ``(rows, width)``.
        parameters: its parameters, in the order its formula names them.
        state: its moving statistics.
        training: whether this is a training step.
        seed: of the dropout masks, as two 32-bit words (low, high).
        step: batches trained before this one.
    """

    inputs: tuple[jax.Array, ...]
    parameters: tuple[jax.Array, ...]
    state: tuple[jax.Array, ...]
    training: bool
    seed: jax.Array
    step: jax.Array
