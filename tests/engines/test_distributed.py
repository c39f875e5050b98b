"""Two processes that train together: the numbers of one, files and lines once, no waiting in vain.

They are real processes on this machine, each with two of the CPU devices that JAX is told to show.
"""

from __future__ import annotations

import pickle
import signal
from typing import Any

import numpy as np
import pytest

from tests.engines.test_devices import (
    STEPS,
    everything_in,
    fitted,
    inference,
    one_step,
    under_way,
)
from tests.support.close import assert_same_bits
from tests.support.drift import ALLOWED, LEAST_DRIFT, TOLERANCE, distance, parted
from tests.support.processes import Ended, run_python, run_together
from tests.support.refusals import assert_refused
from trimtab import distributed
from trimtab.errors import EngineError, InvalidArgument

pytest.importorskip("jax", reason="JAX is not installed")

#: Processes that start JAX, two by two, and some that wait for one another.
slow = pytest.mark.slow

TWO_DEVICES = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}

#: Cases of test_devices that are run here: one that divides and one that leaves devices empty.
HERE = ("full", "three rows")

#: A network so small that a run is over as soon as it is compiled.
SMALL = """
    import os, signal, sys
    import numpy as np
    import trimtab
    from trimtab import distributed, layers
    from tests.support.small import small_data, small_model

    distributed.initialize(*WHERE, heartbeat_timeout=10)
    x, y = small_data()
    model = small_model()

    class At(trimtab.callbacks.Callback):
        def __init__(self, process, action):
            self.process, self.action = process, action
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1 and distributed.process_index() == self.process:
                self.action()
"""


def good(ended: list[Ended]) -> list[Ended]:
    for process in ended:
        assert process.code == 0, f"{process.output}\n{process.errors}"
    return ended


def last_line(process: Ended) -> str:
    return process.errors.strip().splitlines()[-1]


# -- the numbers of one ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two processes found, and what one finds."""
    folder = tmp_path_factory.mktemp("together")
    state = under_way()
    (folder / "state").write_bytes(pickle.dumps(state))
    ended = good(
        run_together(
            f"""
            import os, pickle, sys
            from pathlib import Path
            import trimtab
            from trimtab import distributed
            from trimtab.errors import TrimtabError
            assert distributed.process_count() == 1 and "jax" not in sys.modules
            distributed.initialize(*WHERE)

            import jax
            import numpy as np
            from tests.engines.test_devices import everything_in, fitted, inference, one_step
            from tests.support.small import small_data, small_model
            index, folder = distributed.process_index(), Path({str(folder)!r})
            state = pickle.loads((folder / "state").read_bytes())
            found = {{"where": (distributed.process_count(), index, distributed.is_main()),
                      "devices": (jax.device_count(), jax.local_device_count())}}
            for case in {HERE!r}:
                found[case] = one_step(case, None, everything_in(), state)
            found["inference"] = inference("all")

            x, y = small_data(60)
            best = trimtab.callbacks.ModelCheckpoint(folder / f"{{index}}" / "best", verbose=1)
            log = trimtab.callbacks.CSVLogger(folder / f"log-{{index}}.csv")
            found["fit"] = fitted(None, callbacks=[best, log], verbose=2)

            model = trimtab.Sequential([trimtab.layers.Dense(3, input_shape=[3])])
            found["drawn"] = model.get_weights()[0]
            model.compile("sgd", "mse")
            model.fit(x[:, :3], x, epochs=300, batch_size=30, verbose=2)
            if distributed.is_main():
                model.save(folder / "alone")
            model.evaluate(x, x)
            model.save(folder / "shared")
            again = trimtab.load_model(folder / "shared")
            found["loaded"] = again.get_weights()
            found["kept"] = model.get_weights()
            found["refused"] = []
            for refused in (
                lambda: model.save(folder / "shared", overwrite=False),
                lambda: model.fit(x + index, x, verbose=0),
                lambda: model.fit(x, x, epochs=2 + index, verbose=0),
                lambda: distributed.initialize(*WHERE),
            ):
                try:
                    refused()
                except TrimtabError as error:
                    found["refused"].append((type(error).__name__, str(error)))
            distributed.shutdown()
            found["after"] = distributed.process_count()
            (folder / f"found-{{index}}").write_bytes(pickle.dumps(found))
            """,
            **TWO_DEVICES,
        )
    )
    return {
        "folder": folder,
        "ended": ended,
        "found": [pickle.loads((folder / f"found-{index}").read_bytes()) for index in (0, 1)],
        "state": state,
    }


