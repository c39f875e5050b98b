"""What is special to the JAX engine: what compiles, what is kept, Ctrl-C, precision, the cache."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engines.test_steps import assert_same_state, program_for, rates
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import engine
from tests.support.processes import run_python
from tests.support.programs import draw_rows, initial_state, network
from tests.support.small import assert_same_state as assert_same_models
from tests.support.small import everything, small_data, small_model
from trimtab import Sequential, callbacks
from trimtab.engines import Engine, TrainCall
from trimtab.engines.choosing import make_engine
from trimtab.errors import InvalidArgument
from trimtab.nn import layers
from trimtab.program.ops import OptimizerOp

jax = pytest.importorskip("jax", reason="JAX is not installed")

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
        "engine='jax' needs JAX, which is not installed. Run: pip install 'trimtab[jax]'"
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
    """An epoch with a short batch, and inference after it."""
    program = program_for("jax")
    rows = draw_rows(program, 43, weighted=True)
    order = np.random.default_rng(2).permutation(43)
    results = {}
    for name in ("native", "jax"):
        made = engine(name, program, initial_state(program))
        result = made.train(TrainCall(rows, order, batch_size=8, seed=0, learning_rates=rates(6)))
        results[name] = (result.loss, made.dump(), made.predict(rows.x), made.evaluate(rows).loss)
    native, jax = results["native"], results["jax"]
    assert_close(jax[0], native[0], 1e-6, what="loss")
    assert_close(jax[1].parameters, native[1].parameters, 2e-6, what="weights")
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
    made.train(
        TrainCall(rows, None, batch_size=5, seed=0, learning_rates=np.full(2, 0.1, np.float32))
    )
    after = made.dump().parameters
    head = program.trainable_count
    assert_same_bits(after[head:], state.parameters[head:])
    assert (after[:head] != state.parameters[:head]).any()
    assert made.probe(rows).gradients.shape == (head,)


# -- what compiles --------------------------------------------------------------------------------


def compiled(made: Any) -> int:
    """How many versions of its functions an engine's structure has."""
    functions = vars(made._call).values()
    return sum(f._cache_size() for f in functions if hasattr(f, "_cache_size"))


def test_settings_do_not_compile_again() -> None:
    def program(**changes: Any) -> Any:
        decay = changes.pop("weight_decay", 0.01)
        optimizer = OptimizerOp(rule="adam", weight_decay=decay)
        return network(5, (9,), **{"rate": 0.3, "optimizer": optimizer, **changes})

    rows = draw_rows(program(), 21, weighted=True)

    def use(made: Engine, steps: int = 3, seed: int = 3, rate: float = 0.01) -> None:
        order = np.random.default_rng(seed).permutation(21)[: 8 * steps]
        learning_rates = np.full(steps, rate, np.float32)
        made.train(TrainCall(rows, order, batch_size=8, seed=seed, learning_rates=learning_rates))
        made.evaluate(rows)
        made.predict(rows.x)

    first = engine("jax", program(), initial_state(program()))
    use(first)
    number = compiled(first)
    assert number == 3, "one of each function"
    use(first, seed=2**63 + 5, rate=0.5)
    use(first, steps=2)
    use(first, steps=1)
    first.load(initial_state(program(), seed=4))
    use(first)
    assert compiled(first) == number
    for changes in ({"rate": 0.5}, {"rate": 1.0}, {"weight_decay": 0.5}):
        other = program(**changes)
        second = engine("jax", other, initial_state(other))
        use(second)
        assert second._call is first._call
        assert compiled(second) == number, changes
    # What is not a setting does compile; otherwise the above shows nothing.
    other = program(function="tanh")
    third = engine("jax", other, initial_state(other))
    assert third._call is not first._call
    third.predict(rows.x)
    assert compiled(third) == 1
    first.forward(rows.x, training=False)
    assert compiled(first) == number + 1


def test_models_of_one_architecture_compile_once() -> None:
    x, y = small_data()
    options = {"engine": "jax", "metrics": ["mse"]}
    settings = {"epochs": 1, "validation_split": 0.2, "verbose": 0}
    first = small_model(**options)
    first.fit(x, y, **settings)
    first.predict(x, verbose=0)
    call = first.runner._engine._call
    number = compiled(first.runner._engine)
    first.optimizer.learning_rate = 0.1
    next(layer for layer in first.layers if isinstance(layer, layers.Dropout)).rate = 0.7
    first.fit(x, y, **settings)
    first.fit(x, y, **{**settings, "epochs": 5}, initial_epoch=4)
    second = small_model(seed=77, dropout=0.1, **options)
    second.fit(x, y, **settings)
    second.predict(x, verbose=0)
    for model in (first, second):
        assert model.runner._engine._call is call
        assert compiled(model.runner._engine) == number


