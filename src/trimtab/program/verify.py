"""The rules for programs, checked before any engine runs one."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.errors import InvalidProgram
from trimtab.program.ops import OPS, Average, Dropping, Op
from trimtab.program.program import Program, Slot


def verify(program: Program) -> None:
    """Checks a program.

    Rules: every value is written once, before it is read; widths and shapes of parameters and
    state are those of the op; layouts have no gaps and no overlap, trainable slots first; every op
    is registered, and its attributes and those of constraints are in range; the output exists;
    every op contributes to the output; schedules belong to ops with a rate; a loss of several
    members has a program that ends in their average.

    Raises:
        InvalidProgram: with the rule that is broken.
    """
    if not program.widths or any(width < 1 for width in program.widths):
        raise InvalidProgram(f"every value needs a width of 1 or more, received {program.widths}.")
    if len(program.widths) != len(program.ops) + 1:
        raise InvalidProgram(
            f"a program of {len(program.ops)} ops has {len(program.ops) + 1} values, "
            f"received widths for {len(program.widths)}."
        )
    _check_layout("parameters", program.parameters)
    _check_layout("state", program.state)
    for number, op in enumerate(program.ops, start=1):
        _check_op(program, number, op)
    if not 0 <= program.output < len(program.widths):
        raise InvalidProgram(f"output %{program.output} is not a value of this program.")
    _check_all_used(program)
    _check_schedules(program)
    if program.loss is not None:
        program.loss.check()
        program.loss.check_outputs(program.output_width)
        _check_members(program, program.loss.members)
    if program.optimizer is not None:
        program.optimizer.check()


def _check_layout(what: str, slots: Sequence[Slot]) -> None:
    offset = 0
    frozen_before = None
    names = set()
    for slot in slots:
        if slot.offset != offset:
            raise InvalidProgram(
                f"{what}: {slot.name} starts at {slot.offset}, expected {offset} (no gaps)."
            )
        offset += slot.size
        if slot.constraint is not None:
            slot.constraint.check(slot.shape)
        if slot.name in names:
            raise InvalidProgram(f"{what}: two slots are called {slot.name}.")
        names.add(slot.name)
        if what == "parameters" and slot.trainable and frozen_before is not None:
            raise InvalidProgram(
                f"{what}: trainable {slot.name} comes after frozen {frozen_before}; "
                "trainable slots come first."
            )
        if not slot.trainable:
            frozen_before = slot.name


def _check_op(program: Program, number: int, op: Op) -> None:
    where = f"%{op.output} = {op.kind}"
    if OPS.get(op.kind) is not type(op):
        raise InvalidProgram(f"{where}: no such op; registered are {', '.join(sorted(OPS))}.")
    if op.output != number:
        raise InvalidProgram(f"{where}: op {number} must write value %{number}.")
    if op.arity is not None and len(op.inputs) != op.arity:
        raise InvalidProgram(f"{where}: reads {op.arity} values, received {len(op.inputs)}.")
    for value in op.inputs:
        if not 0 <= value < number:
            raise InvalidProgram(f"{where}: reads %{value}, which is not written yet.")
    op.check()
    widths = [program.widths[i] for i in op.inputs]
    op.check_widths(widths)
    if op.same_widths and len(set(widths)) != 1:
        raise InvalidProgram(f"{where}: its inputs differ in width: {widths}.")
    shapes = [_slot(program.parameters, i, where).shape for i in op.parameters]
    expected_parameters = op.parameter_shapes(widths, program.widths[op.output])
    if tuple(shapes) != expected_parameters:
        raise InvalidProgram(
            f"{where}: parameters must have shapes {expected_parameters}, received {tuple(shapes)}."
        )
    width = op.output_width(widths, shapes)
    if program.widths[op.output] != width:
        raise InvalidProgram(
            f"{where}: writes width {width}, declared {program.widths[op.output]}."
        )
    state = tuple(_slot(program.state, i, where).shape for i in op.state)
    if state != op.state_shapes(widths):
        raise InvalidProgram(
            f"{where}: state must have shapes {op.state_shapes(widths)}, received {state}."
        )


def _slot(slots: Sequence[Slot], index: int, where: str) -> Slot:
    if not 0 <= index < len(slots):
        raise InvalidProgram(f"{where}: slot {index} is not one of {len(slots)}.")
    return slots[index]


def _check_all_used(program: Program) -> None:
    needed = {program.output}
    for op in reversed(program.ops):
        if op.output not in needed:
            raise InvalidProgram(f"%{op.output} = {op.kind}: its value is never used.")
        needed.update(op.inputs)


def _check_members(program: Program, members: int) -> None:
    if members == 1:
        return
    last = program.ops[-1] if program.ops else None
    if not isinstance(last, Average) or last.output != program.output or last.members != members:
        raise InvalidProgram(
            f"a loss of {members} members needs a program that ends in their average, received "
            f"{last.kind if last is not None else 'a program without ops'}."
        )


def _check_schedules(program: Program) -> None:
    with_rate = {op.output for op in program.ops if isinstance(op, Dropping)}
    scheduled = [each.value for each in program.schedules]
    for value in scheduled:
        if value not in with_rate:
            raise InvalidProgram(
                f"a schedule names %{value}, which is not the output of an op with a rate."
            )
    if len(set(scheduled)) != len(scheduled):
        raise InvalidProgram(f"a rate must not have two schedules, received {scheduled}.")