@slow
def test_processes_know_one_another(together: dict[str, Any]) -> None:
    for index, found in enumerate(together["found"]):
        assert found["where"] == (2, index, index == 0)
        assert found["devices"] == (4, 2)
        assert found["after"] == 1


@slow
@pytest.mark.parametrize("case", HERE)
def test_a_step_of_two_processes_is_that_of_one(together: dict[str, Any], case: str) -> None:
    expected = one_step(case, [0], everything_in(), together["state"])
    assert STEPS[case][1] == len(expected["predictions"])
    for found in together["found"]:
        assert found[case].keys() == expected.keys()
        for name, value in expected.items():
            assert distance(found[case][name], value) <= TOLERANCE, name


@slow
def test_inference_of_two_processes_is_that_of_one(together: dict[str, Any]) -> None:
    expected = inference([0])
    for found in together["found"]:
        for name, value in expected.items():
            assert distance(found["inference"][name], value) <= TOLERANCE, name


@slow
def test_a_fit_of_two_processes_stays_within_the_drift_of_one(together: dict[str, Any]) -> None:
    history, weights = fitted([0])
    near = [fitted([0], towards) for towards in (np.inf, -np.inf)]
    drift = np.maximum.reduce([parted(other, history) for other, _ in near])
    for found in together["found"]:
        other, moved = found["fit"]
        assert (parted(other, history) <= ALLOWED * np.maximum(drift, LEAST_DRIFT)).all()
        for position, (mine, theirs) in enumerate(zip(moved, weights, strict=True)):
            own = max(distance(weights_of[position], theirs) for _, weights_of in near)
            assert distance(mine, theirs) <= ALLOWED * max(own, LEAST_DRIFT)


@slow
def test_both_processes_hold_the_same_bits(together: dict[str, Any]) -> None:
    """Models without a seed included: process 0 draws one for all."""
    first, second = together["found"]
    assert first["fit"][0] == second["fit"][0]
    assert_same_bits(first["drawn"], second["drawn"])
    for name in ("kept", "loaded"):
        for mine, theirs in zip(first[name], second[name], strict=True):
            assert_same_bits(mine, theirs)
    for saved, loaded in zip(second["kept"], second["loaded"], strict=True):
        assert_same_bits(saved, loaded)


@slow
def test_one_process_writes(together: dict[str, Any]) -> None:
    names = {str(path.relative_to(together["folder"])) for path in together["folder"].rglob("*")}
    assert names == {
        "0", "0/best.trimtab", "alone.trimtab", "log-0.csv", "shared.trimtab", "state",
        "found-0", "found-1",
    }  # fmt: skip
    assert len((together["folder"] / "log-0.csv").read_text().splitlines()) == 7


@slow
def test_one_process_prints(together: dict[str, Any]) -> None:
    first, second = (process.output for process in together["ended"])
    for text, times in (("Epoch 6/6 - ", 1), ("Epoch 300/300 - ", 1), ("Epoch 6: saved", 1)):
        assert (first.count(text), second.count(text)) == (times, 0)
    assert sum(line.startswith("loss: ") for line in first.splitlines()) == 1
    assert "loss" not in second


