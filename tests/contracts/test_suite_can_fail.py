"""The contract suite, turned on itself: every formula broken on purpose must be noticed.

Two kinds of damage. The *engine* lies about one number of what it returns; and the *oracle* holds a
plausible wrong formula, the mistakes people make. Either way the comparison has to fail; a check
that passes here protects nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.contracts import oracles, test_registry
from tests.contracts.checks import (
    case_rows,
    check_forward,
    check_gradients,
    expected_forward,
    expected_gradients,
)
from tests.contracts.loss_oracles import loss_ops
from tests.contracts.oracles import LOSSES, OPS, RULES, Forward, Mode, Oracles
from tests.contracts.test_losses import check_loss, expected_losses, loss_program, loss_rows
from tests.contracts.test_ops import examples
from tests.contracts.test_rules import SETTINGS, check_step, optimizer_program, random_state
from tests.support.engines import ENGINES, engine
from tests.support.programs import draw_rows, initial_state, op_program
from trimtab.engines import Engine
from trimtab.program import ops
from trimtab.program.ops import Example, LossOp, OptimizerOp

Damage = Callable[[Any], None]


def one_element(array: Any) -> None:
    """Moves the largest element by a thousandth (and by as much where all are 0)."""
    flat = array.reshape(-1)
    flat[np.argmax(np.abs(flat))] += 1e-3 * (np.abs(flat).max() + 1)


def nan_hidden(array: Any) -> None:
    array.reshape(-1)[0] = np.nan


class Liar:
    """An engine that damages one of the things it returns."""

    def __init__(self, engine: Engine, what: str, damage: Damage) -> None:
        self._engine, self._what, self._damage = engine, what, damage
        self.name, self.program = engine.name, engine.program

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def forward(self, *args: Any, **options: Any) -> Any:
        result = self._engine.forward(*args, **options)
        if self._what == "forward":
            self._damage(result)
        return result

    def probe(self, *args: Any, **options: Any) -> Any:
        probe = self._engine.probe(*args, **options)
        if self._what == "gradients":
            self._damage(probe.gradients)
        elif self._what == "input gradient":
            self._damage(probe.value_gradients[0])
        elif self._what == "output gradient":
            self._damage(probe.value_gradients[self.program.output])
        elif self._what == "loss":
            return dataclasses.replace(probe, loss=probe.loss * (1 + 1e-4) + 1e-3)
        return probe

    def dump(self) -> Any:
        state = self._engine.dump()
        if self._what in ("parameters", "state", "slots"):
            self._damage(getattr(state, self._what))
        return state


def cases() -> list[Any]:
    """The first and a middling example of every op."""
    found = []
    for kind, op in ops.OPS.items():
        examples = op.examples()
        numbers = sorted({0, len(examples) // 2, len(examples) - 1})
        found += [pytest.param(op, examples[i], id=f"{kind}-{i}") for i in numbers]
    return found


@pytest.mark.parametrize(("op", "example"), cases())
def test_an_engine_that_lies_about_an_op_is_caught(op: Any, example: Example) -> None:
    program = op_program(op, example)
    state = initial_state(program)
    rows = case_rows(program, 9)
    honest = engine("native" if op.native else "jax", program)
    mode = Mode(example.training[-1], 7, 2)
    forward = expected_forward(program, state, rows.x, mode, Oracles())
    gradients = expected_gradients(program, state, rows, mode, Oracles())
    check_forward(honest, forward)
    check_gradients(honest, gradients)
    lies = ["forward", *(["state"] if program.state else [])]
    for what in lies:
        for damage in (one_element, nan_hidden):
            with pytest.raises(AssertionError):
                check_forward(Liar(honest, what, damage), forward)
    lies = ["input gradient", "loss", *(["gradients"] if program.trainable_count else [])]
    for what in lies:
        for damage in (one_element, nan_hidden):
            with pytest.raises(AssertionError):
                check_gradients(Liar(honest, what, damage), gradients)


# -- wrong formulas -------------------------------------------------------------------------------


def scaled(forward: Forward, factor: float) -> Forward:
    """The value a little too large."""

    def wrong(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
        value, moved = forward(op, inputs, parameters, state, mode)
        return value * factor, moved

    return wrong


def with_op(**changes: Any) -> Forward:
    """The op computed as if it had other attributes."""

    def wrong(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
        return OPS[op.kind](dataclasses.replace(op, **changes), inputs, parameters, state, mode)

    return wrong


def with_mode(change: Callable[[Mode], Mode]) -> Forward:
    """The op computed as if the batch ran in another mode."""

    def wrong(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
        return OPS[op.kind](op, inputs, parameters, state, change(mode))

    return wrong


def transposed(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    return inputs[0] @ parameters[0].T, ()


def unbiased_variance(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    value, moved = OPS[op.kind](op, inputs, parameters, state, mode)
    n = len(inputs[0])
    right = state[1] * op.momentum
    return value, (moved[0], right + (moved[1] - right) * n / (n - 1))


def epsilon_outside(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    x = inputs[0]
    deviation = np.sqrt(np.var(x, axis=0)) + op.epsilon
    return (x - np.mean(x, axis=0)) / deviation * parameters[0] + parameters[1], (
        OPS[op.kind](op, inputs, parameters, state, mode)[1]
    )


def frozen_statistics(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    return OPS[op.kind](op, inputs, parameters, state, mode)[0], state


def averages_with_their_start(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    value, moved = with_op(debias=False)(op, inputs, parameters, state[:2], mode)
    return value, (*moved, state[2] + 1)


def count_that_stands_still(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    value, moved = OPS[op.kind](op, inputs, parameters, state, mode)
    return value, (*moved[:2], state[2])


def longer_chunks_last(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    value, moved = OPS[op.kind](op, [inputs[0][::-1]], parameters, state, mode)
    return value[::-1], moved


def unscaled_dropout(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    value, _ = OPS[op.kind](op, inputs, parameters, state, mode)
    return value * (1 - op.rate), ()


def rounded_codes(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    x = inputs[0].copy()
    codes = slice(x.shape[1] - len(op.tables), None)
    # The examples' codes stand a little above whole numbers.
    x[:, codes] = np.ceil(x[:, codes]) % np.array([op.sizes[table] for table in op.tables])
    return OPS[op.kind](op, [x], parameters, state, mode)


def codes_first(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    value, _ = OPS[op.kind](op, inputs, parameters, state, mode)
    return np.roll(value, len(op.tables) - inputs[0].shape[1], axis=1), ()


def softmax_of_columns(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    value, _ = OPS[op.kind](op, [inputs[0].T], parameters, state, mode)
    return value.T, ()


def halves_exchanged(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    half = inputs[0].shape[1] // 2
    return OPS[op.kind](op, [np.roll(inputs[0], half, axis=1)], parameters, state, mode)


def slope_on_the_other_side(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    return -OPS[op.kind](op, [-inputs[0]], parameters, state, mode)[0], ()


def standard_for_variance(op: Any, inputs: Any, parameters: Any, state: Any, mode: Mode) -> Any:
    moved = [state[0], state[1] ** 2, state[2]]
    return OPS[op.kind](op, inputs, parameters, moved, mode)[0], state


def other_function(function: str) -> Forward:
    return with_op(function=function)


NEAR = {
    "relu": "elu",
    "tanh": "sigmoid",
    "sigmoid": "tanh",
    "elu": "relu",
    "selu": "elu",
    "gelu": "gelu_tanh",
    "gelu_tanh": "gelu",
    "silu": "gelu",
    "softplus": "relu",
    "celu": "elu",
    "exponential": "softplus",
    "hard_shrink": "soft_shrink",
    "hard_sigmoid": "sigmoid",
    "hard_silu": "silu",
    "hard_tanh": "tanh",
    "log_sigmoid": "softplus",
    "mish": "silu",
    "soft_shrink": "hard_shrink",
    "softsign": "tanh",
    "sparse_plus": "squareplus",
    "sparse_sigmoid": "hard_sigmoid",
    "squareplus": "softplus",
    "tanh_shrink": "soft_shrink",
    "threshold": "relu",
}

#: Settings with which the two differ.
SETTINGS_OF = {
    "celu": {"alpha": 0.3},
    "hard_shrink": {"threshold": 0.5},
    "soft_shrink": {"threshold": 0.75},
    "threshold": {"threshold": -0.5, "default_value": 0.25},
}

WRONG_OPS: list[Any] = [
    *(
        pytest.param(
            "activation",
            {"function": name, **SETTINGS_OF.get(name, {})},
            other_function(near),
            id=f"{name} as {near}",
        )
        for name, near in NEAR.items()
    ),
    pytest.param("activation", {"function": "elu", "alpha": 0.3}, with_op(alpha=1.0), id="alpha"),
    pytest.param(
        "activation",
        {"function": "relu", "negative_slope": 0.2},
        with_op(negative_slope=0.0),
        id="negative_slope",
    ),
    pytest.param(
        "activation", {"function": "relu", "max_value": 1.5}, with_op(max_value=np.inf), id="max"
    ),
    pytest.param("matmul", {}, transposed, id="kernel transposed"),
    pytest.param("embedding", {}, rounded_codes, id="codes rounded up"),
    pytest.param("embedding", {}, codes_first, id="vectors in front"),
    pytest.param("embedding", {}, with_op(tables=(1, 0)), id="another column's table"),
    pytest.param("call", {}, frozen_statistics, id="state of a function that does not move"),
    pytest.param("softmax", {}, softmax_of_columns, id="softmax of columns"),
    pytest.param(
        "softmax", {"function": "log_softmax"}, other_function("softmax"), id="no logarithm"
    ),
    pytest.param(
        "softmax", {"function": "sparsemax"}, other_function("softmax"), id="none of it 0"
    ),
    pytest.param("glu", {}, halves_exchanged, id="halves exchanged"),
    pytest.param("prelu", {}, slope_on_the_other_side, id="slope above 0"),
    pytest.param(
        "layer_normalization",
        {"by": "deviation", "epsilon": 1e-3, "scale": True, "center": True},
        with_op(by="root_mean_square"),
        id="mean left in",
    ),
    pytest.param(
        "layer_normalization",
        {"by": "length", "epsilon": 1e-12},
        with_op(by="root_mean_square"),
        id="mean for the sum",
    ),
    pytest.param(
        "layer_normalization",
        {"by": "deviation", "epsilon": 0.5, "center": True},
        with_op(epsilon=0.4),
        id="another epsilon of rows",
    ),
    pytest.param(
        "gaussian_noise", {"rate": 0.3, "multiplies": True}, with_op(stream=4), id="other noise"
    ),
    pytest.param(
        "gaussian_noise",
        {"rate": 0.3, "multiplies": True},
        with_op(multiplies=False),
        id="noise added",
    ),
    pytest.param(
        "gaussian_noise",
        {"rate": 0.3, "multiplies": False},
        with_mode(lambda mode: dataclasses.replace(mode, step=mode.step + 1)),
        id="the noise of the next step",
    ),
    pytest.param("dropout", {"rate": 0.3, "for_selu": True}, with_op(for_selu=False), id="to 0"),
    pytest.param("normalization", {"invert": False}, with_op(invert=True), id="inverted"),
    pytest.param("normalization", {"invert": True}, standard_for_variance, id="no root"),
    pytest.param(
        "discretization",
        {"boundaries": (-1.0, 0.0, 1.25)},
        with_op(boundaries=(-1.0, 0.25, 1.25)),
        id="another boundary",
    ),
    pytest.param(
        "category_encoding", {"mode": "count", "depth": 19}, with_op(mode="multi_hot"), id="once"
    ),
    pytest.param("batch_normalization", {}, unbiased_variance, id="unbiased variance"),
    pytest.param("batch_normalization", {}, epsilon_outside, id="epsilon outside the root"),
    pytest.param("batch_normalization", {}, frozen_statistics, id="statistics that do not move"),
    pytest.param("batch_normalization", {}, with_op(momentum=0.1), id="momentum the other way"),
    pytest.param("batch_normalization", {}, with_op(epsilon=1e-5), id="another epsilon"),
    pytest.param(
        "batch_normalization",
        {},
        with_mode(lambda mode: dataclasses.replace(mode, training=False)),
        id="moving statistics in training",
    ),
    pytest.param("drop_connect", {"rate": 0.5}, unscaled_dropout, id="kept weights not scaled"),
    pytest.param("drop_connect", {"rate": 0.5}, with_op(stream=4), id="another kernel's mask"),
    pytest.param(
        "drop_connect",
        {"rate": 0.5},
        with_mode(lambda mode: dataclasses.replace(mode, training=False)),
        id="no mask in training",
    ),
    pytest.param(
        "batch_normalization", {"debias": True}, averages_with_their_start, id="not debiased"
    ),
    pytest.param(
        "batch_normalization", {"debias": True}, count_that_stands_still, id="count stands still"
    ),
    pytest.param(
        "batch_normalization",
        {"virtual_batch_size": 2},
        with_op(virtual_batch_size=3),
        id="longer chunks",
    ),
    pytest.param(
        "batch_normalization", {"virtual_batch_size": 2}, longer_chunks_last, id="long chunks last"
    ),
    pytest.param("dropout", {"rate": 0.5}, unscaled_dropout, id="survivors not scaled"),
    pytest.param("dropout", {"rate": 0.5}, with_op(rate=0.499), id="rate slightly off"),
    pytest.param("dropout", {"rate": 0.5}, with_op(stream=4), id="another stream"),
    pytest.param("dropout", {"rate": 0.5}, with_op(share_rows=True), id="one mask for all rows"),
    pytest.param(
        "dropout",
        {"rate": 0.5},
        with_mode(lambda mode: dataclasses.replace(mode, step=mode.step + 1)),
        id="the mask of the next step",
    ),
    pytest.param(
        "dropout",
        {"rate": 0.5},
        with_mode(lambda mode: dataclasses.replace(mode, seed=mode.seed & 0xFFFFFFFF)),
        id="half of the seed",
    ),
    *(pytest.param(kind, {}, scaled(forward, 1.0001), id=f"{kind} scaled")
      for kind, forward in OPS.items() if kind not in ("activation", "category_encoding")),
]  # fmt: skip


def example_of(kind: str, attributes: dict[str, Any]) -> Example:
    """A square example of the op with these attributes."""
    for example in ops.OPS[kind].examples():
        same = all(example.attributes.get(key) == value for key, value in attributes.items())
        if same and min(example.widths) >= 5 and len(set(sum(example.parameters, ()))) <= 1:
            return dataclasses.replace(example, attributes={**example.attributes, **attributes})
    if not attributes and ops.OPS[kind].examples()[0].parameters:  # none is square: the widest
        return max(ops.OPS[kind].examples(), key=lambda example: min(example.widths))
    if kind == "spread":  # it reads one column
        return Example(widths=(1,), attributes={"count": 8})
    return Example(widths=(8,), attributes=attributes)


@pytest.mark.parametrize(("kind", "attributes", "wrong"), WRONG_OPS)
def test_a_wrong_formula_of_an_op_is_caught(
    kind: str, attributes: dict[str, Any], wrong: Forward
) -> None:
    program = op_program(ops.OPS[kind], example_of(kind, attributes))
    state = initial_state(program)
    rows = case_rows(program, 17)
    made = engine("native" if program.native else "jax", program)
    mode = Mode(True, 2**40 + 7, 2)
    check_forward(made, expected_forward(program, state, rows.x, mode, Oracles()))
    damaged = expected_forward(program, state, rows.x, mode, Oracles(ops={**OPS, kind: wrong}))
    with pytest.raises(AssertionError):
        check_forward(made, damaged)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    "wrong", [with_op(weighted=False), with_op(virtual_batch_size=4)], ids=["not weighted", "cut"]
)
def test_a_wrong_weighted_statistic_is_caught(name: str, wrong: Forward) -> None:
    example = example_of("batch_normalization", {"virtual_batch_size": 3, "weighted": True})
    program = op_program(ops.BatchNormalization, example)
    state, rows = initial_state(program), case_rows(program, 17)
    assert rows.weight is not None and 0 < np.mean(rows.weight == 0) < 1
    made = engine(name, program)
    mode = Mode(True, 7, 2)
    check_gradients(made, expected_gradients(program, state, rows, mode, Oracles()))
    damaged = Oracles(ops={**OPS, "batch_normalization": wrong})
    expected = expected_gradients(program, state, rows, mode, damaged)
    with pytest.raises(AssertionError):
        check_gradients(made, expected)


def test_every_op_has_a_wrong_formula() -> None:
    assert {case.values[0] for case in WRONG_OPS} == OPS.keys()
    functions = {case.values[1].get("function") for case in WRONG_OPS} - {None}
    assert functions == {*ops.activation.FUNCTIONS, "log_softmax", "sparsemax"}


def test_a_wrong_derivative_is_caught() -> None:
    """Right values, wrong slope: what central differences are there for."""
    for kind in (
        "activation",
        "softmax",
        "batch_normalization",
        "matmul",
        "drop_connect",
        "bias",
        "dropout",
        "embedding",
    ):
        example = example_of(kind, {"function": "tanh"} if kind == "activation" else {})
        if kind in ("drop_connect", "dropout"):
            example = example_of(kind, {"rate": 0.5})
        program = op_program(ops.OPS[kind], example)
        state = initial_state(program)
        rows = case_rows(program, 9)
        start = rows.x.astype(float)

        def steeper(op: Any, inputs: Any, *rest: Any, start: Any = start) -> Any:
            moved = start + (inputs[0] - start) * 1.01  # the same at the start itself
            return OPS[op.kind](op, [moved, *inputs[1:]], *rest)

        made = engine("native", program)
        wrong = Oracles(ops={**OPS, kind: steeper})
        mode = Mode(True, 3, 2)
        check_forward(made, expected_forward(program, state, rows.x, mode, wrong))
        expected = expected_gradients(program, state, rows, mode, wrong)
        with pytest.raises(AssertionError, match="d input"):
            check_gradients(made, expected)


def loss_variants() -> list[Any]:
    found = []
    for loss, right in LOSSES.items():
        wrong: dict[str, Any] = {
            "scaled": lambda op, t, p, f=right: f(op, t, p) * 1.0001,
            "summed": lambda op, t, p, f=right: f(op, t, p) * p.shape[1],
            "first row only": lambda op, t, p, f=right: np.full(len(p), f(op, t, p)[0]),
        }
        if "crossentropy" in loss:
            wrong["no label smoothing"] = lambda op, t, p, f=right: f(
                dataclasses.replace(op, label_smoothing=0.0), t, p
            )
        if LossOp(loss=loss).sparse:
            wrong["next class"] = lambda op, t, p, f=right: f(op, (t + 1) % p.shape[1], p)
        found += [pytest.param(loss, f, id=f"{loss} {name}") for name, f in wrong.items()]
    return found


@pytest.mark.parametrize(("loss", "wrong"), loss_variants())
def test_a_wrong_loss_is_caught(loss: str, wrong: Any) -> None:
    op = loss_ops(loss)[-1]
    outputs = 3 * op.outputs_per_target
    program = loss_program(op, outputs)
    rows = loss_rows(op, 17, outputs, "some")
    made = engine("native", program)
    check_loss(made, rows, expected_losses(program, rows))
    with pytest.raises(AssertionError):
        check_loss(
            made, rows, expected_losses(program, rows, Oracles(losses={**LOSSES, loss: wrong}))
        )
    for what in ("loss", "output gradient", "gradients"):
        with pytest.raises(AssertionError):
            check_loss(Liar(made, what, one_element), rows, expected_losses(program, rows))


def not_clipped(program: Any, gradient: Any) -> Any:
    return np.asarray(gradient)


def clipped_all_together(program: Any, gradient: Any) -> Any:
    norm = np.sqrt(np.sum(np.square(gradient)))
    return gradient * program.optimizer.clipnorm / max(norm, program.optimizer.clipnorm)


def no_bias_correction(op: Any, w: Any, g: Any, slots: Any, lr: float, t: int) -> Any:
    _, (m, v) = RULES["adam"](op, w, g, slots, lr, t)
    return w - lr * m / (np.sqrt(v) + op.epsilon), [m, v]


def epsilon_inside(op: Any, w: Any, g: Any, slots: Any, lr: float, t: int) -> Any:
    moved, (m, v) = RULES["adam"](op, w, g, slots, lr, t)
    return w + (moved - w) * (np.sqrt(v) + op.epsilon) / np.sqrt(v + op.epsilon), [m, v]


def rule(change: Callable[[OptimizerOp, float, int], tuple[OptimizerOp, float, int]]) -> Any:
    """The rule with other settings, learning rate or step."""

    def wrong(op: OptimizerOp, w: Any, g: Any, slots: Any, lr: float, t: int) -> Any:
        op, lr, t = change(op, lr, t)
        return RULES[op.rule](op, w, g, slots, lr, t)

    return wrong


def faster(op: OptimizerOp, lr: float, t: int) -> Any:
    return op, lr * 1.0001, t


def upwards(op: OptimizerOp, lr: float, t: int) -> Any:
    return op, -lr, t


def one_step_ahead(op: OptimizerOp, lr: float, t: int) -> Any:
    return op, lr, t + 1


def other_nesterov(op: OptimizerOp, lr: float, t: int) -> Any:
    return dataclasses.replace(op, nesterov=not op.nesterov), lr, t


def other_rho(op: OptimizerOp, lr: float, t: int) -> Any:
    return dataclasses.replace(op, rho=op.rho + 1e-4), lr, t


def betas_swapped(op: OptimizerOp, lr: float, t: int) -> Any:
    return dataclasses.replace(op, beta_1=op.beta_2, beta_2=op.beta_1), lr, t


#: (rule, settings, the wrong function, which it replaces)
WRONG_RULES: list[tuple[str, dict[str, Any], Any, str]] = [
    *((name, {}, rule(faster), "rule") for name in RULES),
    *((name, {}, rule(upwards), "rule") for name in RULES),
    ("sgd_momentum", {}, rule(other_nesterov), "rule"),
    ("adam", {}, no_bias_correction, "rule"),
    ("adam", {"epsilon": 1e-3}, epsilon_inside, "rule"),
    ("adam", {}, rule(one_step_ahead), "rule"),
    ("adam", {}, rule(betas_swapped), "rule"),
    *((name, {}, rule(one_step_ahead), "rule") for name in ("adamax", "amsgrad", "nadam")),
    *((name, {}, rule(betas_swapped), "rule") for name in ("adamax", "lion", "nadam")),
    *((name, {}, rule(other_rho), "rule") for name in RULES if name.startswith("rmsprop")),
    ("adadelta", {}, rule(other_rho), "rule"),
    *(("sgd", {kind: 0.05}, not_clipped, "clip") for kind in ("clipvalue", "clipnorm")),
    ("sgd", {"global_clipnorm": 0.05}, not_clipped, "clip"),
    ("sgd", {"clipnorm": 0.05}, clipped_all_together, "clip"),
]


@pytest.mark.parametrize(("name", "settings", "wrong", "what"), WRONG_RULES)
def test_a_wrong_update_is_caught(
    name: str, settings: dict[str, Any], wrong: Any, what: str
) -> None:
    op = OptimizerOp(rule=name, **{**SETTINGS[name][0], **settings})
    program = optimizer_program(op)
    rows, state = draw_rows(program, 6), random_state(program, 3)
    made = engine("native", program)
    check_step(made, state, rows, 0.1)
    broken = {"rules": {**RULES, name: wrong}} if what == "rule" else {"clip": wrong}
    with pytest.raises(AssertionError):
        check_step(made, state, rows, 0.1, **broken)


@pytest.mark.parametrize("name", RULES)
def test_an_engine_that_lies_about_an_update_is_caught(name: str) -> None:
    program = optimizer_program(OptimizerOp(rule=name, **SETTINGS[name][0]))
    rows, state = draw_rows(program, 6), random_state(program, 3)
    made = engine("native", program)
    for what in ("parameters", *(["slots"] if program.slot_count else [])):
        for damage in (one_element, nan_hidden):
            with pytest.raises(AssertionError):
                check_step(Liar(made, what, damage), state, rows, 0.1)


def test_weight_decay_that_is_coupled_is_caught() -> None:
    op = OptimizerOp(rule="adam", weight_decay=0.03)
    program = optimizer_program(op)
    rows, state = draw_rows(program, 6), random_state(program, 3)
    made = engine("native", program)
    check_step(made, state, rows, 0.1)
    head = program.trainable_count

    def coupled(program: Any, gradient: Any) -> Any:
        return np.asarray(gradient) + 0.03 * state.parameters[:head]

    with pytest.raises(AssertionError):
        check_step(made, state, rows, 0.1, clip=coupled)


# -- the JAX engine's registry ---------------------------------------------------------------------


@pytest.fixture
def jax_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The registry, to be changed; nothing that was compiled from it before is used."""
    pytest.importorskip("jax", reason="JAX is not installed")
    from trimtab.engines.jax import compiled, registry

    for name in ("FORWARD", "LOSSES", "RULES"):
        monkeypatch.setattr(registry, name, dict(getattr(registry, name)))
    # Compiled afresh for each engine, and shared with nobody.
    monkeypatch.setattr(compiled, "_shared", lambda make, *given: make(*given))
    return registry


