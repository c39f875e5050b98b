"""Runs on one tiny table: stored, resumed, looked at again, and reported."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cli
from benchmarks.coach import job, page, plan, runner, store, summary
from benchmarks.coach.families import FAMILIES
from benchmarks.coach.recipe import train
from benchmarks.coach.remedies import REMEDIES
from benchmarks.coach.runner import Asked

from .made import row, rows


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every table is the same small one; what is trained is noted."""
    trained: list[str] = []

    def verified(run: plan.Run, folder: Path) -> dict[str, Any]:
        trained.append(run.name)
        return _verified(run, folder)

    _verified = job.verified
    monkeypatch.setattr(job, "divided", lambda *_: rows(size=90))
    monkeypatch.setattr(job, "verified", verified)
    monkeypatch.setattr(plan, "tasks", lambda: dict.fromkeys(_tasks, "regression"))
    return trained


_tasks = plan.tasks()


def asked(folder: Path, **changes: Any) -> Asked:
    fields: dict[str, Any] = {"halves": ["choose"], "folder": folder, "results": folder}
    return Asked(**fields | {"labels": ["non-finite-values"], "wanted": 2} | changes)


def test_runs_are_stored_and_not_run_again(tmp_path: Path, tiny: list[str]) -> None:
    store.append(row("diverged", name="no longer planned"), tmp_path)
    runner.run(asked(tmp_path))
    stored = store.read("choose", tmp_path)
    assert len(tiny) == len(stored) >= 2
    counted = summary.counted(stored.values())
    assert len(counted) == 2
    assert all(summary.is_named(each) for each in counted)
    assert {each["coach"] for each in counted} == {store.coach()}
    tiny.clear()
    runner.run(asked(tmp_path))
    assert tiny == []
    runner.run(asked(tmp_path, wanted=3))
    assert len(tiny) >= 1
    lines = store.path_of("choose", tmp_path).read_text().splitlines()
    assert sorted(json.loads(line)["name"] for line in lines) == sorted(
        store.read("choose", tmp_path)
    )


@pytest.mark.parametrize("label", ["dead-units", "jumping-validation", "leaking-column"])
def test_rows_are_plain_data(label: str, tmp_path: Path, tiny: list[str]) -> None:
    runner.run(asked(tmp_path, labels=[label], wanted=1))
    assert store.read("choose", tmp_path)


def test_another_coach_looks_again(
    tmp_path: Path, tiny: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.run(asked(tmp_path))
    tiny.clear()
    monkeypatch.setattr(store, "coach", lambda: "another")
    runner.run(asked(tmp_path))
    assert tiny == []
    counted = summary.counted(store.read("choose", tmp_path).values())
    assert {each["coach"] for each in counted} == {"another"}


def test_a_healthy_run_has_no_twin_and_no_remedy(
    tmp_path: Path, tiny: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = next(r for r in plan.candidates("healthy", "choose") if r.family == "tanh")
    monkeypatch.setattr(job, "REMEDIES", {"lower rate": REMEDIES["lower rate"]})
    found = job.verified(run, tmp_path)
    assert "mended" not in found
    assert found["shown"]
    short = FAMILIES["tanh"].recipe(rows(size=90)).with_(epochs=4, patience=None, rate=0.003)
    monkeypatch.setattr(job, "REMEDIES", {"longer": lambda recipe: recipe.with_(epochs=60)})
    found = job.healthy(short, [train(short, seed) for seed in job.SEEDS])
    assert found["helped"] == ["longer"]
    assert "still-falling" in found["true"]
    assert not found["shown"]


def test_shares_and_intervals() -> None:
    share = summary.Share(8, 10)
    low, high = share.interval
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.9433, abs=1e-4)
    ill = [
        row("input-scales", "input-scales"),
        row("input-scales", "shared-rows", "input-scales"),
        row("input-scales", "diverged", true=["diverged"]),
        row("input-scales", "bias-without-effect/note"),
    ]
    well = [row("healthy"), row("healthy", "constant-columns/note"), row("healthy", "target-scale")]
    ill, well = summary.counted(ill), summary.counted(well)
    assert (summary.recall(ill).count, summary.recall(ill).of) == (2, 4)
    assert [summary.is_first(each) for each in ill] == [True, False, False, False]
    assert [summary.is_other_name(each) for each in ill] == [False, False, True, False]
    assert [summary.false(each) for each in ill] == [[], ["shared-rows"], [], []]
    exact = summary.precision([*ill, *well])
    assert (exact.count, exact.of) == (3, 5)
    assert (summary.silent(well).count, summary.silent(well).of) == (2, 3)


def test_looks_are_kept_apart() -> None:
    seen, refused = row("diverged", "input-scales", "input-scales"), row("labels-mismatch")
    seen["found"]["after"] = [{"code": "diverged", "severity": "error", "evidence": {}}]
    rows = [seen, refused, row("diverged", "diverged", shown=False)]
    assert summary.looks(rows) == ["before", "after"]
    assert [summary.codes(each) for each in summary.counted(rows)] == [["input-scales"], []]
    assert [summary.codes(each) for each in summary.counted(rows, "after")] == [["diverged"], []]
    seen["found"]["watched"] = [{"code": "diverged", "severity": "error", "evidence": {}}]
    assert summary.looks(rows)[-1] == "together"
    (both, _) = summary.counted(rows, "together")
    assert summary.codes(both) == ["diverged", "input-scales"]


def test_a_cause_that_is_true_explains_a_label() -> None:
    rows = [
        row("diverged", "input-scales"),  # explains it, and is one of its other names
        row("dead-units", "nearly-all-dropped"),
        row("stale-statistics", "few-steps"),
    ]
    found = summary.counted(rows)
    assert not any(map(summary.is_named, found))
    assert [summary.is_explained(each) for each in found] == [True, False, True]


def test_page_is_written_between_markers(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- coach: choose -->\nold\n<!-- coach: end choose -->\nafter\n")
    page.write("choose", [row("diverged", "diverged"), row("healthy")] * 5, path)
    text = path.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| `diverged` | 5 | 1 | 1.00 (0.57 to 1.00) | 5 | 5 | 1.00 (0.57 to 1.00) |" in text
    assert "| healthy runs without error or warning | 5 of 5: 1.00 (0.57 to 1.00) |" in text
    with pytest.raises(ValueError, match="no lines <!-- coach: judge -->"):
        page.write("judge", [row("diverged", "diverged")], path)
    with pytest.raises(ValueError, match="python -m benchmarks coach run --half judge"):
        page.write("judge", [], path)


def test_the_held_out_half_needs_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page.md"
    path.write_text("".join(f"<!-- coach: {h} -->\n<!-- coach: end {h} -->\n" for h in plan.HALVES))
    for half in plan.HALVES:
        store.append(row("diverged", "shared-rows", half=half), tmp_path)
    options = ["--results", str(tmp_path), "--page", str(path)]
    assert cli.main(["coach", "report", "--lines", *options]) == 0
    assert path.read_text().count("| `diverged` |") == 1
    assert capsys.readouterr().out.splitlines() == [
        "missed diverged:1: found shared-rows",
        "false shared-rows on diverged:1: {}",
    ]
    cli.main(["coach", "report", "--judge", *options])
    assert path.read_text().count("| `diverged` |") == 2


def test_list_and_unknown_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["coach", "list", "--results", str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(plan.labels())
    with pytest.raises(SystemExit):
        cli.main(["coach", "run", "--labels", "divergence", "--results", str(tmp_path)])
    assert "no label divergence; have healthy" in capsys.readouterr().err
