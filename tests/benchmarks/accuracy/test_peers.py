"""Splits, scores, columns and options, and the peers that need nothing but scikit-learn."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from benchmarks.accuracy import fetch, job, options, peers, scores
from benchmarks.accuracy.cli import main
from benchmarks.accuracy.columns import Categorical, Medians, as_text, spread
from benchmarks.accuracy.scores import NotFinite
from benchmarks.accuracy.splits import divide

from .made import frame, package, table


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small loops of many threads wait for each other on a busy machine."""
    with threadpool_limits(1):
        yield


ANSWERS = pd.Series([1.0, 2.0, 4.0])
LABELS = pd.Series(["a", "b", "b", "a"])


def test_a_quarter_is_held_out_without_its_answers() -> None:
    rows, answers = divide(frame(), table(), 1)
    assert (len(rows.train), len(rows.held_out)) == (90, 30)
    assert "price" not in rows.held_out
    assert len(answers) == 30
    assert not set(rows.train["id"]) & set(rows.held_out["id"])
    again, _ = divide(frame(), table(), 1)
    pd.testing.assert_frame_equal(again.train, rows.train)
    other, _ = divide(frame(), table(), 2)
    assert set(other.held_out["id"]) != set(rows.held_out["id"])


def test_classes_are_stratified() -> None:
    rare = frame().assign(dear=["rare"] * 8 + ["usual"] * 112)
    rows, answers = divide(rare, table(target="dear", task="binary"), 0)
    assert rows.labels == ("rare", "usual")
    assert (answers == "rare").sum() == 2


def test_scores_of_numbers() -> None:
    found = scores.of_numbers(ANSWERS, np.array([1.0, 2.0, 1.0]))
    assert found["rmse"] == pytest.approx(np.sqrt(3))
    assert found["mae"] == pytest.approx(1.0)
    assert found["r2"] == pytest.approx(1 - 9 / (14 / 3))


def test_scores_of_classes() -> None:
    chances = np.array([[0.8, 0.2], [0.4, 0.6], [0.6, 0.4], [1.0, 0.0]])
    found = scores.of_classes(LABELS, chances, ("a", "b"))
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.6, 0.4, 1.0]).mean(), abs=1e-6)
    assert found["accuracy"] == 0.75
    assert found["auc"] == 1.0


def test_a_certain_mistake_costs_the_same_for_everyone() -> None:
    found = scores.of_classes(LABELS[:1], np.array([[0.0, 1.0, 0.0]]), ("a", "b", "c"))
    assert found["log_loss"] == pytest.approx(-np.log(scores.SMALLEST), abs=1e-5)
    assert "auc" not in found


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_predictions_that_are_no_numbers_fail(wrong: float) -> None:
    with pytest.raises(NotFinite, match="1 predictions are not finite"):
        scores.of_numbers(ANSWERS, np.array([1.0, wrong, 2.0]))
    with pytest.raises(NotFinite, match="not finite"):
        scores.of_classes(LABELS[:1], np.array([[wrong, 0.5]]), ("a", "b"))
    with pytest.raises(NotFinite, match="shape"):
        scores.of_numbers(ANSWERS, np.array([1.0]))


def test_coverage_counts_both_ends() -> None:
    lower, upper = np.array([1.0, 3.0, 0.0]), np.array([1.0, 4.0, 9.0])
    assert scores.coverage(ANSWERS, lower, upper) == pytest.approx(2 / 3)


def test_peers_get_dates_as_numbers_and_gaps_as_they_like() -> None:
    made = frame().assign(sold=pd.to_datetime(frame()["sold"])).drop(columns="id")
    plain = spread(made)
    assert plain.shape[1] == made.shape[1] + 3  # day, year, month, weekday
    assert plain["c2"].iloc[1] - plain["c2"].iloc[0] == 1.0
    assert as_text(plain)["c1"].iloc[5] == "missing"
    assert not Medians(plain)(plain)["c0"].isna().any()
    few = Categorical(plain, most=1)(plain)
    assert len(few["c1"].cat.categories) == 1
    unseen = plain.assign(c1="castle")
    assert Categorical(plain)(unseen)["c1"].isna().all()


@pytest.mark.parametrize("variant", ["linear", "hist-boosting", "mlp"])
def test_a_peer_learns_numbers(tmp_path: Path, variant: str) -> None:
    listed = package(tmp_path / "packages")
    fetch.fetch(listed, tmp_path)
    found = job.run(listed, 0, variant, {}, tmp_path)
    assert found["r2"] > (-3 if variant == "mlp" else 0.5)  # 67 rows are few for a network
    assert found["versions"].keys() == {"scikit-learn"}
    assert found["fit_seconds"] > 0


@pytest.mark.parametrize("variant", ["linear", "hist-boosting"])
def test_a_peer_learns_classes(tmp_path: Path, variant: str) -> None:
    changes = {"target": "dear", "task": "binary", "drop": {"price": "tells the target"}}
    listed = package(tmp_path / "packages", **changes)
    fetch.fetch(listed, tmp_path)
    found = job.run(listed, 0, variant, {}, tmp_path)
    assert found["log_loss"] < 0.6
    assert found["auc"] > 0.8


def test_trimtab_is_scored_with_its_intervals(tmp_path: Path) -> None:
    listed = package(tmp_path / "packages")
    fetch.fetch(listed, tmp_path)
    found = job.run(listed, 0, "trimtab:short", {"epochs": 3, "classes.lr": 1.0}, tmp_path)
    assert np.isfinite(found["rmse"])
    assert 0.0 <= found["coverage"] <= 1.0


def test_options_are_read_and_kept_to_their_task() -> None:
    given = options.parse("committee=4 numbers.loss=mae classes.lr=0.1 layers='64 relu, 32 relu'")
    assert given["layers"] == "64 relu, 32 relu"
    assert options.applied(given, table()) == {
        "committee": 4,
        "loss": "mae",
        "layers": "64 relu, 32 relu",
    }
    assert options.applied(given, table(task="binary"))["lr"] == 0.1
    for wrong in ("committee", "=4", "ponies.lr=1"):
        with pytest.raises(ValueError, match="is no option: use name=value"):
            options.parse(wrong)


def test_an_unknown_peer_or_table_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError, match="no peer moon; have linear"):
        peers.entry_of("moon:quick")
    for words in (["--peers", "moon"], ["--tables", "moon"], ["--options", "lr=1"]):
        with pytest.raises(SystemExit):
            main(["run", *words])
    said = capsys.readouterr().err
    assert "no peer moon" in said
    assert "no table moon" in said
    assert "--options are trimtab's" in said
