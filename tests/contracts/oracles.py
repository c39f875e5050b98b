"""What every op, loss and update rule means: plain float64 NumPy, nothing clever.

Each table has one row per registered name; :mod:`tests.contracts.test_registry` fails when a
registered name has none. Engines are compared with these, and these with Keras and JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from tests.contracts.loss_oracles import LOSSES as LOSSES
from tests.contracts.optimizer_oracles import RULES as RULES
from tests.contracts.optimizer_oracles import clipped as clipped
from tests.contracts.optimizer_oracles import constrained as constrained
from tests.contracts.optimizer_oracles import optimizer_step as optimizer_step
from tests.support.threefry import keep_mask, normals
from trimtab.program import Op, Program
from trimtab.program.ops import LossOp

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mode:
    """How a batch runs.

    Attributes:
        weight: ``(rows,)``, sample weights, or None.
        mask: ``(rows,)``, 0 for rows that batch statistics leave out, or None.
    """

    training: bool = False
    seed: int = 0
    step: int = 0
    weight: Any = field(default=None, compare=False)
    mask: Any = field(default=None, compare=False)


#: (op, inputs, parameters, state, mode) -> (value, new state)
Forward = Callable[
    [Op, Sequence[Array], Sequence[Array], Sequence[Array], Mode], tuple[Array, Sequence[Array]]
]


# -- ops ------------------------------------------------------------------------------------------


def activation(op, inputs, parameters, state, mode):
    return ACTIVATIONS[op.function](op, inputs[0]), ()


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(x)) + 0 * np.where(np.isnan(x), x, 0)


def _relu(op: Op, x: Array) -> Array:
    below = op.negative_slope * (x - op.threshold) if op.negative_slope else 0.0
    y = np.where(x > op.threshold, np.minimum(x, op.max_value), below)
    return np.where(np.isnan(x), x, y)  # relu(-inf) is 0, not 0 * -inf


def _kept_nan(x: Array, y: Array | float) -> Array:
    return np.where(np.isnan(x), x, y)


def _hard_sigmoid(x: Array) -> Array:
    return np.clip(x / 6 + 0.5, 0, 1)


def _squareplus(op: Op, x: Array) -> Array:
    root = np.sqrt(x**2 + op.b)
    return np.where(x > 0, (x + root) / 2, op.b / 2 / (root - x))


def _soft_shrink(op: Op, x: Array) -> Array:
    return _kept_nan(x, np.sign(x) * np.maximum(np.abs(x) - op.threshold, 0))


def _sparse_plus(op: Op, x: Array) -> Array:
    return np.where(x >= 1, x, np.clip(x + 1, 0, 2) ** 2 / 4)


def _gelu_tanh(op: Op, x: Array) -> Array:
    return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2


ACTIVATIONS: dict[str, Callable[[Op, Array], Array]] = {
    "relu": _relu,
    "tanh": lambda op, x: np.tanh(x),
    "sigmoid": lambda op, x: special.expit(x),
    "elu": lambda op, x: _elu(x, op.alpha),
    "selu": lambda op, x: 1.0507009873554805 * _elu(x, 1.6732632423543772),
    "gelu": lambda op, x: x * (1 + special.erf(x / np.sqrt(2))) / 2,
    "gelu_tanh": _gelu_tanh,
    "silu": lambda op, x: x * special.expit(x),
    "softplus": lambda op, x: np.logaddexp(x, 0),
    "celu": lambda op, x: op.alpha * _elu(x / op.alpha, 1.0),
    "exponential": lambda op, x: np.exp(x),
    "hard_shrink": lambda op, x: np.where(np.abs(x) <= op.threshold, 0.0, x),
    "hard_sigmoid": lambda op, x: _hard_sigmoid(x),
    "hard_silu": lambda op, x: x * _hard_sigmoid(x),
    "hard_tanh": lambda op, x: np.clip(x, -1, 1),
    "log_sigmoid": lambda op, x: -np.logaddexp(-x, 0),
    "mish": lambda op, x: x * np.tanh(np.logaddexp(x, 0)),
    "soft_shrink": _soft_shrink,
    "softsign": lambda op, x: x / (1 + np.abs(x)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda op, x: np.clip(x + 1, 0, 2) / 2,
    "squareplus": _squareplus,
    "tanh_shrink": lambda op, x: x - np.tanh(x),
    "threshold": lambda op, x: np.where(x <= op.threshold, op.default_value, x),
}


def add(op, inputs, parameters, state, mode):
    return inputs[0] + inputs[1], ()


def subtract(op, inputs, parameters, state, mode):
    return inputs[0] - inputs[1], ()


def multiply(op, inputs, parameters, state, mode):
    return inputs[0] * inputs[1], ()


def maximum(op, inputs, parameters, state, mode):
    return np.maximum(inputs[0], inputs[1]), ()


def minimum(op, inputs, parameters, state, mode):
    return np.minimum(inputs[0], inputs[1]), ()


def scale(op, inputs, parameters, state, mode):
    return float(np.float32(op.factor)) * inputs[0] + float(np.float32(op.offset)), ()


def activity_penalty(op, inputs, parameters, state, mode):
    return inputs[0], ()


def sum_columns(op, inputs, parameters, state, mode):
    return inputs[0].sum(axis=1, keepdims=True), ()


def spread(op, inputs, parameters, state, mode):
    return np.repeat(inputs[0], op.count, axis=1), ()


def concatenate(op, inputs, parameters, state, mode):
    return np.concatenate(inputs, axis=1), ()


def select(op, inputs, parameters, state, mode):
    return inputs[0][:, [op.start + op.step * i for i in range(op.count)]], ()


def members_of(x: Array, members: int) -> list[Array]:
    """The columns of each member."""
    return np.split(x, members, axis=1)


def matmul(op, inputs, parameters, state, mode):
    each = [x @ parameters[0] for x in members_of(inputs[0], op.members)]
    return np.concatenate(each, axis=1), ()


def affine(op, inputs, parameters, state, mode):
    (x,), given = inputs, list(parameters)
    each = [x] * op.members if op.repeat else members_of(x, op.members)
    scale = given.pop(0) if op.scale else np.ones((op.members, 1))
    bias = given.pop(0) if op.center else np.zeros((op.members, 1))
    return np.concatenate(
        [x * s + b for x, s, b in zip(each, scale, bias, strict=True)], axis=1
    ), ()


def heads(op, inputs, parameters, state, mode):
    each = zip(members_of(inputs[0], op.members), parameters[0], strict=True)
    return np.concatenate([x @ kernel for x, kernel in each], axis=1), ()


def average(op, inputs, parameters, state, mode):
    each = members_of(inputs[0], op.members)
    if op.of == "numbers":
        return np.mean(each, axis=0), ()
    if op.of == "sigmoid_logits":
        yes, no = (np.log(np.sum(special.expit(s * np.asarray(each)), axis=0)) for s in (1, -1))
        return yes - no, ()
    mean = np.mean([_softmax(x) for x in each], axis=0)
    return np.log(np.maximum(mean, np.finfo(np.float32).tiny)), ()


def _softmax(x: Array) -> Array:
    exponentials = np.exp(x - np.max(x, axis=1, keepdims=True))
    return exponentials / np.sum(exponentials, axis=1, keepdims=True)


def bias(op, inputs, parameters, state, mode):
    return inputs[0] + parameters[0], ()


def increasing(op, inputs, parameters, state, mode):
    each = inputs[0].reshape(len(inputs[0]), -1, op.group)
    steps = np.concatenate([each[:, :, :1], np.logaddexp(0, each[:, :, 1:])], axis=2)
    return np.cumsum(steps, axis=2).reshape(inputs[0].shape), ()


def softmax(op, inputs, parameters, state, mode):
    each = [SOFTMAXES[op.function](x) for x in members_of(inputs[0], op.members)]
    return np.concatenate(each, axis=1), ()


def _log_softmax(x: Array) -> Array:
    return (
        x
        - np.max(x, axis=1, keepdims=True)
        - np.log(np.sum(np.exp(x - np.max(x, axis=1, keepdims=True)), axis=1, keepdims=True))
    )


def _sparsemax(x: Array) -> Array:
    """tau by bisection: the sum of what is above it falls as it rises."""
    z = x - np.max(x, axis=1, keepdims=True)
    low, high = np.full((len(z), 1), -1.0), np.zeros((len(z), 1))
    for _ in range(80):
        middle = (low + high) / 2
        above = np.sum(np.maximum(z - middle, 0), axis=1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    bad = np.isnan(z).any(axis=1, keepdims=True)
    return np.where(bad, np.nan, np.maximum(z - low, 0))


SOFTMAXES = {"softmax": _softmax, "log_softmax": _log_softmax, "sparsemax": _sparsemax}


def glu(op, inputs, parameters, state, mode):
    each = [np.split(x, 2, axis=1) for x in members_of(inputs[0], op.members)]
    return np.concatenate([a * special.expit(b) for a, b in each], axis=1), ()


def prelu(op, inputs, parameters, state, mode):
    return np.where(inputs[0] > 0, inputs[0], parameters[0] * inputs[0]), ()


def layer_normalization(op, inputs, parameters, state, mode):
    (x,), given = inputs, list(parameters)
    y = _centered(op, x) / row_sizes(op, x)
    if op.scale:
        y = y * given.pop(0)
    return (y + given.pop(0) if op.center else y), ()


def _centered(op: Op, x: Array) -> Array:
    return x - np.mean(x, axis=1, keepdims=True) if op.by == "deviation" else x


def row_sizes(op: Op, x: Array) -> Array:
    """What rows are divided by, ``(rows, 1)``."""
    squares = np.square(_centered(op, x))
    if op.by == "length":
        return np.maximum(np.sqrt(np.sum(squares, axis=1, keepdims=True)), op.epsilon)
    return np.sqrt(np.mean(squares, axis=1, keepdims=True) + op.epsilon)


def rescaling(op, inputs, parameters, state, mode):
    return inputs[0] * np.array(op.scale) + np.array(op.offset), ()


def normalization(op, inputs, parameters, state, mode):
    mean, variance = (op.mean, op.variance) if op.mean is not None else state[:2]
    deviation = np.maximum(np.sqrt(np.array(variance)), 1e-7)
    if op.invert:
        return inputs[0] * deviation + np.array(mean), state
    return (inputs[0] - np.array(mean)) / deviation, state


def discretization(op, inputs, parameters, state, mode):
    return _kept_nan(inputs[0], np.digitize(inputs[0], op.boundaries)), ()


def category_encoding(op, inputs, parameters, state, mode):
    rows = []
    for row in inputs[0]:
        columns = np.zeros((len(row), op.depth))
        for place, code in zip(columns, row, strict=True):
            whole = np.trunc(code) if np.isfinite(code) else -1
            if 0 <= whole < op.depth:
                place[int(whole)] = 1
            else:
                place[:] = np.nan
        total = np.sum(columns, axis=0)
        if op.mode == "multi_hot":
            total = np.minimum(total, 1)
        rows.append(columns.ravel() if op.mode == "one_hot" else total)
    return np.stack(rows), ()


def batch_normalization(op, inputs, parameters, state, mode):
    (x,), given = inputs, list(parameters)
    mean, variance = state[:2]
    gain = 1.0
    if mode.training and not op.frozen:
        batch = batch_statistics(op, x, mode)
        mean, variance, gain = batch.mean, batch.variance, float(batch.rows > 0)
        if batch.rows:
            state = moved_averages(op, state, batch.averages)
    gamma = given.pop(0) if op.scale else 1.0
    beta = given.pop(0) if op.center else 0.0
    return gain * (x - mean) / np.sqrt(variance + op.epsilon) * gamma + beta, state


@dataclass(frozen=True)
class BatchStatistics:
    """What a batch is normalized by.

    Attributes:
        mean, variance: ``(rows, width)``, of the chunk that each row goes with.
        averages: mean and variance, ``(width,)``, that the moving averages are fed.
        rows: how many take part.
    """

    mean: Array
    variance: Array
    averages: tuple[Array, Array]
    rows: int


def batch_statistics(op: Op, x: Array, mode: Mode) -> BatchStatistics:
    weight = np.ones(len(x))
    for factor in (mode.mask, mode.weight if op.weighted else None):
        weight = weight if factor is None else weight * np.asarray(factor, np.float64)
    taking = np.flatnonzero(weight)
    size, n = op.virtual_batch_size, len(taking)
    count = 1 if size is None else max(1, min(-(-n // size), n // 2))
    mean, variance = np.zeros_like(x), np.zeros_like(x)
    averages = np.zeros((2, x.shape[1]))
    begin = 0
    for number, chunk in enumerate(np.array_split(taking, count) if n else []):
        end = len(x) if number == count - 1 else chunk[-1] + 1
        share = weight[chunk, None] / np.sum(weight[chunk])
        mean[begin:end] = np.sum(share * x[chunk], axis=0)
        variance[begin:end] = np.sum(share * np.square(x[chunk] - mean[begin]), axis=0)
        part = np.sum(weight[chunk]) / np.sum(weight)
        averages += part * np.stack([mean[begin], variance[begin]])
        begin = end
    return BatchStatistics(mean, variance, (averages[0], averages[1]), n)


def moved_averages(op: Op, state: Sequence[Array], batch: Sequence[Array]) -> tuple[Array, ...]:
    added = 1 - op.momentum
    if op.debias:  # 1 + m + ... + m^(t - 1), for the t that are no whole numbers too
        t = state[2] + 1
        added = 1 / t if op.momentum == 1 else added / (1 - op.momentum**t)
    moved = [(1 - added) * old + added * new for old, new in zip(state, batch, strict=False)]
    return (*moved, state[2] + 1) if op.debias else tuple(moved)


def call(op, inputs, parameters, state, mode):
    """The function that the op's examples hold."""
    (x,), (kernel, shift), (moving,) = inputs, parameters, state
    product = x @ kernel + shift
    if mode.training:
        state = (0.5 * moving + 0.5 * np.mean(product, axis=0),)
    return np.tanh(product - moving), state


