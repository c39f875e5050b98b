"""Trials a minute: compiling counts once, ratios stay within a round, the command runs."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cli import main
from benchmarks.compiling import covered
from benchmarks.data import synthetic
from benchmarks.networks import Dense, Run
from benchmarks.peers import load
from benchmarks.trials import speed

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX")


def row(peer: str, turn: int, seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "began": "1",
        "lesson": "spotify",
        "peer": peer,
        "round": turn,
        "networks": 2,
        "epochs": 1,
        "load": 0.5,
        "seconds": seconds,
        "cpu_seconds": seconds,
        "machine": {"cores": "2"},
    } | more


def test_stages_within_others_count_once() -> None:
    assert covered([(2.0, 3.0), (0.0, 2.5), (5.0, 6.0), (0.5, 1.0)]) == pytest.approx(4.0)
    assert covered([]) == 0


def test_ratios_are_those_of_the_rounds_of_the_newest_run() -> None:
    rows = [
        row("keras-jax", 1, 1.0, began="0"),
        row("trimtab", 1, 5.0, began="0"),
        row("keras-jax", 1, 8.0, compile_seconds=4.0),
        row("trimtab", 1, 2.0),
        row("keras-jax", 2, 30.0, compile_seconds=10.0),
        row("trimtab", 2, 3.0),
    ]
    assert speed.over(rows, "trimtab", "keras-jax", speed.per_minute) == pytest.approx([4.0, 10.0])
    assert speed.per_minute(rows[2]) == pytest.approx(15.0)
    assert speed.per_minute(rows[2], compiling=False) == pytest.approx(30.0)
    table = speed.page("speed", rows)
    assert "| trimtab, one network a core | 2 | 50 |" in table
    assert "| 7 |" in table


def test_the_share_of_the_cores_is_said() -> None:
    rows = [row("trimtab", 1, 2.0), row("trimtab-single", 1, 3.0)]
    assert "75% of 2 times one core's rate" in speed.page("speed", rows)


def test_what_looking_costs_is_taken_within_a_round() -> None:
    rows = [
        row(peer, turn, base * factor)
        for turn, base in ((1, 1.0), (2, 4.0), (3, 2.0))
        for peer, factor in (("trimtab-single", 1.0), ("trimtab-coached", 1.25))
    ]
    assert "| trimtab, with the coach | 3 | 2.5 | 25.0% |" in speed.page("tracking", rows)


@pytest.mark.parametrize("name", ["trimtab-tracked", "trimtab-coached"])
def test_looking_changes_no_number(name: str) -> None:
    run = Run("small", (Dense(7, relu=True), Dense(1)), "adam", 16, 3)
    data = synthetic(48, 5, 16)
    peers = [load(each)(run, data) for each in ("trimtab-single", name)]
    found = [peer.many([1, 2]) for peer in peers]
    assert np.array_equal(*map(np.array, found))
    assert len(found[0][0]) == 3


@needs_jax
def test_a_compilation_is_heard() -> None:
    import jax
    import jax.numpy as jnp

    from benchmarks.compiling import Compiling

    listening = Compiling()
    jax.jit(lambda x: jnp.cos(x) * 3.25)(jnp.ones(3)).block_until_ready()
    assert listening.taken() > 0
    assert listening.taken() == 0


def test_the_command_measures_in_fresh_processes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ["--repeats", "1", "--networks", "2", "--epochs", "1"]
    places = ["--data", str(tmp_path), "--out", str(tmp_path), "--lessons", "concrete"]
    main(["trials", "speed", "--peers", "trimtab", "--stand-in", *sizes, *places])
    lines = (tmp_path / "trials" / "speed.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert [each["peer"] for each in found] == ["trimtab"]
    assert found[0]["networks"] == len(found[0]["val_losses"]) == 2
    assert found[0]["seconds"] > 0 < found[0]["cpu_seconds"]
    assert "trimtab, one network a core" in capsys.readouterr().out
