"""What is stored, and what is not run twice."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy import runner, store, timing
from benchmarks.accuracy.runner import JobFailed, Plan

from .made import row, table

ANSWER = {"fit_seconds": 1.0, "predict_seconds": 0.5, "rmse": 2.0, "versions": {"lightgbm": "4"}}


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """Processes are not started; their orders are noted here."""
    noted: list[tuple[str, int, str]] = []

    def job(orders: dict[str, Any], plan: Plan) -> dict[str, Any]:
        noted.append((orders["table"], orders["split"], orders["variant"]))
        return dict(ANSWER)

    monkeypatch.setattr(runner, "job", job)
    return noted


def plan(folder: Path, **changes: Any) -> Plan:
    small, large = table(name="small", rows=300), table(name="large", rows=20_000)
    fields: dict[str, Any] = {
        "tables": [large, small],
        "variants": ["linear", "tabm"],
        "splits": [0, 1],
        "results": folder,
    }
    return Plan(**fields | changes)


def test_slow_networks_meet_small_tables_once(tmp_path: Path, jobs: list[Any]) -> None:
    assert runner.run(plan(tmp_path)) == 0
    assert jobs == [
        ("small", 0, "linear"),
        ("small", 0, "tabm"),
        ("large", 0, "linear"),
        ("small", 1, "linear"),
        ("large", 1, "linear"),
    ]
    rows = store.read(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"linear.jsonl", "tabm.jsonl"}
    assert all(row["rmse"] == 2.0 and row["versions"]["lightgbm"] == "4" for row in rows)
    assert {"machine", "time", "quiet", "load_before", "threads"} <= rows[0].keys()


def test_what_has_a_row_is_not_run_again(tmp_path: Path, jobs: list[Any]) -> None:
    runner.run(plan(tmp_path, splits=[0]))
    jobs.clear()
    runner.run(plan(tmp_path))
    assert jobs == [("small", 1, "linear"), ("large", 1, "linear")]
    jobs.clear()
    runner.run(plan(tmp_path, splits=[0], again=True))
    assert len(jobs) == 3
    assert len(store.read(tmp_path)) == 5


def test_other_options_or_other_rows_are_run(tmp_path: Path, jobs: list[Any]) -> None:
    one = {"variants": ["trimtab"], "splits": [0], "tables": [table(name="small")]}
    runner.run(plan(tmp_path, **one))
    runner.run(plan(tmp_path, **one, options={"lr": 0.1}))
    changed = {**one, "tables": [table(name="small", sha256="2" * 64)], "options": {"lr": 0.1}}
    runner.run(plan(tmp_path, **changed))
    assert len(jobs) == 3
    (newest,) = store.read(tmp_path)
    assert newest["options"] == {"lr": 0.1}
    assert newest["sha256"] == "2" * 64


def test_a_failure_is_told_counted_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(*_: Any) -> dict[str, Any]:
        raise JobFailed("exit status 1, no memory")

    monkeypatch.setattr(runner, "job", failing)
    assert runner.run(plan(tmp_path, splits=[0])) == 3
    assert "small 0 linear: failed: exit status 1, no memory" in capsys.readouterr().out
    assert store.read(tmp_path) == []


def test_a_score_that_is_no_number_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "job", lambda *_: ANSWER | {"rmse": float("nan"), "versions": {}})
    assert runner.run(plan(tmp_path, splits=[0], variants=["linear"])) == 2
    assert store.read(tmp_path) == []
    with pytest.raises(ValueError, match="rmse is nan"):
        store.append(row("houses", 0, "linear", rmse=float("nan")), tmp_path)


def test_rounds_are_interleaved_and_resumed(tmp_path: Path, jobs: list[Any]) -> None:
    quick = plan(tmp_path, variants=["linear", "catboost"], splits=[2])
    assert timing.time(quick, rounds=1) == 0
    timing.time(quick, rounds=2)
    assert jobs == [
        ("small", 0, "linear"),
        ("small", 0, "catboost"),
        ("large", 0, "linear"),
        ("large", 0, "catboost"),
        ("small", 0, "catboost"),
        ("small", 0, "linear"),
        ("large", 0, "catboost"),
        ("large", 0, "linear"),
    ]
    assert store.read(tmp_path) == []
    assert len(store.read(timing.folder_of(tmp_path))) == 8


def test_everyone_has_the_same_number_of_threads() -> None:
    given = runner.environment(2)
    assert {given[name] for name in runner.THREAD_VARIABLES} == {"2"}
