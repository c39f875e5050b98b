"""Stages beside one another: each prints as a whole, all are counted."""

import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def check(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import check

    yield check
    sys.modules.pop("check", None)


def saying(name, status=0):
    code = (
        f"import sys; print('{name} out'); print('{name} err', file=sys.stderr); sys.exit({status})"
    )

    def stage(given):
        given.run(sys.executable, "-c", code)

    return stage


@pytest.fixture
def stages(check, monkeypatch):
    """Two that run beside, one of which fails, and two that are seen while they run."""
    made = {
        "types": saying("types"),
        "native": saying("native"),
        "site": saying("site", 3),
        "python": saying("python"),
    }
    monkeypatch.setattr(check, "STAGES", made)
    return made


def test_every_stage_named_is_one(check):
    assert {*check.BESIDE, *check.ALONE} <= set(check.STAGES)


def test_each_is_counted_and_printed_as_a_whole(check, stages, tmp_path, capfd):
    done = check.run_stages(list(stages), tmp_path)
    assert list(done) == list(stages)
    good, bad = Counter(passed=1), Counter(failed=1)
    assert [counts for _, counts in done.values()] == [good, good, bad, good]
    out = capfd.readouterr().out
    for name in ("types", "site"):
        text = (tmp_path / f"{name}.log").read_text()
        assert f"{name} out\n" in text and f"{name} err\n" in text
        assert out.count(text) == 1
    # What measures time runs once all others are done.
    assert out.index("=== python ===") > max(
        out.index(f"=== {name}: ") for name in stages if name != "python"
    )


@pytest.mark.parametrize(("chosen", "status"), [(["types", "site"], 1), (["types"], 0)])
def test_stages_of_one_kind_run_as_they_are(check, stages, monkeypatch, capfd, chosen, status):
    monkeypatch.setattr(sys, "argv", ["check.py", *chosen])
    monkeypatch.setattr(check.importlib.util, "find_spec", lambda name: check)
    monkeypatch.setattr(check, "origin", "here", raising=False)
    assert check.main() == status
    shown = capfd.readouterr()
    assert shown.err.splitlines() == [f"{name} err" for name in chosen]  # as it is written
    assert (
        shown.out.splitlines()[-1]
        == f"{2 - status if status else 1} passed, {status} failed, 0 skipped"
    )


def test_a_stage_that_breaks_is_not_passed_over(check, stages, tmp_path):
    def broken(given):
        raise RuntimeError("no such tool")

    stages["types"] = broken
    with pytest.raises(RuntimeError, match="no such tool"):
        check.run_stages(list(stages), tmp_path)
