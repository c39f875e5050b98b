"""Programs whose batch normalizations take their statistics as they are."""

from __future__ import annotations

from dataclasses import replace

from trimtab.program.build import Program
from trimtab.program.ops import BatchNormalization

__all__ = ["freeze_statistics"]


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