def dropout(op, inputs, parameters, state, mode):
    shared = {"share_rows": op.share_rows, "share_columns": op.share_columns}
    return (_alpha_dropped if op.for_selu else _dropped)(op, inputs[0], mode, **shared), ()


def gaussian_noise(op, inputs, parameters, state, mode):
    (x,) = inputs
    if not mode.training:
        return x, ()
    seed = mode.seed if op.seed is None else op.seed
    z = normals(x.shape, seed=seed, stream=op.stream, step=mode.step)
    if op.multiplies:
        return x * (1 + np.sqrt(op.rate / (1 - op.rate)) * z), ()
    return x + op.rate * z, ()


def drop_connect(op, inputs, parameters, state, mode):
    return inputs[0] @ _dropped(op, parameters[0], mode), ()


def embedding(op, inputs, parameters, state, mode):
    (x,), passing = inputs, inputs[0].shape[1] - len(op.tables)
    rows = []
    for row in x:
        parts = [row[:passing]]
        for code, table in zip(row[passing:], op.tables, strict=True):
            whole = np.trunc(code) if np.isfinite(code) else -1
            inside = 0 <= whole < op.sizes[table]
            nowhere = np.full(op.dims[table], np.nan)
            parts.append(parameters[table][int(whole)] if inside else nowhere)
        rows.append(np.concatenate(parts))
    return np.stack(rows), ()