# -- what is kept ---------------------------------------------------------------------------------


def test_weights_that_were_read_outlive_the_donated_ones() -> None:
    """Training gives its memory away: what a callback or a user holds must not be in it."""
    x, y = small_data()
    model = small_model(engine="jax")
    settings = {"validation_split": 0.2, "verbose": 0}
    kept: list[tuple[list[Any], list[Any]]] = []

    def keep(epoch: int, logs: Any) -> None:
        held = everything(model)
        kept.append((held, [array.copy() for array in held]))

    spy = callbacks.LambdaCallback(on_epoch_end=keep, on_train_batch_end=keep)
    model.fit(x, y, epochs=2, callbacks=[spy], **settings)
    keep(0, None)
    model.fit(x, y, epochs=2, **settings)
    assert len(kept) == 2 * (2 + 1) + 1, "after each batch, each epoch, and the fit"
    for held, copies in kept:
        for array, copy in zip(held, copies, strict=True):
            assert_same_bits(array, copy)
    assert any((a != b).any() for a, b in zip(kept[0][0], kept[-1][0], strict=True))


def test_restored_weights_give_the_loss_that_was_logged() -> None:
    x, y = small_data(60)
    model = small_model(engine="jax", optimizer="sgd")
    model.optimizer.learning_rate = 0.3
    valid = (x[40:], y[40:])
    stop = callbacks.EarlyStopping(patience=4, restore_best_weights=True)
    history = model.fit(
        x[:40], y[:40], epochs=40, validation_data=valid, callbacks=[stop], verbose=0
    ).history["val_loss"]
    assert stop.best_epoch < len(history) - 1, "the best epoch is not the last"
    best = model.get_weights()
    copies = [weight.copy() for weight in best]
    assert model.evaluate(*valid, verbose=0) == history[stop.best_epoch] == min(history)
    again = model.fit(x[:40], y[:40], epochs=3, validation_data=valid, verbose=0).history
    assert again["val_loss"] != history[:3]
    for weight, copy in zip(best, copies, strict=True):
        assert_same_bits(weight, copy)
    model.set_weights(best)
    assert model.evaluate(*valid, verbose=0) == min(history)


# -- in the middle --------------------------------------------------------------------------------


class Signals:
    """Cuts training into calls of three steps, and sends Ctrl-C during one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from trimtab.engines.jax.epochs_run import EpochsRun

        self.at: int | None = None
        self._calls = 0
        piece, steps = EpochsRun.piece, EpochsRun.steps

        def interrupted(*given: Any) -> Any:
            self._calls += 1
            if self._calls == self.at:
                os.kill(os.getpid(), signal.SIGINT)
            return steps(*given)

        monkeypatch.setattr(EpochsRun, "steps", interrupted)
        monkeypatch.setattr(EpochsRun, "piece", lambda run, most: piece(run, 3))

    def send_at(self, call: int | None) -> None:
        self.at, self._calls = call, 0


def test_a_costly_short_batch_is_computed_in_its_own_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the very same numbers as one that is filled up."""
    pytest.importorskip("jax", reason="JAX is not installed")
    from trimtab.engines.jax.epochs_run import EpochsRun

    program = network(6, (16, 16), 2)
    rows = draw_rows(program, 43, weighted=True)
    settings = {"batch_size": 16, "seed": 3, "learning_rates": np.full(3, 0.01, np.float32)}
    orders = [None, np.random.default_rng(2).permutation(43)]
    calls = [TrainCall(rows, order, **settings) for order in orders]
    sizes, results = [], []
    steps = EpochsRun.steps

    def watched(run: EpochsRun, *given: Any) -> Any:
        sizes.append(run.rooms.tolist())
        return steps(run, *given)

    monkeypatch.setattr(EpochsRun, "steps", watched)
    for products in (10**12, 1):
        monkeypatch.setattr("trimtab.engines.jax.epochs_run.IDLE_PRODUCTS", products)
        made = engine("jax", program, initial_state(program))
        losses = [each.loss for each in made.train_epochs(calls)]
        results.append((losses, made.dump()))
    assert sizes[0] == [16] * 6
    assert sizes[-1] == [16, 16, 11] * 2
    (losses, state), (own_losses, own_state) = results
    assert_close(own_losses, losses, 1e-6)
    for name in ("parameters", "state"):
        assert_close(getattr(own_state, name), getattr(state, name), 2e-6, what=name)