@pytest.mark.parametrize("table", ["FORWARD", "LOSSES", "RULES"])
def test_a_missing_counterpart_is_caught(jax_registry: Any, table: str) -> None:
    test_registry.test_jax_has_every_op_loss_and_rule()
    known = getattr(jax_registry, table)
    kept = known.pop(next(iter(known)))
    with pytest.raises(AssertionError):
        test_registry.test_jax_has_every_op_loss_and_rule()
    known["of no declaration"] = kept
    with pytest.raises(AssertionError):
        test_registry.test_jax_has_every_op_loss_and_rule()


@pytest.mark.parametrize("kind", ops.OPS)
def test_a_wrong_op_of_jax_is_caught(jax_registry: Any, kind: str) -> None:
    right = jax_registry.FORWARD[kind]

    def wrong(op: Any, call: Any) -> Any:
        value, moved = right(op, call)
        return value * 1.0001, moved

    (_, example), *_ = examples("jax", ops.OPS[kind])
    if kind in ("drop_connect", "dropout"):
        example = dataclasses.replace(example, attributes={"rate": 0.5, "stream": 3})
    program = op_program(ops.OPS[kind], example)
    state, rows, mode = initial_state(program), case_rows(program, 5), Mode(True, 3, 2)
    expected = expected_forward(program, state, rows.x, mode, Oracles())
    check_forward(engine("jax", program), expected)
    jax_registry.FORWARD[kind] = wrong
    with pytest.raises(AssertionError):
        check_forward(engine("jax", program), expected)