def piecewise_linear(op, inputs, parameters, state, mode):
    (x,), (table,), columns = inputs, parameters, list(op.columns)
    edges = state[0].reshape(len(columns), op.knots)
    tables = table.reshape(len(columns), op.knots + 1, op.dim)
    if op.increments:
        tables = np.concatenate([np.cumsum(tables[:, :-1], axis=1), tables[:, -1:]], axis=1)
    rows = []
    for row in x:
        vectors = []
        for edge, own, cell in zip(edges, tables, row[columns], strict=True):
            if np.isnan(cell):
                vectors.append(own[-1])
                continue
            held = np.clip(cell, -3e38, 3e38)
            b = int(np.sum(edge[1:-1] <= held))
            width = edge[b + 1] - edge[b]
            t = np.clip((held - edge[b]) / width, 0, 1) if width > 0 else 0.0
            vectors.append(own[b] + t * (own[b + 1] - own[b]))
        passing = row.copy()
        passing[columns] = np.where(np.isnan(row[columns]), 0, row[columns])
        if not op.linear:
            passing = np.delete(row, columns)
        rows.append(np.concatenate([passing, *vectors]))
    return np.stack(rows), state


def periodic(op, inputs, parameters, state, mode):
    (x,), (w, *phases, kernel, bias, missing) = inputs, parameters
    kernels = kernel.reshape(len(op.columns), op.waves, op.dim)
    rows = []
    for row in x:
        vectors = []
        for c, column in enumerate(op.columns):
            with np.errstate(invalid="ignore"):
                angle = 2 * np.pi * (w[c] * row[column] + (phases[0][c] if phases else 0.0))
                waves = [np.cos(angle), *([np.sin(angle)] if op.pairs else [])]
                vector = np.concatenate(waves) @ kernels[c] + bias[c]
            vector = missing[c] if np.isnan(row[column]) else vector
            vectors.append(np.where(vector <= 0, 0, vector) if op.relu else vector)
        passing = row.copy()
        columns = list(op.columns)
        passing[columns] = np.where(np.isnan(row[columns]), 0, row[columns])
        if not op.linear:
            passing = np.delete(row, columns)
        rows.append(np.concatenate([passing, *vectors]))
    return np.stack(rows), state


