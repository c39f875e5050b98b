"""The arithmetic of comparisons, with rows made by hand."""

import math

import numpy as np
import pytest

from benchmarks.accuracy import coverage, summary
from benchmarks.accuracy.summary import ERRORS, compare, ratios, values

from .made import row, table

ROWS = [
    row("houses", 0, "a", rmse=1.0, mae=0.5),
    row("houses", 1, "a", rmse=3.0, mae=0.5),
    row("houses", 0, "b", rmse=2.0, mae=0.5),
    row("houses", 1, "b", rmse=2.0, mae=1.0),
    row("spam", 0, "a", log_loss=0.9),
    row("spam", 0, "b", log_loss=0.3),
    row("cars", 0, "a", rmse=0.996),
    row("cars", 0, "b", rmse=1.0),
    row("ships", 0, "a", rmse=1.0),
]


def test_splits_are_averaged_before_the_ratio() -> None:
    ours, theirs = values(ROWS, "a", ERRORS), values(ROWS, "b", ERRORS)
    assert ratios(ours, theirs) == {
        "houses": 1.0,
        "spam": pytest.approx(3.0),
        "cars": pytest.approx(0.996),
    }


def test_only_shared_splits_count() -> None:
    ours = {"houses": {0: 1.0, 1: 100.0}}
    assert ratios(ours, {"houses": {0: 2.0, 2: 5.0}}) == {"houses": 0.5}


def test_wins_losses_and_ties() -> None:
    found = compare(values(ROWS, "a", ERRORS), values(ROWS, "b", ERRORS))
    assert found is not None
    assert (found.tables, found.wins, found.losses) == (3, 0, 1)  # cars and houses are ties
    assert found.ratio == pytest.approx((1.0 * 3.0 * 0.996) ** (1 / 3))
    assert found.low <= found.ratio <= found.high
    assert compare(values(ROWS, "a", ["mae"]), values(ROWS, "b", ["mae"])) == summary.Comparison(
        1, 1, 0, pytest.approx(2 / 3), pytest.approx(2 / 3), pytest.approx(2 / 3)
    )


def test_peers_that_share_no_table_are_not_compared() -> None:
    assert compare(values(ROWS, "a", ERRORS), values(ROWS, "c", ERRORS)) is None


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -1.0])
def test_an_error_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="not positive and finite"):
        compare({"houses": {0: wrong}, "cars": {0: 1.0}}, {"houses": {0: 1.0}, "cars": {0: 1.0}})


def test_the_interval_is_that_of_a_bootstrap_over_tables() -> None:
    found = np.exp(np.random.RandomState(1).normal(0.0, 0.2, 200))
    low, high = summary.interval(found)
    middle, width = np.log(found).mean(), 1.96 * np.log(found).std() / math.sqrt(200)
    assert math.log(low) == pytest.approx(middle - width, abs=0.004)
    assert math.log(high) == pytest.approx(middle + width, abs=0.004)
    assert summary.interval(found) == (low, high)


def test_rounds_on_a_quiet_machine_come_before_processor_seconds() -> None:
    rows = [row("houses", 0, "a", cpu_seconds=7.0), row("houses", 1, "a", cpu_seconds=9.0)]
    assert summary.seconds(rows, [], "a") == {"houses": 7.0}
    timed = [
        row("houses", 0, "a", round=turn, fit_seconds=spent, predict_seconds=0.5)
        for turn, spent in enumerate([1.0, 2.0, 30.0], 1)
    ]
    assert summary.seconds(rows, timed, "a") == {"houses": 2.5}


def test_times_are_compared_by_their_geometric_mean() -> None:
    ours, theirs = {"a": 2.0, "b": 8.0, "c": 1.0}, {"a": 1.0, "b": 1.0}
    assert summary.time_ratio(ours, theirs) == pytest.approx(4.0)
    assert summary.time_ratio(ours, {}) is None


def test_coverage_stands_beside_its_binomial_band() -> None:
    low, high = coverage.band(100)
    assert 0.83 <= low < 0.9 < high <= 0.96
    rows = [row("houses", split, "a", coverage=share) for split, share in enumerate([0.7, 0.8])]
    (found,) = coverage.covered(rows, "a", {"houses": table(rows=400)})
    assert found.share == pytest.approx(0.75)
    assert (found.low, found.high) == (low, high)
    assert not found.inside
