"""What is special to the JAX engine: how it is refused, and that it agrees with the native one."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.engines.test_steps import program_for
from tests.support.close import assert_close
from tests.support.engines import engine
from tests.support.programs import draw_rows, initial_state, network
from trimtab.engines import make_engine
from trimtab.errors import InvalidArgument

WITHOUT_JAX = """
import sys
sys.modules["jax"] = None
from trimtab.engines import make_engine
from trimtab.errors import EngineError
from trimtab.program import Program
try:
    make_engine(Program((3,), (), 0, (), ()), "jax")
except EngineError as error:
    print(error)
"""


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.strip()


def test_without_jax_one_sentence_says_how_to_get_it() -> None:
    assert run(WITHOUT_JAX) == (
        "engine='jax' needs JAX, which is not installed. Run: pip install trimtab[jax]"
    )


def test_jax_is_imported_only_when_its_engine_is_asked_for() -> None:
    script = (
        "import sys, trimtab, trimtab.engines, trimtab.layers, trimtab.model\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('jax', 'jaxlib')])"
    )
    assert run(script) == "[]"


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="engine must be 'auto' or one of native, jax"):
        make_engine(network(), "tpu")


def test_both_engines_train_alike() -> None:
    program = program_for("jax")
    rows = draw_rows(program, 43, weighted=True)
    order = np.random.default_rng(2).permutation(43)
    results = {}
    for name in ("native", "jax"):
        made = engine(name, program, initial_state(program))
        result = made.train(
            rows, order, batch_size=8, seed=0, learning_rates=np.full(6, 0.05, np.float32)
        )
        results[name] = (result.loss, made.dump(), made.predict(rows.x), made.evaluate(rows).loss)
    native, jax = results["native"], results["jax"]
    assert_close(jax[0], native[0], 1e-6, what="loss")
    assert_close(jax[1].parameters, native[1].parameters, 1e-6, what="weights")
    assert_close(jax[2], native[2], 2e-6, what="predictions")
    assert_close(jax[3], native[3], 1e-6, what="evaluation")


def test_frozen_parameters_stay() -> None:
    from tests.support.programs import MSE, SGD, dense
    from trimtab.program import Builder

    builder = Builder(4)
    value = dense(builder, 0, 5, "frozen", trainable=False)
    program = builder.finish(dense(builder, value, 1, "output"), MSE, SGD)
    state = initial_state(program)
    made = engine("jax", program, state)
    rows = draw_rows(program, 10)
    made.train(rows, None, batch_size=5, seed=0, learning_rates=np.full(2, 0.1, np.float32))
    after = made.dump().parameters
    head = program.trainable_count
    assert (after[head:] == state.parameters[head:]).all()
    assert (after[:head] != state.parameters[:head]).any()
    assert made.probe(rows).gradients.shape == (head,)