def _dropped(op: Op, x: Array, mode: Mode, **shared: bool) -> Array:
    if not mode.training:
        return x
    seed = mode.seed if op.seed is None else op.seed
    mask = keep_mask(x.shape, op.rate, seed=seed, stream=op.stream, step=mode.step, **shared)
    scale = 0.0 if op.rate == 1 else 1 / (1 - op.rate)
    return np.where(mask, x * scale, 0.0)


def _alpha_dropped(op: Op, x: Array, mode: Mode, **shared: bool) -> Array:
    if not mode.training:
        return x
    seed = mode.seed if op.seed is None else op.seed
    mask = keep_mask(x.shape, op.rate, seed=seed, stream=op.stream, step=mode.step, **shared)
    rate, end = round(op.rate * 65536) / 65536, -1.0507009873554805 * 1.6732632423543772
    a = 0.0 if rate == 1 else ((1 - rate) * (1 + rate * end**2)) ** -0.5
    return a * np.where(mask, x, end) - a * end * rate


OPS: dict[str, Forward] = {
    "activation": activation,
    "activity_penalty": activity_penalty,
    "add": add,
    "affine": affine,
    "average": average,
    "batch_normalization": batch_normalization,
    "bias": bias,
    "call": call,
    "category_encoding": category_encoding,
    "concatenate": concatenate,
    "discretization": discretization,
    "drop_connect": drop_connect,
    "dropout": dropout,
    "embedding": embedding,
    "gaussian_noise": gaussian_noise,
    "glu": glu,
    "heads": heads,
    "increasing": increasing,
    "layer_normalization": layer_normalization,
    "matmul": matmul,
    "maximum": maximum,
    "minimum": minimum,
    "multiply": multiply,
    "normalization": normalization,
    "periodic": periodic,
    "piecewise_linear": piecewise_linear,
    "prelu": prelu,
    "rescaling": rescaling,
    "scale": scale,
    "select": select,
    "softmax": softmax,
    "spread": spread,
    "subtract": subtract,
    "sum_columns": sum_columns,
}


