"""Programs with frozen statistics or fixed dropout rates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from trimtab.program.ops import BatchNormalization
from trimtab.program.program import Program

__all__ = ["freeze_rates", "freeze_statistics"]


def freeze_statistics(program: Program) -> Program:
    """The program with every batch normalization frozen.

    In training too, it then uses the moving averages and does not update them. Both programs have
    the same layout of weights and optimizer slots.

    Example:
        >>> from trimtab.program import Builder
        >>> program = Builder(3).finish(0)
        >>> freeze_statistics(program) == program
        True
    """
    ops = tuple(
        replace(op, frozen=True) if isinstance(op, BatchNormalization) else op for op in program.ops
    )
    return replace(program, ops=ops)


def freeze_rates(program: Program, step: int, epoch_steps: int | None = None) -> Program:
    """The program with scheduled dropout rates fixed at those of a step.

    Args:
        program: with schedules.
        step: whose rates to use.
        epoch_steps: batches per epoch; see :meth:`~trimtab.program.Program.dropout_rates`.
    """
    rates = program.dropout_rates(step, 1, epoch_steps)
    if rates is None:
        return program
    # ``rate`` is a field of some ops only, which the type checker cannot know here.
    ops: tuple[Any, ...] = program.ops
    fixed = (
        replace(op, rate=float(rates[op.output][0])) if op.output in rates else op for op in ops
    )
    return replace(program, ops=tuple(fixed), schedules=())
