"""Threads and processes around the native engine: right, reproducible, and never stuck."""

from __future__ import annotations

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.engines.test_steps import assert_same_state
from tests.support.close import assert_same_bits
from tests.support.engines import THREADS, engine, native_level, native_levels
from tests.support.processes import run_python
from tests.support.programs import draw_rows, initial_state, network
from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab import config
from trimtab.engines import EngineState, TrainCall
from trimtab.engines.native import NativeEngine
from trimtab.errors import InvalidArgument
from trimtab.program import Program
from trimtab.program.ops import ConstraintOp, LossOp

NETWORKS = {
    "lesson": network(11, (64, 64), 1),
    "wide": network(30, (300, 130), 2, residual=True),
    "deep": network(5, (33, 33, 33, 33), 1, residual=True, function="gelu"),
    "classes": network(
        8, (96,), 7, loss=LossOp(loss="sparse_categorical_crossentropy_logits"), function="tanh"
    ),
    "clipped": network(8, (70, 65), 3, normalize=False, penalty=(1e-4, 1e-3)),
    "categories": network(9, (70, 65), 3, categories=(5, 40, 300)),
    "narrow categories": network(9, (20, 15), 3, categories=(5, 40, 300), normalize=False),
    "constrained": network(
        8, (70, 65), 3, constraint=ConstraintOp(kind="norm", maximum=0.7, axes=(0,))
    ),
}


def trained(program: Program, threads: int | None, epochs: int = 2, seed: int = 5) -> EngineState:
    """The state after a few epochs with a short last batch."""
    rows = draw_rows(program, 203, seed=1, weighted=True)
    made = engine("native", program, initial_state(program), threads=threads)
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(203)
        made.train(
            TrainCall(
                rows, order, batch_size=50, seed=seed, learning_rates=np.full(5, 0.01, np.float32)
            )
        )
    return made.dump()


def test_a_crowded_run_has_the_same_bits() -> None:
    """Far more threads than cores: after long waits one thread goes on, and the team again."""
    program = NETWORKS["lesson"]
    alone, crowded = (trained(program, threads, epochs=40) for threads in (1, 16))
    assert_same_state(alone, crowded)


@pytest.mark.parametrize("name", NETWORKS)
def test_whole_runs_have_the_same_bits_for_any_number_of_threads(name: str) -> None:
    for level in native_levels():
        with native_level(level):
            first = trained(NETWORKS[name], 1)
            assert np.isfinite(first.parameters).all()
            for threads in (*THREADS[1:], 16):
                assert_same_state(trained(NETWORKS[name], threads), first)


def test_runs_repeat() -> None:
    program = NETWORKS["lesson"]
    first = trained(program, 2)
    for _ in range(5):
        assert_same_state(trained(program, 2), first)
    assert (trained(program, 2, seed=6).parameters != first.parameters).any()


def test_networks_in_python_threads_are_all_right() -> None:
    programs = [NETWORKS[name] for name in ("lesson", "wide", "classes")] * 2
    alone = [trained(program, None) for program in programs]
    for workers in (2, 6):
        with ThreadPoolExecutor(workers) as pool:
            together = list(pool.map(lambda program: trained(program, None, epochs=2), programs))
        for actual, expected in zip(together, alone, strict=True):
            assert_same_state(actual, expected)


def test_one_engine_called_from_two_threads_takes_turns() -> None:
    program = NETWORKS["lesson"]
    made = engine("native", program, initial_state(program))
    rows = draw_rows(program, 300)
    expected = made.predict(rows.x)
    with ThreadPoolExecutor(4) as pool:
        for actual in pool.map(lambda _: made.predict(rows.x), range(16)):
            assert_same_bits(actual, expected)


def test_the_number_of_threads_is_asked_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    program = NETWORKS["lesson"]
    results = []
    try:
        for threads in (1, 3):
            config.set_threads(threads)
            assert config.get_threads() == threads
            results.append(trained(program, None))
    finally:
        config.set_threads(None)
    assert_same_state(*results)
    monkeypatch.setenv("TRIMTAB_NUM_THREADS", "4")
    assert config.get_threads() == 4
    monkeypatch.setenv("TRIMTAB_NUM_THREADS", "many")
    with pytest.raises(InvalidArgument, match="TRIMTAB_NUM_THREADS must be a positive integer"):
        config.get_threads()
    monkeypatch.delenv("TRIMTAB_NUM_THREADS")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert config.get_threads() == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert 1 <= config.get_threads() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2"])
def test_a_number_of_threads_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises((InvalidArgument, ValueError)):
        config.set_threads(wrong)
    assert config.get_threads() >= 1