#: Activations that add a number to their input.
MOVED = ("hard_sigmoid", "hard_silu", "soft_shrink", "sparse_plus", "sparse_sigmoid")


def terms(op: Op, inputs: Sequence[Array], parameters: Sequence[Array], state, mode: Mode) -> Array:
    """Size of what is added up in each element: float32 rounds relative to this."""
    value, _ = OPS[op.kind](op, inputs, parameters, state, mode)
    if op.kind in ("matmul", "heads", "affine"):
        sizes = [np.abs(inputs[0])], [np.abs(parameter) for parameter in parameters]
        return OPS[op.kind](op, *sizes, state, mode)[0]
    if op.kind == "average":
        each = members_of(inputs[0], op.members)
        return np.mean(np.abs(each), axis=0) + (op.of != "numbers") * (1 + np.max(np.abs(each)))
    if op.kind == "drop_connect":
        return np.abs(inputs[0]) @ np.abs(_dropped(op, parameters[0], mode))
    if op.kind == "call":
        return np.abs(inputs[0]) @ np.abs(parameters[0]) + np.abs(parameters[1]) + np.abs(state[0])
    if op.kind == "piecewise_linear":  # differences of rows of the table, times a share in 0..1
        own = np.abs(parameters[0]).reshape(len(op.columns), op.knots + 1, op.dim)
        own = own.cumsum(axis=1) if op.increments else own
        passing = value.shape[1] - len(op.columns) * op.dim
        vectors = np.broadcast_to(own.max(axis=1).ravel(), (len(value), len(op.columns) * op.dim))
        return np.concatenate([np.abs(value[:, :passing]), 3 * vectors], axis=1)
    if op.kind == "periodic":  # an angle is rounded relative to its turns
        w, *phases, kernel, bias, _ = (np.abs(each) for each in parameters)
        kernels = kernel.reshape(len(op.columns), -1, op.frequencies, op.dim).sum(axis=1)
        cells = np.abs(np.nan_to_num(inputs[0][:, list(op.columns)]))[:, :, None]
        turns = cells * w + (phases[0] if phases else 0.0)
        sums = np.einsum("icf,cfd->icd", 1 + 2 * np.pi * turns, kernels) + bias
        passing = value.shape[1] - len(op.columns) * op.dim
        parts = [np.abs(value[:, :passing]), sums.reshape(len(value), -1)]
        return np.maximum(np.concatenate(parts, axis=1), np.abs(np.nan_to_num(value)))
    if op.kind == "increasing":
        each = np.abs(inputs[0]).reshape(len(value), -1, op.group)
        steps = np.concatenate([each[:, :, :1], np.logaddexp(0, each[:, :, 1:])], axis=2)
        return np.cumsum(steps, axis=2).reshape(value.shape)
    if op.kind == "bias":
        return np.abs(inputs[0]) + np.abs(parameters[0])
    if op.kind == "scale":
        return np.abs(op.factor * inputs[0]) + abs(op.offset)
    if op.kind == "sum_columns":
        return np.abs(inputs[0]).sum(axis=1, keepdims=True)
    if op.kind in ("add", "subtract"):
        return np.abs(inputs[0]) + np.abs(inputs[1])
    if op.kind == "softmax":  # exp multiplies the rounding of its argument
        each = members_of(inputs[0], op.members)
        spread = np.concatenate([np.max(x, axis=1, keepdims=True) - x for x in each], axis=1)
        return (value if op.function == "softmax" else 1.0) * (1 + spread)
    if op.kind == "layer_normalization":
        x = inputs[0]
        mean = np.mean(np.abs(x), axis=1, keepdims=True) if op.by == "deviation" else 0.0
        gamma = np.abs(parameters[0]) if op.scale else 1.0
        beta = np.abs(parameters[-1]) if op.center else 0.0
        return (np.abs(x) + mean) / row_sizes(op, x) * gamma + beta
    if op.kind == "gaussian_noise":
        return np.abs(inputs[0]) * (4 if op.multiplies else 1) + op.rate * 4
    if op.kind == "dropout" and op.for_selu:
        return 2 * np.abs(inputs[0]) + 4
    if op.kind == "rescaling":
        return np.abs(inputs[0] * np.array(op.scale)) + np.abs(np.array(op.offset))
    if op.kind == "normalization":
        return np.abs(value) + 2 * np.abs(value - OPS[op.kind](op, [0.0], [], state, mode)[0])
    if op.kind == "activation" and op.function in ("gelu", "gelu_tanh", "tanh_shrink"):
        return np.abs(inputs[0])
    if op.kind == "activation" and op.function in MOVED:
        return np.abs(inputs[0]) + 1
    if op.kind == "activation" and op.function == "relu" and op.negative_slope:
        return np.abs(inputs[0]) + abs(op.threshold)
    if op.kind == "batch_normalization":
        x, mean, variance = inputs[0], *state[:2]
        if mode.training and not op.frozen:
            batch = batch_statistics(op, x, mode)
            mean, variance = batch.mean, batch.variance
        gain = batch_gain(op, parameters, variance)
        beta = np.abs(parameters[-1]) if op.center else 0.0
        return (np.max(np.abs(x), axis=0) + np.abs(mean)) * gain + beta
    return np.abs(value)