@slow
def test_what_processes_refuse(together: dict[str, Any]) -> None:
    rest = (
        "Give every process the same complete table, model and arguments; trimtab splits each "
        "batch among them."
    )
    for index, found in enumerate(together["found"]):
        there, rows, arguments, twice = found["refused"]
        assert there[0] == "InvalidArgument"
        assert there[1].endswith("exists already. Use overwrite=True to replace it.")
        assert rows == (
            "EngineError", f"fit: the rows of process 1 of 2 differ from those of process 0. {rest}"
        )  # fmt: skip
        assert arguments == (
            "EngineError",
            f"fit: the arguments of process 1 of 2 differ from those of process 0. {rest}",
        )  # fmt: skip
        assert twice == (
            "EngineError",
            f"distributed.initialize was already called: this is process {index} of 2. "
            "Call it once, at the start of the program.",
        )


# -- the end of one ------------------------------------------------------------------------------

STOPS = (
    "so process {} of 2 stops: every step needs all processes. Start all of them again, from the "
    "last saved file."
)
GONE = f"trimtab.errors.EngineError: process {{}} of 2 is gone, {STOPS}"

ALIKE = (
    "Every process must make the same calls of fit, evaluate and predict, in the same order: do "
    "not put them under a condition such as is_main()."
)


@slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_process_that_is_killed_stops_the_other(victim: int) -> None:
    script = f"""{SMALL}
    kill = At({victim}, lambda: os.kill(os.getpid(), signal.SIGKILL))
    model.fit(x, y, epochs=100000, callbacks=[kill], verbose=0)
    """
    ended = run_together(script)
    assert ended[victim].code == -signal.SIGKILL
    survivor = ended[1 - victim]
    assert survivor.code not in (0, -signal.SIGKILL)
    if victim == 1:
        assert survivor.code == 1
        assert last_line(survivor) == GONE.format(1, 0)
    else:  # JAX's runtime was in process 0, and may be the first to notice
        assert GONE.format(0, 1) in survivor.errors or "another task died" in survivor.errors


@slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_process_that_fails_stops_the_other(victim: int) -> None:
    ended = run_together(
        f"""{SMALL}
    def fail():
        raise LookupError("of the user")
    model.fit(x, y, epochs=100000, callbacks=[At({victim}, fail)], verbose=0)
    """
    )
    assert [process.code for process in ended] == [1, 1]
    assert last_line(ended[victim]) == "LookupError: of the user"
    assert last_line(ended[1 - victim]) == (
        f"trimtab.errors.EngineError: process {victim} of 2 has stopped (LookupError: of the "
        f"user), {STOPS.format(1 - victim)}"
    )


@slow
def test_a_process_that_ends_early_stops_the_other() -> None:
    first, second = run_together(
        f"""{SMALL}
    model.fit(x, y, epochs=100, callbacks=[At(1, sys.exit)], verbose=0)
    """
    )
    assert first.code == 1 and second.code != -signal.SIGKILL
    assert last_line(first) == (
        f"trimtab.errors.EngineError: process 1 of 2 has ended, and process 0 waits for it. {ALIKE}"
    )


@slow
def test_processes_that_call_different_methods_stop() -> None:
    ended = run_together(
        f"""{SMALL}
    if distributed.is_main():
        model.predict(x)
    model.evaluate(x, y, verbose=0)
    """
    )
    assert [process.code for process in ended] == [1, 1]
    doing = ("predict", "evaluate")
    for index, process in enumerate(ended):
        assert last_line(process) == (
            f"trimtab.errors.EngineError: process {1 - index} of 2 is in {doing[1 - index]}, "
            f"process {index} in {doing[index]}. {ALIKE}"
        )


@slow
def test_different_seeds_are_refused() -> None:
    ended = run_together(
        """
        import trimtab
        if WHERE[2]:
            trimtab.set_random_seed(7)
        trimtab.distributed.initialize(*WHERE)
        """
    )
    for process in ended:
        assert process.code == 1
        assert last_line(process) == (
            "trimtab.errors.EngineError: the processes have set different random seeds (none, 7). "
            "Call trimtab.set_random_seed with the same number in all of them, or in none."
        )


# -- one process ---------------------------------------------------------------------------------


