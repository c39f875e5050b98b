"""Programs for tests, made with the builder alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core.types import Floats
from trimtab.engines import EngineState, Rows
from trimtab.program import Builder, Op, Program
from trimtab.program.ops import (
    ConstraintOp,
    Embedding,
    Example,
    Function,
    LossOp,
    OptimizerOp,
    PiecewiseLinear,
)

MSE = LossOp(loss="mean_squared_error")
SGD = OptimizerOp(rule="sgd")
ADAM = OptimizerOp(rule="adam")


@dataclass(frozen=True, eq=False)
class FakeWeight:
    """What the builder asks of a layer's weight."""

    path: str
    shape: tuple[int, ...]
    trainable: bool = True
    penalty: tuple[float, float] = (0.0, 0.0)
    constraint: ConstraintOp | None = None
    decays: bool = True
    own_penalty: Function | None = None


def op_program(
    kind: type[Op], example: Example, loss: LossOp | None = MSE, optimizer: OptimizerOp = SGD
) -> Program:
    """A program that ends in the op of an example; further inputs are the first, shifted."""
    builder = Builder(example.widths[0])
    inputs = [0]
    for number, width in enumerate(example.widths[1:]):
        inputs.append(builder.emit("bias", [0], [FakeWeight(f"shift_{number}/bias", (width,))]))
    output = builder.emit(
        kind.kind,
        inputs,
        [FakeWeight(f"op/parameter_{i}", shape) for i, shape in enumerate(example.parameters)],
        [FakeWeight(f"op/state_{i}", shape, False) for i, shape in enumerate(example.state)],
        **example.attributes,
    )
    return builder.finish(output, loss, optimizer)


def dense(
    builder: Builder,
    value: int,
    units: int,
    name: str,
    *,
    use_bias: bool = True,
    trainable: bool = True,
    penalty: tuple[float, float] = (0.0, 0.0),
    constraint: ConstraintOp | None = None,
) -> int:
    """A Dense layer's ops."""
    shape = (builder.width(value), units)
    kernel = FakeWeight(f"{name}/kernel", shape, trainable, penalty, constraint)
    value = builder.emit("matmul", [value], [kernel])
    if use_bias:
        value = builder.emit("bias", [value], [FakeWeight(f"{name}/bias", (units,), trainable)])
    return value


def batch_normalization(builder: Builder, value: int, name: str, **settings: Any) -> int:
    """A BatchNormalization layer's op with Keras' defaults but for the settings."""
    shape = (builder.width(value),)
    state = [
        FakeWeight(f"{name}/moving_mean", shape, False),
        FakeWeight(f"{name}/moving_variance", shape, False),
    ]
    if settings.get("debias"):
        state.append(FakeWeight(f"{name}/count", (1,), False))
    return builder.emit(
        "batch_normalization",
        [value],
        [FakeWeight(f"{name}/gamma", shape), FakeWeight(f"{name}/beta", shape)],
        state,
        **{"momentum": 0.99, "epsilon": 1e-3, **settings},
    )


def embedding(builder: Builder, value: int, sizes: Sequence[int], name: str, dim: int = 3) -> int:
    """A CategoryEmbedding layer's op."""
    tables = [FakeWeight(f"{name}/embeddings_{i}", (size, dim)) for i, size in enumerate(sizes)]
    return builder.emit(
        "embedding",
        [value],
        tables,
        tables=tuple(range(len(sizes))),
        sizes=tuple(sizes),
        dims=(dim,) * len(sizes),
    )


def network(
    inputs: int = 6,
    hidden: Sequence[int] = (16, 16),
    outputs: int = 1,
    *,
    function: str | None = "relu",
    normalize: bool = True,
    normalization: Mapping[str, Any] = {},
    rate: float = 0.3,
    residual: bool = False,
    loss: LossOp | None = MSE,
    optimizer: OptimizerOp | None = ADAM,
    penalty: tuple[float, float] = (0.0, 0.0),
    constraint: ConstraintOp | None = None,
    categories: Sequence[int] = (),
) -> Program:
    """Dense blocks with normalization and dropout, as the lesson stacks them.

    ``categories`` are the sizes of tables that the last of the inputs are the codes of.
    """
    builder = Builder(inputs)
    value = embedding(builder, 0, categories, "embedding") if categories else 0
    for number, units in enumerate(hidden):
        before = value
        value = dense(
            builder,
            value,
            units,
            f"dense_{number}",
            use_bias=not normalize,
            penalty=penalty,
            constraint=constraint,
        )
        if normalize:
            value = batch_normalization(
                builder, value, f"batch_normalization_{number}", **normalization
            )
        if function is not None:
            value = builder.emit("activation", [value], function=function)
        if rate:
            value = builder.emit("dropout", [value], rate=rate, stream=builder.random_stream())
        if residual and builder.width(before) == units:
            value = builder.emit("add", [before, value])
    return builder.finish(dense(builder, value, outputs, "output"), loss, optimizer)


def initial_state(program: Program, seed: int = 0) -> EngineState:
    """Glorot-like kernels, every other parameter near its usual start; what cannot be negative is
    positive."""
    generator = np.random.default_rng(seed)
    parameters = np.zeros(program.parameter_count, np.float32)
    for slot in program.parameters:
        if len(slot.shape) == 2:
            limit = np.sqrt(6 / sum(slot.shape))
            drawn = generator.uniform(-limit, limit, slot.size)
        elif slot.name.endswith("gamma"):
            drawn = generator.uniform(0.7, 1.3, slot.size)
        else:
            drawn = generator.normal(0, 0.2, slot.size)
        parameters[slot.place] = drawn
    state = np.zeros(program.state_count, np.float32)
    for slot in program.state:
        if slot.name.endswith(("variance", "state_1", "count", "state_2")):
            state[slot.place] = generator.uniform(0.5, 2, slot.size)
        else:
            state[slot.place] = generator.normal(0, 0.5, slot.size)
    for op in program.ops:
        if isinstance(op, PiecewiseLinear):  # edges ascend, where tests expect kinks
            place = program.state[op.state[0]].place
            edges = state[place].reshape(len(op.columns), op.knots)
            state[place] = np.round(np.sort(edges, axis=1).ravel() * 64) / 64
    return EngineState(parameters, state, np.zeros(program.slot_count, np.float32), 0)


def with_codes(program: Program, x: Floats, generator: np.random.Generator, above: float) -> Floats:
    """Rows with codes where the program reads some, each a whole number and ``above`` more."""
    x = x.copy()
    for op in program.ops:
        if isinstance(op, Embedding):
            assert op.inputs == (0,), "codes come with the rows"
            for column, table in enumerate(op.tables, start=x.shape[1] - len(op.tables)):
                x[:, column] = generator.integers(0, op.sizes[table], len(x)) + above
    return x


def draw_rows(program: Program, count: int, seed: int = 0, *, weighted: bool = False) -> Rows:
    """Random rows that suit the program's loss (class numbers for sparse losses)."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, program.input_width)).astype(np.float32)
    x = with_codes(program, x, np.random.default_rng([seed, 1]), 0.0)
    if program.loss is not None and program.loss.sparse:
        y = generator.integers(0, program.output_width, (count, 1)).astype(np.float32)
    elif program.loss is not None and program.loss.loss.startswith("binary"):
        y = generator.integers(0, 2, (count, program.output_width)).astype(np.float32)
    else:
        y = generator.normal(size=(count, program.output_width)).astype(np.float32)
    weight = generator.uniform(0, 2, count).astype(np.float32) if weighted else None
    return Rows(x, y, weight)