def batch_gain(op: Op, parameters: Sequence[Array], variance: Array) -> Array:
    """What batch normalization multiplies its input by."""
    return (np.abs(parameters[0]) if op.scale else 1.0) / np.sqrt(variance + op.epsilon)


# -- whole programs -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Oracles:
    """The tables in use; the tests of the tests swap one row."""

    ops: dict[str, Forward] = field(default_factory=lambda: OPS)
    losses: dict[str, Callable[[LossOp, Array, Array], Array]] = field(
        default_factory=lambda: LOSSES
    )

    def run(
        self, program: Program, parameters: ArrayLike, state: ArrayLike, x: ArrayLike, mode: Mode
    ) -> tuple[list[Array], Array]:
        """All values and the moved state vector."""
        vector = np.asarray(parameters, np.float64)
        moved = np.array(state, np.float64)
        values = [np.asarray(x, np.float64)]
        for op in program.ops:
            given, held = self.operands(program, op, vector, moved)
            with np.errstate(invalid="ignore", over="ignore"):
                value, new = self.ops[op.kind](
                    op, [values[i] for i in op.inputs], given, held, mode
                )
            for i, statistic in zip(op.state, new, strict=bool(new)):
                moved[program.state[i].place] = np.reshape(statistic, -1)
            values.append(value)
        return values, moved

    @staticmethod
    def operands(
        program: Program, op: Op, parameters: Array, state: Array
    ) -> tuple[list[Array], list[Array]]:
        """The op's parameters and state as arrays."""
        slots = [program.parameters[i] for i in op.parameters]
        held = [program.state[i] for i in op.state]
        return (
            [parameters[slot.place].reshape(slot.shape) for slot in slots],
            [state[slot.place].reshape(slot.shape).copy() for slot in held],
        )

    def row_losses(
        self, program: Program, prediction: Array, y: ArrayLike, weight: ArrayLike | None
    ) -> Array:
        """Weighted losses of the rows."""
        target = np.asarray(y, np.float64)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            losses = self.losses[program.loss.loss](program.loss, target, prediction)
        return losses if weight is None else losses * np.asarray(weight, np.float64)

    def loss(
        self,
        program: Program,
        parameters: ArrayLike,
        state: ArrayLike,
        x: ArrayLike,
        y: ArrayLike,
        weight: ArrayLike | None = None,
        mode: Mode = Mode(),
    ) -> float:
        """Loss of one batch, penalties included."""
        values, _ = self.run(program, parameters, state, x, mode)
        losses = self.row_losses(program, values[program.output], y, weight)
        losses = losses + row_penalties(program, values)
        return float(np.sum(losses)) / len(losses) + penalty(program, parameters)


def row_penalties(program: Program, values: Sequence[Array]) -> Array:
    """What values add to the loss of each row."""
    total = np.zeros(len(values[0]))
    for op in program.ops:
        if op.kind == "activity_penalty":
            x = values[op.inputs[0]]
            total += np.sum(op.l1 * np.abs(x) + op.l2 * np.square(x), axis=1)
    return total


def penalty(program: Program, parameters: ArrayLike) -> float:
    """``sum l1 |w| + l2 w^2`` over trainable parameters."""
    vector = np.asarray(parameters, np.float64)
    return sum(
        slot.l1 * float(np.sum(np.abs(vector[slot.place])))
        + slot.l2 * float(np.sum(np.square(vector[slot.place])))
        for slot in program.parameters
        if slot.trainable
    )


# -- derivatives ----------------------------------------------------------------------------------


def derivative(f: Callable[[float], ArrayLike], h: float = 1e-4) -> Array:
    """``f'(0)`` by five-point central differences (error of order h^4)."""
    near = np.asarray(f(h)) - np.asarray(f(-h))
    far = np.asarray(f(2 * h)) - np.asarray(f(-2 * h))
    return (8 * near - far) / (12 * h)
