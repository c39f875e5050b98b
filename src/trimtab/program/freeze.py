"""Programs in which something stays as it is: statistics, or rates on a schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from trimtab.program.ops import BatchNormalization
from trimtab.program.program import Program

__all__ = ["freeze_rates", "freeze_statistics"]


def freeze_statistics(program: Program) -> Program:
    """The program with every batch normalization frozen.

    In training too it then uses the moving averages, and leaves them. Layouts stay: weights and
    optimizer slots fit both programs.

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
    """The program whose rates on a schedule are those of a step, in every call.

    Args:
        step, epoch_steps: see :meth:`~trimtab.program.Program.dropout_rates`.
    """
    rates = program.dropout_rates(step, 1, epoch_steps)
    if rates is None:
        return program
    # An op that has a rate: a dataclass whose field the type of all ops does not know.
    ops: tuple[Any, ...] = program.ops
    fixed = (
        replace(op, rate=float(rates[op.output][0])) if op.output in rates else op for op in ops
    )
    return replace(program, ops=tuple(fixed), schedules=())