def test_alone() -> None:
    """A run of one process, its own seed kept; it can be ended as any other."""
    (alone,) = run_together(
        """
            import os, signal, sys, time
            import trimtab
            from tests.support.small import small_data, small_model
            trimtab.set_random_seed(7)
            trimtab.distributed.initialize(*WHERE)
            x, y = small_data()
            model = small_model(engine="jax")
            model.fit(x, y, epochs=2, verbose=2)
            print(trimtab.config.get_random_seed(), trimtab.distributed.process_count(), flush=True)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
            """,
        count=1,
    )
    assert alone.code == -signal.SIGTERM
    assert alone.output.count("Epoch 2/2") == 1
    assert alone.output.strip().endswith("7 1")


def test_late_or_beside_jax_is_refused() -> None:
    said = run_python(
        """
        import jax, trimtab
        for early in (lambda: None, jax.devices):
            early()
            try:
                trimtab.distributed.initialize("127.0.0.1:1", num_processes=2)
            except trimtab.errors.TrimtabError as error:
                print(type(error).__name__, error)
        """
    )
    missing, late = said.splitlines()
    assert missing.startswith("InvalidArgument distributed.initialize: ")
    assert missing.endswith(
        "Outside a cluster that JAX detects, pass coordinator_address='host:port', num_processes "
        "and process_id."
    )
    assert late == (
        "EngineError distributed.initialize must be called before JAX is used. Call it at the "
        "start of the program, before models and before jax.devices()."
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("here", 2, 0),
            "coordinator_address must be 'host:port', received 'here'. "
            "Use the address of process 0 and a free port: '10.0.0.1:9911'.",
        ),
        (
            ("h:1", 2, 2),
            "process_id must be an integer from 0 to 1, received 2.",
        ),
        (("h:1", 0, 0), "num_processes must be a positive integer, received 0."),
    ],
)
def test_arguments_refused(arguments: tuple[Any, ...], text: str) -> None:
    assert_refused(InvalidArgument, text, lambda: distributed.initialize(*arguments))


def test_timeouts_refused() -> None:
    for name in ("heartbeat_timeout", "initialization_timeout"):
        assert_refused(
            InvalidArgument,
            f"{name} must be a positive integer, received 0.",
            lambda name=name: distributed.initialize("h:1", 2, 0, **{name: 0}),
        )


def test_without_initialize_there_is_one_process() -> None:
    assert (distributed.process_count(), distributed.process_index()) == (1, 0)
    assert distributed.is_main()
    distributed.shutdown()
    done: list[int] = []
    distributed.on_main(lambda: done.append(1))
    with distributed.together("fit"):
        assert distributed.of_main("epochs", 3) == 3
    distributed.check_same("fit", {"rows": 1})
    assert done == [1]


def test_a_missing_jax_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert_refused(
        EngineError,
        "distributed.initialize needs JAX, which is not installed. Run: pip install 'trimtab[jax]'",
        lambda: distributed.initialize("h:1", 2, 0),
    )


@slow
def test_a_run_that_is_kept_is_resumed_by_all(tmp_path):
    ended = good(
        run_together(
            SMALL
            + f"""
    folder = {str(tmp_path)!r}

    def run(name, stop=None):
        model = small_model()
        def crash(batch, logs):
            if model.runner.step == stop:
                raise RuntimeError("stopped")
        model.fit(
            x, y, epochs=3, batch_size=16, validation_split=0.2, verbose=2,
            callbacks=[
                trimtab.callbacks.BackupAndRestore(os.path.join(folder, name), save_freq=2),
                trimtab.callbacks.LambdaCallback(on_train_batch_end=crash),
            ],
        )
        return model

    whole = run("whole")
    try:
        run("run", 6)
    except RuntimeError as stopped:
        print(stopped)
    resumed = run("run")
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole.history.history == resumed.history.history
    print("the same")
    """,
            **TWO_DEVICES,
        )
    )
    main, other = (each.output.splitlines() for each in ended)
    assert main[-1] == other[-1] == "the same"
    assert f"Resuming in epoch 2, after 1 batch ({tmp_path / 'run' / 'run.trimtab'})." in main
    assert not any("Resuming" in line for line in other)
    assert list(tmp_path.iterdir()) == []
