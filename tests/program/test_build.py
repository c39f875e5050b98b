"""The builder's layouts, and programs as text and plain data."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tests.support.programs import ADAM, MSE, SGD, FakeWeight, dense, network
from trimtab import Sequential
from trimtab.nn import layers
from trimtab.program import Builder
from trimtab.program.ops import LossOp, OptimizerOp


def test_trainable_parameters_come_first_in_the_layers_order() -> None:
    builder = Builder(3)
    value = dense(builder, 0, 4, "a")
    value = dense(builder, value, 5, "b", trainable=False)
    program = builder.finish(dense(builder, value, 2, "c"), MSE, ADAM)
    names = [slot.name for slot in program.parameters]
    assert names == ["a/kernel", "a/bias", "c/kernel", "c/bias", "b/kernel", "b/bias"]
    assert [slot.offset for slot in program.parameters] == [0, 12, 16, 26, 28, 48]
    assert program.parameter_count == 53
    assert program.trainable_count == 28
    assert program.slot_count == 56  # Adam: two numbers a trainable parameter
    for op in program.ops:
        for number, letter in zip(op.parameters, [op.kind], strict=True):
            expected = "kernel" if letter == "matmul" else "bias"
            assert program.parameters[number].name.endswith(expected)
    assert [program.parameters[op.parameters[0]].name[0] for op in program.ops] == list("aabbcc")


def test_spans_say_what_each_layer_became() -> None:
    block = layers.Residual(
        layers.Dense(5, activation="relu", name="in"), layers.BatchNormalization(name="norm"),
        name="block",
    )  # fmt: skip
    stack = [layers.Dense(4, name="first"), layers.Dropout(0.0, name="none"), block]
    Sequential([layers.Input((3,)), *stack])
    builder = Builder(3)
    value = 0
    for layer in stack:
        value = builder.lower(layer, value)
    program = builder.finish(value)
    kinds = [op.kind for op in program.ops]
    found = [
        (span.layer.path, span.sources, span.target, [kinds[number - 1] for number in span.ops])
        for span in builder.spans
    ]
    assert found == [
        ("first", (0,), 2, ["matmul", "bias"]),
        ("none", (2,), 2, []),
        ("block/in", (2,), 5, ["matmul", "bias", "activation"]),
        ("block/norm", (5,), 6, ["batch_normalization"]),
        ("block", (2,), 8, ["matmul", "add"]),
    ]


def test_places_are_slices_of_the_vector() -> None:
    program = network(3, (4,), normalize=True, rate=0)
    covered = [i for slot in program.parameters for i in range(*slot.place.indices(10**6))]
    assert covered == list(range(program.parameter_count))
    assert program.state_count == 8
    assert [slot.name for slot in program.state] == [
        "batch_normalization_0/moving_mean",
        "batch_normalization_0/moving_variance",
    ]


def test_a_weight_used_twice_has_one_slot() -> None:
    builder = Builder(4)
    shared = FakeWeight("shared/kernel", (4, 4))
    value = builder.emit("matmul", [0], [shared])
    program = builder.finish(builder.emit("matmul", [value], [shared]))
    assert program.parameter_count == 16
    assert [op.parameters for op in program.ops] == [(0,), (0,)]


def test_widths_follow_the_ops() -> None:
    program = network(6, (16, 16), outputs=3, residual=True)
    assert program.widths[0] == program.input_width == 6
    assert program.widths[-1] == program.output_width == 3
    assert any(op.kind == "add" for op in program.ops)


def test_penalties_and_optimizer_slots() -> None:
    program = network(2, (3,), penalty=(0.1, 0.2), optimizer=SGD)
    kernel = program.parameters[0]
    assert (kernel.l1, kernel.l2) == (0.1, 0.2)
    assert program.slot_count == 0
    momentum = OptimizerOp(rule="sgd_momentum", momentum=0.9)
    assert network(2, (3,), optimizer=momentum).slot_count == program.trainable_count
    assert network(2, (3,), loss=None, optimizer=None).slot_count == 0


def test_targets_of_sparse_losses_are_one_column() -> None:
    sparse = LossOp(loss="sparse_categorical_crossentropy_logits")
    assert network(2, (3,), outputs=5, loss=sparse).target_width == 1
    assert network(2, (3,), outputs=5).target_width == 5


def test_random_streams_are_each_drawn_once() -> None:
    builder = Builder(2)
    assert [builder.random_stream() for _ in range(3)] == [0, 1, 2]


def test_equal_networks_make_equal_programs() -> None:
    assert network() == network()
    assert network() != network(rate=0.2)
    assert network() != network(optimizer=SGD)
    assert hash(network()) == hash(network())


def test_the_record_is_plain_data() -> None:
    record = network(penalty=(0.0, 1e-3)).record()
    assert json.loads(json.dumps(record)) == json.loads(json.dumps(record, allow_nan=True))
    assert record["ops"][0]["kind"] == "matmul"
    assert record["ops"][0]["parameters"] == (0,)
    assert record["parameters"][0]["l2"] == 1e-3
    assert record["loss"] == {"loss": "mean_squared_error", "label_smoothing": 0.0}
    assert record["optimizer"]["rule"] == "adam"
    activation = next(op for op in record["ops"] if op["kind"] == "activation")
    assert activation["max_value"] == math.inf


def test_a_program_reads_as_text() -> None:
    lines = str(network(2, (3,), rate=0.3)).splitlines()
    assert lines[0] == "%0 = input (2)"
    assert lines[1] == "%1 = matmul(%0, dense_0/kernel) (3)"
    assert lines[2].startswith(
        "%2 = batch_normalization(%1, batch_normalization_0/gamma, batch_normalization_0/beta, "
        "batch_normalization_0/moving_mean, batch_normalization_0/moving_variance, momentum=0.99"
    )
    assert lines[-1] == "output %6"


def test_an_unknown_op_cannot_be_emitted() -> None:
    with pytest.raises(KeyError, match="convolution"):
        Builder(2).emit("convolution", [0])


def test_slots_of_a_new_optimizer() -> None:
    averaged = OptimizerOp(rule="adagrad", first=0.25, accumulation=2, ema_momentum=0.9)
    program = network(2, (3,), optimizer=averaged)
    parameters = np.arange(program.parameter_count, dtype=np.float32)
    first, sums, averages = program.new_slots(parameters).reshape(3, -1)
    assert first.tolist() == [0.25] * program.trainable_count
    assert not sums.any() and averages.tolist() == parameters[: program.trainable_count].tolist()
    for without in (network(2, (3,), loss=None, optimizer=None), network(2, (), optimizer=None)):
        assert without.new_slots(parameters).shape == (0,)


def test_columns_are_selected_where_they_are_read() -> None:
    builder = Builder(6)
    a, b, c = (builder.columns(0, start, 2) for start in (0, 2, 4))
    assert [builder.width(each) for each in (a, b, c)] == [2, 2, 2]
    assert builder.emit("concatenate", [a, b, c]) < 0  # the input as it is: no op
    hidden = builder.emit("scale", [b], factor=2.0)
    joined = builder.emit("concatenate", [a, b, hidden, c])
    program = builder.finish(
        builder.emit("add", [joined, builder.emit("scale", [joined], factor=1)])
    )
    assert [(op.kind, op.inputs) for op in program.ops] == [
        ("select", (0,)),
        ("scale", (1,)),
        ("select", (0,)),
        ("select", (0,)),
        ("concatenate", (3, 2, 4)),
        ("scale", (5,)),
        ("add", (5, 6)),
    ]
    assert program.widths[3] == 4
