"""Checks that engines share: arguments that do not fit the program are refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.engines.base import DropoutRates, EngineState, TrainCall
from trimtab.errors import EngineError
from trimtab.program import Program
from trimtab.program.ops import Dropping

__all__ = ["check_call", "check_rates", "check_state"]


def check_state(program: Program, state: EngineState) -> None:
    """Raises ``EngineError`` unless the vectors have the lengths of the program's layout."""
    expected = {
        "parameters": program.parameter_count,
        "state": program.state_count,
        "slots": program.slot_count,
    }
    for name, count in expected.items():
        vector = getattr(state, name)
        if vector.shape != (count,) or vector.dtype != np.float32:
            raise EngineError(
                f"{name} must be a vector of {count} float32 numbers, "
                f"received {vector.dtype} of shape {vector.shape}."
            )


def check_call(program: Program, call: TrainCall, who: str = "this call") -> None:
    """Raises ``EngineError`` unless the call fits the program.

    Args:
        program: to be trained.
        call: to be checked.
        who: whose call it is, for the message.
    """
    if call.rows.y is None:
        raise EngineError("training needs targets, received rows without y.")
    _check_sizes(call.sizes, call.count, call.batch_size)
    look = call.look
    if look is not None and not 0 <= look.first < look.stop <= call.steps:
        raise EngineError(
            f"look must be at batches from 0 to before {call.steps}, received {look.first} to "
            f"before {look.stop}."
        )
    check_rates(program, call.dropout_rates, call.steps)
    if len(call.learning_rates) != call.steps:
        raise EngineError(
            f"{who} trains {call.steps} steps and needs as many learning rates, "
            f"received {len(call.learning_rates)}."
        )


def _check_sizes(sizes: NDArray[np.int32] | None, rows: int, batch_size: int) -> None:
    if sizes is None:
        return
    if sizes.dtype != np.int32 or sizes.ndim != 1 or int(sizes.sum()) != rows:
        raise EngineError(
            f"sizes must be a vector of int32 numbers that add up to {rows} rows, received "
            f"{sizes.dtype} of shape {sizes.shape} that add up to {sizes.sum()}."
        )
    if len(sizes) and not 1 <= sizes.min() <= sizes.max() <= batch_size:
        raise EngineError(
            f"sizes must be between 1 and batch_size={batch_size}, received "
            f"{sizes.min()} to {sizes.max()}."
        )


def check_rates(program: Program, rates: DropoutRates | None, steps: int) -> None:
    """Raises ``EngineError`` unless these are rates of dropout ops, one per step."""
    dropping = {op.output for op in program.ops if isinstance(op, Dropping)}
    for value, vector in (rates or {}).items():
        if value not in dropping:
            raise EngineError(
                f"dropout_rates names %{value}, which is not the output of a dropout op. Those are "
                f"{', '.join(f'%{each}' for each in sorted(dropping)) or 'none'}."
            )
        if vector.shape != (steps,) or vector.dtype != np.float32:
            raise EngineError(
                f"dropout_rates of %{value} must be {steps} float32 numbers, one per batch, "
                f"received {vector.dtype} of shape {vector.shape}."
            )