def test_ctrl_c_keeps_the_calls_that_have_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_for("jax")
    rows = draw_rows(program, 43, weighted=True)
    order = np.random.default_rng(2).permutation(43)
    signals = Signals(monkeypatch)
    settings = {"batch_size": 4, "seed": 3, "predictions": True}
    whole = engine("jax", program, initial_state(program))
    expected = whole.train(TrainCall(rows, order, learning_rates=rates(11), **settings))
    for call, done in ((1, 3), (2, 6), (3, 9)):
        made = engine("jax", program, initial_state(program))
        signals.send_at(call)
        with pytest.raises(KeyboardInterrupt) as caught:
            made.train(TrainCall(rows, order, learning_rates=rates(11), **settings))
        signals.send_at(None)
        partial = caught.value.partial
        assert made.dump().step == partial.steps == done
        assert_same_bits(partial.predictions, expected.predictions[: 4 * done])
        rest = made.train(
            TrainCall(rows, order[4 * done :], learning_rates=rates(11)[done:], **settings)
        )
        assert_same_state(made.dump(), whole.dump())
        assert_same_bits(rest.predictions, expected.predictions[4 * done :])
        # Summed in order: to the last bit only where the sum goes on, as the loop does it.
        assert_close(partial.total + rest.total, expected.total, 1e-14)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_fit_goes_on_after_ctrl_c(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the model at hand, and in one that was saved then."""
    import trimtab

    x, y = small_data(43)
    options = {"engine": "jax", "metrics": ["mse"]}
    settings = {"epochs": 2, "batch_size": 5, "validation_split": 0.1, "verbose": 0}
    signals = Signals(monkeypatch)
    monkeypatch.setenv("TRIMTAB_ENGINE", "jax")  # for what comes from the file
    whole = small_model(**options)
    history = whole.fit(x, y, **settings).history
    for call in (1, 2, 3, 5):
        parts = small_model(**options)
        signals.send_at(call)
        with pytest.raises(KeyboardInterrupt):
            parts.fit(x, y, **settings)
        signals.send_at(None)
        epoch, calls = divmod(call - 1, 3)
        steps = 8 * epoch + min(3 * (calls + 1), 8)
        assert parts.runner.step == steps
        parts.save(tmp_path / "model.trimtab")
        saved = trimtab.load_model(tmp_path / "model.trimtab")
        # Where the epoch was done but for its end, the next one begins.
        begin = epoch if steps % 8 else epoch + 1
        for model in (parts, saved):
            rest = model.fit(x, y, initial_epoch=begin, **settings)
            assert model.runner._engine.name == "jax"
            assert_same_models(whole, model)
            assert rest.history == {key: values[begin:] for key, values in history.items()}


def test_a_run_goes_on_after_any_step() -> None:
    program = program_for("jax")
    rows = draw_rows(program, 43)
    order = np.random.default_rng(2).permutation(43)
    whole = engine("jax", program, initial_state(program))
    whole.train(TrainCall(rows, order, batch_size=8, seed=3, learning_rates=rates(6)))
    for step in range(1, 6):
        first, then = engine("jax", program, initial_state(program)), engine("jax", program)
        settings = {"batch_size": 8, "seed": 3}
        first.train(TrainCall(rows, order[: 8 * step], learning_rates=rates(6)[:step], **settings))
        then.load(first.dump())
        then.train(TrainCall(rows, order[8 * step :], learning_rates=rates(6)[step:], **settings))
        assert_same_state(then.dump(), whole.dump())


def test_a_run_that_diverges_says_nan() -> None:
    x, y = small_data()
    model = small_model(engine="jax", optimizer="sgd", loss="mse", normalize=False)
    history = model.fit(1e20 * x, y, epochs=2, validation_split=0.2, verbose=0).history
    assert np.isnan(history["loss"]).all()
    assert np.isnan(history["val_loss"]).all()
    assert np.isnan(model.get_weights()[-1]).all()
    assert np.isnan(model.predict(x, verbose=0)).all()


# -- precision ------------------------------------------------------------------------------------

DOT = re.compile(r"stablehlo\.dot_general.*")


def products(made: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The matrix products of what a training step is compiled from."""
    seen: list[str] = []
    train = made._call.train

    def spy(*given: Any, **options: Any) -> Any:
        seen.extend(DOT.findall(train.lower(*given, **options).as_text()))
        return train(*given, **options)

    monkeypatch.setattr(made._call, "train", spy)
    rows = draw_rows(made.program, 16)
    made.load(initial_state(made.program))
    made.train(TrainCall(rows, None, batch_size=8, seed=3, learning_rates=rates(2)))
    monkeypatch.undo()
    return seen


def test_products_are_float32_throughout(monkeypatch: pytest.MonkeyPatch) -> None:
    found = products(make_engine(program_for("jax"), "jax"), monkeypatch)
    assert len(found) == 3 * 3 - 1, "forward, by the kernel, and by the input unless that is data"
    for product in found:
        assert "precision = [HIGHEST, HIGHEST]" in product, product
        assert "bf16" not in product, product


def test_mixed_precision_is_for_products_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_for("jax")
    mixed: Any = make_engine(program, "jax", precision="mixed_bfloat16")
    found = products(mixed, monkeypatch)
    assert len(found) == 8
    assert all("bf16" in product for product in found)
    leaves = jax.tree.leaves(mixed._weights[:3])
    assert len(leaves) == len(program.parameters) + len(program.state) + 2 * sum(
        slot.trainable for slot in program.parameters
    )
    assert {leaf.dtype for leaf in leaves} == {np.dtype(np.float32)}
    # Bfloat16 has 8 bits: near, and not the same.
    full = engine("jax", program, initial_state(program))
    mixed.load(initial_state(program))
    rows = draw_rows(program, 16)
    losses = [made.evaluate(rows).loss for made in (full, mixed)]
    assert losses[0] != losses[1]
    assert_close(losses[1], losses[0], 0.05)
    for made in (full, mixed):
        made.train(TrainCall(rows, None, batch_size=8, seed=3, learning_rates=rates(2)))
    assert_close(mixed.dump().state, full.dump().state, 0.02)


def test_mixed_precision_keeps_small_updates() -> None:
    """A weight of size 1 in bfloat16 would not move by a thousandth."""
    program = network(4, (), 1, optimizer=OptimizerOp(rule="sgd"))
    state = initial_state(program)
    state.parameters[:] = 1
    rows = draw_rows(program, 16)
    made = make_engine(program, "jax", precision="mixed_bfloat16")
    made.load(state)
    gradient = made.probe(rows, training=True).gradients
    for _ in range(3):
        made.load(made.dump())
        made.train(
            TrainCall(
                rows, None, batch_size=16, seed=0, learning_rates=np.array([1e-5], np.float32)
            )
        )
    moved = 1 - made.dump().parameters
    assert np.abs(gradient).max() * 3e-5 < 2**-9
    assert_close(moved, 3e-5 * gradient, 0.02)


def test_mixed_precision_learns() -> None:
    x, y = small_data(200)
    model = Sequential(
        [layers.Dense(16, activation="relu", input_shape=[3]), layers.Dense(1)], seed=1
    )
    model.compile("adam", "mse", engine="jax", precision="mixed_bfloat16")
    model.optimizer.learning_rate = 0.02
    history = model.fit(x, y, epochs=20, verbose=0).history["loss"]
    assert history[-1] <= 0.1 * history[0]


# -- compiled code on disk ------------------------------------------------------------------------

TRAINS = """
from tests.engines.test_steps import program_for, rates
from tests.support.programs import draw_rows, initial_state
from trimtab.engines import TrainCall, make_engine

program = program_for("jax")
made = make_engine(program, "jax")
made.load(initial_state(program))
call = TrainCall(draw_rows(program, 16), batch_size=8, seed=3, learning_rates=rates(2))
made.train(call)
"""

COUNTS = """
import jax

hits = []
jax.monitoring.register_event_listener(
    lambda event, **_: hits.append(event) if event == "/jax/compilation_cache/cache_hits" else None
)
"""

ASKS = """
import os, jax
from trimtab.engines.jax.compiled import use_disk

name, least = "jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs"
before = getattr(jax.config, least)

def used(**environment):
    for key in ("TRIMTAB_CACHE_DIR", "JAX_COMPILATION_CACHE_DIR", "XDG_CACHE_HOME"):
        os.environ.pop(key, None)
    os.environ.update(environment)
    use_disk.__wrapped__()
    return getattr(jax.config, name), getattr(jax.config, least) == before

print(used(TRIMTAB_CACHE_DIR=""))
print(used(JAX_COMPILATION_CACHE_DIR="mine"))
jax.config.update(name, "also mine")
print(used(TRIMTAB_CACHE_DIR="ours"))
jax.config.update(name, None)
print(used(TRIMTAB_CACHE_DIR="ours"))
"""


def test_compiled_code_is_kept_for_the_next_process(tmp_path: Path) -> None:
    run_python(TRAINS, TRIMTAB_CACHE_DIR=str(tmp_path))
    assert any((tmp_path / "jax").iterdir())
    hits = run_python(COUNTS + TRAINS + "print(len(hits))", TRIMTAB_CACHE_DIR=str(tmp_path))
    assert int(hits) >= 1


def test_whose_cache_is_used() -> None:
    ours = str(Path("ours") / "jax")
    assert run_python(ASKS).splitlines() == [
        "(None, True)",  # empty: none
        "(None, True)",  # JAX reads its own variable
        "('also mine', True)",
        f"({ours!r}, False)",
    ]