def test_a_model_hands_its_threads_to_its_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves those of the process as they are."""
    given: list[int] = []
    predict = NativeEngine.predict

    def seen(made: NativeEngine, x: np.ndarray) -> np.ndarray:
        given.append(made.threads)
        return predict(made, x)

    monkeypatch.setattr(NativeEngine, "predict", seen)
    model, (x, _) = small_model(), small_data()
    before = config.get_threads()
    for threads in (None, 3, 1):
        model.runner.limit_threads(threads)
        model.predict(x, verbose=0)
    assert given == [None, 3, 1]
    assert config.get_threads() == before
    assert pickle.loads(pickle.dumps(model)).runner.threads is None
    assert_refused(
        InvalidArgument,
        "threads must be a positive integer, received 0. Use None for the default.",
        lambda: model.runner.limit_threads(0),
    )


def test_training_lets_other_python_threads_run() -> None:
    program = NETWORKS["wide"]
    rows = draw_rows(program, 4000)
    made = engine("native", program, initial_state(program))
    ticks, stop = [0], threading.Event()

    def tick() -> None:
        while not stop.wait(0.001):
            ticks[0] += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    before = ticks[0]
    order = np.resize(np.arange(4000), 40_000)
    steps = np.full(400, 1e-3, np.float32)
    made.train(TrainCall(rows, order, batch_size=100, seed=0, learning_rates=steps))
    stop.set()
    ticker.join()
    assert ticks[0] - before >= 5


def test_denormals_of_the_caller_are_left_alone() -> None:
    tiny = np.float32(1e-40)
    program = NETWORKS["wide"]
    rows = draw_rows(program, 200)
    made = engine("native", program, initial_state(program), threads=3)
    for call in (
        lambda: made.train(
            TrainCall(
                rows, None, batch_size=50, seed=0, learning_rates=np.full(4, 1e-3, np.float32)
            )
        ),
        lambda: made.predict(rows.x),
        lambda: made.evaluate(rows),
        lambda: made.forward(rows.x, training=True),
        lambda: made.probe(rows, training=True),
    ):
        call()
        halves = np.full(8, tiny, np.float32) * np.float32(0.5)
        assert (halves > 0).all(), "subnormal arithmetic is flushed to 0 after the call"


COMMON = """
import hashlib
import numpy as np
from tests.engines.test_threads import NETWORKS, trained
def digest(name="lesson"):
    state = trained(NETWORKS[name], None)
    return hashlib.sha256(state.parameters.tobytes()).hexdigest()
"""


def test_processes_forked_after_a_fit_do_not_hang() -> None:
    script = (
        COMMON
        + """
import multiprocessing, warnings
warnings.simplefilter("ignore")  # newer Pythons warn of forks in a process with threads
expected = digest()
context = multiprocessing.get_context("fork")
with context.Pool(2) as pool:
    for round in range(3):
        results = [pool.apply_async(digest) for _ in range(4)]
        assert {result.get(timeout=60) for result in results} == {expected}
        assert digest() == expected
print("same")
"""
    )
    assert run_python(script, TRIMTAB_NUM_THREADS="3") == "same"


def test_a_fork_in_the_middle_of_a_fit_does_not_hang() -> None:
    script = (
        COMMON
        + """
import os, threading, warnings
warnings.simplefilter("ignore")
expected = digest()
done = threading.Event()
def work():
    while not done.is_set():
        digest()
worker = threading.Thread(target=work)
worker.start()
codes = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        import signal
        signal.alarm(60)  # a hang ends the child, and the parent sees it
        os._exit(0 if digest() == expected else 1)
    codes.append(os.waitpid(child, 0)[1])
done.set()
worker.join()
assert codes == [0, 0, 0], codes
print("same")
"""
    )
    assert run_python(script, TRIMTAB_NUM_THREADS="2") == "same"


def test_a_child_forked_in_the_middle_of_a_fit_ends_at_once() -> None:
    """By a normal exit, which waits for calls of its own threads and not for the parent's."""
    script = (
        COMMON
        + """
import os, sys, threading, time, warnings
warnings.simplefilter("ignore")
from tests.support.engines import engine
from trimtab.engines.base import TrainCall
from tests.support.programs import draw_rows, initial_state
program = NETWORKS["wide"]
rows = draw_rows(program, 1000)
made = engine("native", program, initial_state(program))
inside, over = threading.Event(), threading.Event()
def watch(done, loss):
    inside.set()
    return over.is_set()
def work():
    made.train(TrainCall(rows, np.resize(np.arange(1000), 10_000_000), batch_size=100, seed=0,
                         learning_rates=np.full(100_000, 1e-4, np.float32), watch=watch))
worker = threading.Thread(target=work)
worker.start()
assert inside.wait(60)
child = os.fork()
if child == 0:
    sys.exit()
start = time.monotonic()
code = os.waitpid(child, 0)[1]
took = time.monotonic() - start
assert worker.is_alive()  # or the child had nothing to wait for
over.set()
worker.join()
assert code == 0 and took < 5, (code, took)
print("ended")
"""
    )
    assert run_python(script) == "ended"


def test_workers_of_joblib_do_not_oversubscribe() -> None:
    script = (
        COMMON
        + """
from joblib import Parallel, delayed
def inside():
    from trimtab import config
    return digest(), config.get_threads()
expected = digest()
results = Parallel(n_jobs=2, backend="loky")(delayed(inside)() for _ in range(4))
assert {result[0] for result in results} == {expected}
print(max(result[1] for result in results))
"""
    )
    limit = run_python(script)
    assert 1 <= int(limit) <= max(1, config.available_cores() // 2)


def test_python_may_end_in_the_middle_of_a_fit() -> None:
    script = (
        COMMON
        + """
import threading
from tests.support.engines import engine
from tests.support.programs import draw_rows, initial_state
from trimtab.engines import TrainCall
program = NETWORKS["wide"]
rows = draw_rows(program, 1000)
made = engine("native", program, initial_state(program))
def work():
    made.train(TrainCall(rows, np.resize(np.arange(1000), 1_000_000), batch_size=100, seed=0,
                         learning_rates=np.full(10_000, 1e-4, np.float32)))
threading.Thread(target=work, daemon=True).start()
import time
time.sleep(0.3)
print("end", flush=True)
"""
    )
    assert run_python(script) == "end"


def test_exit_hooks_may_still_predict() -> None:
    """Those registered before the package was imported run after its own."""
    script = """
import atexit
@atexit.register
def late():
    print(made.predict(rows.x).shape)
from tests.engines.test_threads import NETWORKS
from tests.support.engines import engine
from tests.support.programs import draw_rows, initial_state
program = NETWORKS["wide"]
rows = draw_rows(program, 10)
made = engine("native", program, initial_state(program))
"""
    assert run_python(script, timeout=60).startswith("(10, ")
