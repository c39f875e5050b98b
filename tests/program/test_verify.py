"""Every rule of the verifier, broken on purpose: each gives its message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from tests.support.programs import ADAM, MSE, network
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidProgram
from trimtab.program import Program, Slot, verify
from trimtab.program.ops import (
    Activation,
    Add,
    BatchNormalization,
    Call,
    Dropout,
    Embedding,
    Function,
    Increasing,
    LossOp,
    Matmul,
    Op,
    OptimizerOp,
)

OWN = Function(abs, "abs")
SLOTS = (Slot("a/kernel", (2, 3), 0), Slot("b/kernel", (3, 1), 6))
STATE = (Slot("n/moving_mean", (3,), 0, False), Slot("n/moving_variance", (3,), 3, False))
GOOD = Program(
    widths=(2, 3, 3, 1),
    ops=(
        Matmul(inputs=(0,), output=1, parameters=(0,)),
        Activation(inputs=(1,), output=2, function="relu"),
        Matmul(inputs=(2,), output=3, parameters=(1,)),
    ),
    output=3,
    parameters=SLOTS,
    state=(),
    loss=MSE,
    optimizer=ADAM,
)


def with_op(number: int, **changes: Any) -> Program:
    """The good program with one op changed."""
    ops = list(GOOD.ops)
    ops[number] = replace(ops[number], **changes)
    return replace(GOOD, ops=tuple(ops))


def with_middle(op: Op, **changes: Any) -> Program:
    """The good program with its middle op replaced."""
    return replace(GOOD, ops=(GOOD.ops[0], op, GOOD.ops[2]), **changes)


@dataclass(frozen=True, kw_only=True)
class Unregistered(Op):
    kind: ClassVar[str] = "unregistered"


@dataclass(frozen=True, kw_only=True)
class Impostor(Op):
    kind: ClassVar[str] = "activation"


def embedding(**attributes: Any) -> Embedding:
    settings = {"tables": (0,), "sizes": (4,), "dims": (2,), **attributes}
    return Embedding(inputs=(1,), output=2, **settings)


NORMALIZED = BatchNormalization(
    inputs=(1,), output=2, momentum=0.9, epsilon=1e-3, scale=False, center=False, state=(0, 1)
)

BROKEN: dict[str, tuple[Program, str]] = {
    "width of 0": (replace(GOOD, widths=(2, 0, 3, 1)), "every value needs a width of 1 or more"),
    "no widths": (replace(GOOD, widths=()), "every value needs a width"),
    "too many widths": (
        replace(GOOD, widths=(2, 3, 3, 1, 1)),
        "a program of 3 ops has 4 values, received widths for 5",
    ),
    "gap between slots": (
        replace(GOOD, parameters=(SLOTS[0], replace(SLOTS[1], offset=7))),
        "parameters: b/kernel starts at 7, expected 6",
    ),
    "overlapping slots": (
        replace(GOOD, parameters=(SLOTS[0], replace(SLOTS[1], offset=5))),
        "parameters: b/kernel starts at 5, expected 6",
    ),
    "one name twice": (
        replace(GOOD, parameters=(SLOTS[0], replace(SLOTS[1], name="a/kernel"))),
        "parameters: two slots are called a/kernel",
    ),
    "frozen slot first": (
        replace(GOOD, parameters=(replace(SLOTS[0], trainable=False), SLOTS[1])),
        "trainable b/kernel comes after frozen a/kernel",
    ),
    "gap in the state": (
        with_middle(NORMALIZED, state=(STATE[0], replace(STATE[1], offset=4))),
        "state: n/moving_variance starts at 4, expected 3",
    ),
    "unregistered op": (
        with_middle(Unregistered(inputs=(1,), output=2)),
        "%2 = unregistered: no such op; registered are activation, activity_penalty, add",
    ),
    "another class under a known name": (
        with_middle(Impostor(inputs=(1,), output=2)),
        "%2 = activation: no such op",
    ),
    "value written out of turn": (with_op(1, output=3), "op 2 must write value %2"),
    "too few inputs": (with_op(1, inputs=()), "%2 = activation: reads 1 values, received 0"),
    "too many inputs": (with_op(1, inputs=(1, 1)), "reads 1 values, received 2"),
    "value read before it is written": (with_op(1, inputs=(2,)), "reads %2, which is not written"),
    "value from the future": (with_op(1, inputs=(3,)), "reads %3, which is not written yet"),
    "negative value": (with_op(1, inputs=(-1,)), "reads %-1, which is not written yet"),
    "attribute out of range": (
        with_op(1, function="rleu"),
        "activation: function must be one of relu, tanh, .*, received 'rleu'",
    ),
    "rate out of range": (
        with_middle(Dropout(inputs=(1,), output=2, rate=1.3, stream=0)),
        "dropout: rate must be between 0 and 1, received 1.3",
    ),
    "rate that is not a number": (
        with_middle(Dropout(inputs=(1,), output=2, rate=float("nan"), stream=0)),
        "dropout: rate must be between 0 and 1, received nan",
    ),
    "epsilon of 0": (
        with_middle(replace(NORMALIZED, epsilon=0.0), state=STATE),
        "batch_normalization: epsilon must be positive, received 0.0",
    ),
    "chunks of one row": (
        with_middle(replace(NORMALIZED, virtual_batch_size=1), state=STATE),
        "batch_normalization: virtual_batch_size must be at least 2, received 1",
    ),
    "nothing to count batches in": (
        with_middle(replace(NORMALIZED, debias=True), state=STATE),
        r"state must have shapes \(\(3,\), \(3,\), \(1,\)\), received \(\(3,\), \(3,\)\)",
    ),
    "inputs of two widths": (
        replace(GOOD, ops=(GOOD.ops[0], Add(inputs=(0, 1), output=2), GOOD.ops[2])),
        r"%2 = add: its inputs differ in width: \[2, 3\]",
    ),
    "parameter of another shape": (
        replace(GOOD, parameters=(SLOTS[0], Slot("b/kernel", (2, 1), 6))),
        r"%3 = matmul: parameters must have shapes \(\(3, 1\),\), received \(\(2, 1\),\)",
    ),
    "missing parameter": (
        with_op(0, parameters=()),
        r"%1 = matmul: parameters must have shapes \(\(2, 3\),\), received \(\)",
    ),
    "parameter too many": (
        with_op(1, parameters=(0,)),
        r"%2 = activation: parameters must have shapes \(\), received \(\(2, 3\),\)",
    ),
    "slot that does not exist": (
        with_op(0, parameters=(2,)),
        "%1 = matmul: slot 2 is not one of 2",
    ),
    "negative slot": (with_op(0, parameters=(-1,)), "slot -1 is not one of 2"),
    "missing state": (
        with_middle(replace(NORMALIZED, state=())),
        r"state must have shapes \(\(3,\), \(3,\)\), received \(\)",
    ),
    "another width than declared": (
        with_middle(replace(GOOD.ops[1]), widths=(2, 3, 4, 1)),
        "%2 = activation: writes width 3, declared 4",
    ),
    "output that does not exist": (replace(GOOD, output=4), "output %4 is not a value"),
    "negative output": (replace(GOOD, output=-1), "output %-1 is not a value"),
    "value that nobody uses": (replace(GOOD, output=1), "its value is never used"),
    "unknown loss": (
        replace(GOOD, loss=LossOp(loss="dice")),
        "loss must be one of mean_absolute_error, .*, received 'dice'",
    ),
    "loss of one's own without a function": (
        replace(GOOD, loss=LossOp(loss="function")),
        "loss='function' needs a function, and no other loss takes one, received "
        "loss='function', function=None",
    ),
    "setting that a loss does not have": (
        replace(GOOD, loss=LossOp(loss="mean_squared_error", delta=2.0)),
        "loss mean_squared_error takes no delta, received 2.0",
    ),
    "groups that do not divide a width": (
        with_middle(Increasing(inputs=(1,), output=2, group=2)),
        "increasing: groups of 2 need a width that 2 divides, received 3",
    ),
    "groups of nothing": (
        with_middle(Increasing(inputs=(1,), output=2, group=0)),
        "increasing: group must be 1 or more, received 0",
    ),
    "call without a function": (
        with_middle(Call(inputs=(1,), output=2, function=len, units=3, stream=0)),
        "call: function must be a Function, received <built-in function len>",
    ),
    "call whose weights are missing": (
        with_middle(
            Call(inputs=(1,), output=2, function=OWN, units=3, stream=0, weights=((3, 3),))
        ),
        r"%2 = call: parameters must have shapes \(\(3, 3\),\), received \(\)",
    ),
    "fewer columns than codes": (
        with_middle(
            embedding(tables=(0, 0, 0, 0), parameters=(1,)),
            parameters=(SLOTS[0], Slot("e/embeddings", (4, 2), 6)),
        ),
        "embedding: reads 4 columns of codes, received 3 columns",
    ),
    "table that is not there": (
        with_middle(embedding(tables=(0, 1))),
        r"embedding: tables must name each of the 1 tables, received \(0, 1\)",
    ),
    "table that nobody reads": (
        with_middle(embedding(sizes=(4, 5), dims=(2, 3))),
        r"embedding: tables must name each of the 2 tables, received \(0,\)",
    ),
    "sizes and dims of other tables": (
        with_middle(embedding(dims=(2, 3))),
        r"embedding: sizes and dims must have the same length, received \(4,\), \(2, 3\)",
    ),
    "a table that float32 cannot number": (
        with_middle(embedding(sizes=(2**24 + 1,))),
        "embedding: sizes must be between 1 and 16777216",
    ),
    "a table without columns": (
        with_middle(embedding(dims=(0,))),
        "embedding: dims must be positive",
    ),
    "a table of another shape": (
        with_middle(embedding(parameters=(0,))),
        r"parameters must have shapes \(\(4, 2\),\), received \(\(2, 3\),\)",
    ),
    "unknown rule": (
        replace(GOOD, optimizer=OptimizerOp(rule="muon")),
        "optimizer rule must be one of adadelta, adagrad, adam, adamax, amsgrad, ",
    ),
    "two kinds of clipping": (
        replace(GOOD, optimizer=OptimizerOp(rule="sgd", clipnorm=1.0, clipvalue=1.0)),
        "set only one of clipvalue, clipnorm and global_clipnorm",
    ),
}


def test_the_good_program_is_accepted() -> None:
    verify(GOOD)
    verify(with_middle(NORMALIZED, state=STATE))
    verify(network(residual=True))
    verify(Program((3,), (), 0, (), ()))


@pytest.mark.parametrize("rule", BROKEN)
def test_every_broken_rule_is_named(rule: str) -> None:
    program, message = BROKEN[rule]
    with pytest.raises(InvalidProgram, match=message):
        verify(program)


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (
            LossOp(loss="quantile", levels=(0.1, 0.9)),
            "loss quantile reads 2 levels of each target, and the model has 1 output. Make the "
            "last layer 2 units wide for one target, 4 for two.",
        ),
        (
            LossOp(loss="gaussian_negative_log_likelihood"),
            "loss gaussian_negative_log_likelihood reads a mean and a variance of each target, and "
            "the model has 1 output. Make the last layer 2 units wide for one target, 4 for two.",
        ),
        (
            LossOp(loss="categorical_focal_crossentropy", alpha=(0.1, 0.9)),
            "alpha must be one number, or one for each of 1 outputs, received 2 numbers.",
        ),
    ],
)
def test_outputs_that_a_loss_cannot_read(op: LossOp, message: str) -> None:
    assert_refused(InvalidArgument, message, lambda: verify(replace(GOOD, loss=op)))


def test_no_engine_sees_an_illegal_program() -> None:
    from trimtab.program import Builder

    builder = Builder(2)
    builder.emit("activation", [0], function="relu")  # never used
    with pytest.raises(InvalidProgram, match="never used"):
        builder.finish(0)
