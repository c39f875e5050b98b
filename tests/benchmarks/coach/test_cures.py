"""Remedies on one sick run, their ranking, and the claims of coachings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.coach import claims, cures, job, page, plan, store, summary
from benchmarks.coach.families import FAMILIES
from trimtab.coaching.prescribing import RANK

from .made import row, rows


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table is the same small one."""
    monkeypatch.setattr(job, "divided", lambda *_: rows(size=160))


def sick(label: str, way: str) -> plan.Run:
    return plan.Run(label, way, "abalone", "small-relu", 160, 0, "choose")


def test_the_right_remedy_cures_and_others_do_not() -> None:
    found = cures.cures(sick("nothing-to-train", "frozen-network"), Path())
    closed = {each["name"]: each["closed"] for each in found["tried"]}
    assert closed["unfreeze"] == pytest.approx(1)
    assert max(value for name, value in closed.items() if name.endswith("rate")) < cures.CURED
    assert "nothing-to-train" in next(
        each["codes"] for each in found["tried"] if each["name"] == "unfreeze"
    )
    assert min(found["sick"]) > max(found["mended"])


@pytest.mark.parametrize("way", ["labels-of-minus-one-and-one", "labels-as-text"])
def test_what_a_trial_cannot_train_is_left_out(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "divided", lambda *_: rows(2, size=160))
    found = cures.cures(sick("labels-mismatch", way), Path())
    assert found["left out"] and found["tried"] == []


def test_a_run_without_a_difference_is_left_out() -> None:
    found = cures.cures(sick("duplicate-rows", "files-joined-twice"), Path())
    assert found["left out"] == "the mended run is not clearly better"


def tried(name: str, *closed: float, code: str = "overfitting") -> list[dict[str, Any]]:
    return [
        {"tried": [{"name": name, "codes": [code], "closed": each, "edit": name}]}
        for each in closed
    ]


def test_those_that_cure_more_runs_come_first() -> None:
    found = cures.ranked(
        [*tried("units", 0.7, 0.7, 0.7), *tried("dropout", 0.9, 0.1, -40), *tried("epochs", 1, 1)]
    )
    assert [each.name for each in found["overfitting"]] == ["epochs", "dropout", "units"]
    first = found["overfitting"][1]
    assert (first.tried, first.cured) == (3, 1)
    assert first.closed == pytest.approx(0)


def test_one_run_does_not_outweigh_many() -> None:
    found = cures.ranked(
        [*tried("units", *[0.9] * 9, 0.1), *tried("epochs", 1), *tried("depth", 0)]
    )
    assert [each.name for each in found["overfitting"]] == ["units", "epochs", "depth"]
    assert cures.order(tried("units", 1, 1)) == {}


def test_of_two_edits_of_one_name_the_better_one_counts() -> None:
    (once,) = cures.ranked(
        [{"tried": [*tried("rate", 0.1)[0]["tried"], *tried("rate", 0.95)[0]["tried"]]}]
    )["overfitting"]
    assert (once.tried, once.cured) == (1, 1)


def test_the_coach_ranks_remedies_as_measured() -> None:
    """Where there is evidence, the order of the trials is that of the committed results."""
    measured = cures.order(cures.read(store.RESULTS).values())
    assert measured
    assert {code: RANK[code] for code in measured} == measured


def test_claims_are_checked_on_rows_that_no_coaching_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "TRIALS", 24)
    monkeypatch.setattr(claims, "EPOCHS", 2)
    run = plan.Run("healthy", "", "abalone", "small-relu", 160, 0, "choose")
    assert set(FAMILIES) >= {run.family}
    found = claims.same(run, 0, Path())
    assert found["winner"] == "base" or found["helped"]
    assert found["pairs"] > 2


def test_claims_are_counted() -> None:
    made = [
        {"kind": "real", "winner": winner, "gained": gained, "error": 0.1}
        for winner, gained in (
            ("base", 0.0), ("epochs", 1.0), ("units", -0.1), ("depth", -1.0), ("rate", np.nan),
        )
    ]  # fmt: skip
    found = claims.summed([*made, {"kind": "same", "winner": "seed"}], "real")
    shares = (found.claimed, found.false, found.surely)
    assert [each.count for each in shares] == [4, 3, 1]
    assert {each.of for each in shares} == {5}
    assert claims.summed([{"kind": "same", "winner": "seed"}], "same").false == summary.Share(1, 1)


def test_the_page_has_both_tables(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("<!-- coach: cures -->\n<!-- coach: end cures -->\n")
    found = [row("overfitting") | each for each in tried("dropout", 0.9, 0.1)]
    page.replace("cures", page.cured(found), path)
    assert "| `overfitting` | 2 | `dropout` | 1 of 2 | 0.50 |" in path.read_text()
    with pytest.raises(ValueError, match="no lines"):
        page.replace("claims", page.claimed([]), path)
