"""The structure of a program: what decides whether two models can share compiled code.

Models that differ only in layer names, dropout rates, seeds, learning rates or weight decay have
one structure. It is compiled once for all of them, and they can be trained as one population.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from trimtab.program.ops import Dropping, Op
from trimtab.program.program import Program

__all__ = ["difference", "structure"]

#: What a part is said to be that one of two programs does not have.
_MISSING = "missing"


def structure(program: Program) -> Program:
    """The program without names and without the numbers that a run may change.

    >>> from trimtab.program import Builder
    >>> def dropped(rate):
    ...     builder = Builder(3)
    ...     return builder.finish(builder.emit("dropout", [0], rate=rate, stream=0))
    >>> structure(dropped(0.1)) == structure(dropped(0.3))
    True
    """
    optimizer = program.optimizer
    if optimizer is not None:
        # Which weights decay is in their slots.
        decay = float(bool(optimizer.weight_decay))
        optimizer = replace(optimizer, weight_decay=decay, undecayed=(), undecayed_names=())
    return replace(
        program,
        ops=tuple(_plain(op) for op in program.ops),
        parameters=tuple(replace(s, name=str(i)) for i, s in enumerate(program.parameters)),
        state=tuple(replace(s, name=str(i)) for i, s in enumerate(program.state)),
        optimizer=optimizer,
        schedules=(),
    )


def _plain(op: Op) -> Op:
    return replace(op, rate=0.5, stream=0, seed=None) if isinstance(op, Dropping) else op


def difference(program: Program, other: Program) -> str | None:
    """The first difference in structure, in words; None if there is none.

    Weight decay is no difference, even where one program has none: its amount may be 0.
    """
    parts, others = (dict(_parts(structure(each))) for each in (program, other))
    for name in [*parts, *(name for name in others if name not in parts)]:
        here, there = parts.get(name, _MISSING), others.get(name, _MISSING)
        if here != there:
            return f"{name} is {there}, not {here}"
    return None


def _parts(program: Program) -> Iterator[tuple[str, Any]]:
    """Everything that must be equal, by a name for messages; shapes first."""
    yield "the number of input columns", program.input_width
    for number, op in enumerate(program.ops):
        yield f"op {number}", op.kind
        yield f"the width of op {number} ({op.kind})", program.widths[op.output]
        for name in ("inputs", "output", "parameters", "state"):
            yield f"{name} of op {number} ({op.kind})", getattr(op, name)
        for name, value in op.attributes().items():
            yield f"{name} of op {number} ({op.kind})", repr(value)
    yield "the output", program.output
    for kind, slots in (("parameter", program.parameters), ("state", program.state)):
        for number, slot in enumerate(slots):
            for name in ("shape", "trainable", "l1", "l2", "penalty", "constraint", "decays"):
                yield f"{name} of {kind} {number}", getattr(slot, name)
    for name, part in (("loss", program.loss), ("optimizer", program.optimizer)):
        yield f"the {name}", "present" if part is not None else _MISSING
        if part is not None:
            for attribute, value in vars(part).items():
                if attribute != "weight_decay":
                    yield f"{attribute} of the {name}", repr(value)