def test_a_wrong_loss_of_jax_is_caught(jax_registry: Any) -> None:
    right = jax_registry.LOSSES["mean_squared_error"]
    jax_registry.LOSSES["mean_squared_error"] = lambda *given: right(*given) * 1.0001
    program = loss_program(LossOp(loss="mean_squared_error"), 3)
    rows = loss_rows(program.loss, 5, 3)
    check_loss(engine("native", program), rows, expected_losses(program, rows))
    with pytest.raises(AssertionError):
        check_loss(engine("jax", program), rows, expected_losses(program, rows))


def test_a_wrong_rule_of_jax_is_caught(jax_registry: Any) -> None:
    right = jax_registry.RULES["sgd"]

    def wrong(op: Any, w: Any, slots: Any, g: Any, rate: Any) -> Any:
        return right(op, w, slots, g * 1.0001, rate)

    jax_registry.RULES["sgd"] = wrong
    program = optimizer_program(OptimizerOp(rule="sgd"))
    rows, state = draw_rows(program, 6), random_state(program, 3)
    check_step(engine("native", program), state, rows, 0.1)
    with pytest.raises(AssertionError):
        check_step(engine("jax", program), state, rows, 0.1)


# -- the comparisons -------------------------------------------------------------------------------


def test_comparisons_refuse_nan_on_either_side() -> None:
    from tests.support.close import assert_close

    for actual, expected in (([np.nan], [1.0]), ([1.0], [np.nan]), ([np.nan], [np.nan])):
        with pytest.raises(AssertionError):
            assert_close(actual, expected, 1e9)
    with pytest.raises(AssertionError):
        assert_close([np.inf], [np.inf], 1.0)
    with pytest.raises(AssertionError):
        assert_close([1.0], [1.0], 1.0, scale=np.nan)
    with pytest.raises(AssertionError, match="shape"):
        assert_close([1.0], [[1.0]], 1.0)
    assert_close([np.nan, np.inf, 1.0], [np.nan, np.inf, 1.0], 0.0, same_nan=True)
    for actual, expected in (([np.inf], [-np.inf]), ([1.0], [np.nan]), ([np.nan], [1.0])):
        with pytest.raises(AssertionError):
            assert_close(actual, expected, 1.0, same_nan=True)


def test_oracles_are_not_the_engines() -> None:
    """The oracle modules import nothing of an engine."""
    names = {getattr(value, "__module__", "") for value in vars(oracles).values()}
    assert not any("engines" in (name or "") for name in names)
