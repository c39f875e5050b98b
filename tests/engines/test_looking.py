"""What a training call measures on the side: the same on both engines, and nothing changes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.engines import ENGINES, THREADS, native_level, native_levels
from trimtab import Sequential
from trimtab.engines.base import Look, Looked, LookedValue, Rows, TrainCall
from trimtab.engines.choosing import make_engine
from trimtab.engines.looking import train_looking
from trimtab.errors import EngineError
from trimtab.nn import activations, layers
from trimtab.nn.optimizers import Adam
from trimtab.program import Program
from trimtab.program.bounds import bounds_of
from trimtab.program.ops.activation import FUNCTIONS


def stacks():
    """Networks that are split by columns, by rows, with all activations, with dropout before BN."""
    yield (
        "wide",
        [
            layers.BatchNormalization(),
            layers.Dense(40, activation="relu", kernel_regularizer="l2"),
            layers.Dropout(0.4),
            layers.BatchNormalization(),
            layers.Dense(33, activation="gelu", kernel_constraint="max_norm"),
            layers.Dense(3, activation="softmax"),
        ],
    )
    yield (
        "narrow",
        [
            layers.Dense(20, activation="tanh"),
            layers.Dropout(0.2),
            layers.Dense(18, activation="sigmoid"),
            layers.Dense(3),
            layers.Activation("softmax"),
        ],
    )
    yield (
        "activations",
        [
            *(
                layers.Dense(7, activation=name)
                for name in FUNCTIONS
                if name not in ("gelu_tanh", "threshold")
            ),
            layers.Activation(partial(activations.threshold, threshold=0.1, default_value=0.0)),
            layers.ReLU(max_value=0.4),
            layers.ReLU(negative_slope=0.1),
            layers.Dense(3, activation="softmax"),
        ],
    )


STACKS = [name for name, _ in stacks()]


def program_of(name: str, engine: str = "native") -> tuple[Sequential, Program]:
    model = Sequential([layers.Input((5,)), *dict(stacks())[name]], seed=3)
    options = {"clipnorm": 0.5} if name == "wide" else {}
    model.compile(Adam(0.01, **options), "sparse_categorical_crossentropy", engine=engine)
    return model, model.program()


def look_at(program: Program, first: int, stop: int, paired: int) -> Look:
    """A look at every value."""
    values = []
    for op in program.ops:
        bounds = bounds_of(op)
        compared = op.inputs[0] if bounds.of_input else op.output
        values.append(LookedValue(op.output, compared, bounds, op.output % 2 == 0))
    return Look(tuple(values), first, stop, paired)


def call_for(program: Program, look: Look | None, rows: int = 150, size: int = 40) -> TrainCall:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(rows, 5)).astype(np.float32) * 2
    y = generator.integers(0, 3, (rows, 1)).astype(np.float32)
    steps = -(-rows // size)
    return TrainCall(
        Rows(x, y),
        generator.permutation(rows),
        batch_size=size,
        seed=11,
        learning_rates=np.full(steps, 0.01, np.float32),
        predictions=True,
        look=look,
    )


def assert_seen(one: Looked, other: Looked, tolerance: float) -> None:
    assert (one.rows, one.paired) == (other.rows, other.paired)
    for name in ("values", "training", "inference", "norms", "state"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.shape == b.shape, name
        scale = np.abs(b).max(axis=-1, keepdims=True) + 1e-30 if b.size else 1.0
        assert (np.abs(a - b) <= tolerance * scale).all(), name


@pytest.mark.parametrize("level", native_levels())
@pytest.mark.parametrize("size", [1, 16, 40, 150])
@pytest.mark.parametrize("name", STACKS)
def test_the_native_engine_sees_what_probes_see(name, size, level):
    model, program = program_of(name)
    steps = -(-150 // size)
    look = look_at(program, max(0, steps - 3), steps, 24)
    call = call_for(program, look, size=size)
    found = []
    with native_level(level):
        for how in (lambda e: e.train(call), lambda e: train_looking(e, call)):
            engine = make_engine(program, "native", threads=1)
            engine.load(model.runner.state(program, model.weights))
            result = how(engine)
            found.append((result, engine.dump()))
        plain = make_engine(program, "native", threads=1)
        plain.load(model.runner.state(program, model.weights))
        without = plain.train(replace(call, look=None))
    for result, state in found:
        assert result.loss == pytest.approx(without.loss, rel=1e-12)
        np.testing.assert_array_equal(result.predictions, without.predictions)
        for part in ("parameters", "state", "slots"):
            np.testing.assert_array_equal(getattr(state, part), getattr(plain.dump(), part))
    assert without.looked is None
    (seen, _), (expected, _) = found
    assert_seen(seen.looked, expected.looked, 1e-9)
    assert seen.looked.rows == sum(call.size(batch) for batch in range(look.first, look.stop))


@pytest.mark.parametrize("name", STACKS)
def test_any_number_of_threads_sees_the_same(name):
    model, program = program_of(name)
    call = call_for(program, look_at(program, 1, 4, 16), rows=560, size=140)
    seen = []
    for threads in THREADS:
        engine = make_engine(program, "native", threads=threads)
        engine.load(model.runner.state(program, model.weights))
        seen.append(engine.train(call).looked)
    for other in seen[1:]:
        assert_seen(other, seen[0], 0.0)


def test_engines_agree():
    seen, losses = [], []
    for kind in ENGINES:
        model, program = program_of("wide", kind)
        engine = make_engine(program, kind)
        engine.load(model.runner.state(program, model.weights))
        result = engine.train(call_for(program, look_at(program, 2, 3, 16)))
        seen.append(result.looked)
        losses.append(result.loss)
    assert_close(losses[1], losses[0], 1e-5)
    # A count may differ by an element that lies at a bound.
    assert_seen(seen[1], seen[0], 2e-2)
    assert_seen(*(replace(each, values=each.values[:2]) for each in reversed(seen)), 1e-3)


def test_single_batches_add_up_to_what_one_call_sees():
    model, program = program_of("wide")
    look = look_at(program, 0, 4, 16)
    whole, parts = (make_engine(program, "native") for _ in range(2))
    call = call_for(program, look, rows=160)
    for engine in (whole, parts):
        engine.load(model.runner.state(program, model.weights))
    expected = whole.train(call).looked
    seen = None
    for batch in range(4):
        part = replace(
            call,
            order=call.order[40 * batch : 40 * (batch + 1)],
            learning_rates=call.learning_rates[:1],
            look=replace(look, first=0, stop=1, paired=16 if batch == 3 else 0),
        )
        now = parts.train(part).looked
        seen = now if seen is None else seen.then(now)
    assert_seen(seen, expected, 1e-12)


def test_a_stop_before_the_last_batch_sees_nothing():
    class Stopping:
        """An engine that is stopped within each call."""

        def __init__(self, engine):
            self.engine, self.program = engine, engine.program

        def __getattr__(self, name):
            return getattr(self.engine, name)

        def train(self, call):
            return replace(self.engine.train(call), stopped=True)

    _, program = program_of("narrow")
    engine = Stopping(make_engine(program, "native"))
    result = train_looking(engine, call_for(program, look_at(program, 2, 4, 0)))
    assert result.stopped and result.steps == 2 and result.looked is None
    assert len(result.predictions) == 80


def test_a_look_behind_the_last_batch_is_refused():
    _, program = program_of("narrow")
    for kind in ENGINES:
        with pytest.raises(EngineError, match=r"look must be at batches from 0 to before 4"):
            make_engine(program, kind).train(call_for(program, look_at(program, 2, 5, 0)))
