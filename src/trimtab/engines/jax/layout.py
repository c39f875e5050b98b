"""Converts between flat vectors and one array per weight; divides rows into blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats
from trimtab.engines.base import EngineState
from trimtab.engines.jax.compute import Weights
from trimtab.program import Program, Slot


def pack(program: Program, state: EngineState) -> Weights:
    """The weights as NumPy views of the vectors."""

    def parts(slots: Sequence[Slot], vector: Floats) -> tuple[Any, ...]:
        return tuple(vector[slot.place].reshape(slot.shape) for slot in slots)

    trainable = [slot for slot in program.parameters if slot.trainable]
    kinds = program.optimizer.slots if program.optimizer else 0
    by_kind = state.slots.reshape(kinds, program.trainable_count)
    moments = [parts(trainable, vector) for vector in by_kind]
    return Weights(
        parts(program.parameters, state.parameters),
        parts(program.state, state.state),
        tuple(zip(*moments, strict=True)) if moments else ((),) * len(trainable),
        np.array(state.step & 0xFFFFFFFF, np.uint32),  # type: ignore[arg-type]
    )


def unpack(program: Program, weights: Weights, step: int) -> EngineState:
    """The inverse of :func:`pack`, as copies.

    Args:
        program: whose layout to use.
        weights: to copy.
        step: all bits of it; the weights have 32.
    """
    kinds = program.optimizer.slots if program.optimizer else 0
    return EngineState(
        flat(weights.parameters),
        flat(weights.state),
        flat([slots[kind] for kind in range(kinds) for slots in weights.slots]),
        step,
    )


def flat(arrays: Sequence[Any]) -> Floats:
    """A copy of these arrays as one vector."""
    if not arrays:
        return np.zeros(0, np.float32)
    return np.concatenate([np.asarray(array, np.float32).reshape(-1) for array in arrays])


def in_blocks(rows: NDArray[Any], number: int, size: int) -> NDArray[Any]:
    """The rows in ``number`` blocks of ``size`` rows, padded with zeros."""
    filled = np.zeros((number * size, *rows.shape[1:]), rows.dtype)
    filled[: len(rows)] = rows
    return filled.reshape(number, size, *rows.shape[1:])
