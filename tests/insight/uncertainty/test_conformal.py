"""The conformal quantile: small cases by hand, and the promise kept on exchangeable scores."""

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.insight.uncertainty.conformal import check_level, group_numbers, quantile, rows_needed


@pytest.mark.parametrize(
    ("level", "needed"),
    [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99), (2 / 3, 2), (0.07, 1)],
)
def test_rows_needed(level, needed):
    assert rows_needed(level) == needed
    scores = np.arange(float(needed))
    assert quantile(scores, level) == needed - 1  # the largest, and no more than that


@pytest.mark.parametrize(
    ("n", "level", "rank"),
    # ceil((n + 1) level), by hand
    [(9, 0.9, 9), (19, 0.9, 18), (20, 0.9, 19), (99, 0.9, 90), (99, 0.07, 7), (10, 0.5, 6)],
)
def test_rank(n, level, rank):
    scores = np.random.default_rng(0).permutation(n) + 1.0
    assert quantile(scores, level) == rank


def test_ties():
    assert quantile(np.array([1.0, 1, 1, 1, 1, 1, 1, 1, 2]), 0.8) == 1


def test_groups_of_one_row_are_rows():
    scores = np.random.default_rng(1).normal(size=57)
    groups = group_numbers(np.random.default_rng(2).permutation(57), 57)
    assert quantile(scores, 0.9, groups) == quantile(scores, 0.9)


def test_groups_by_hand():
    # Three groups, level 0.5: half of the weight 4 is 2. Scores in order weigh
    # 1/2 (b), 1 (c), 1/2 (b), 1/3 (a), 1/3 (a), 1/3 (a): the third reaches it.
    scores = np.array([7.0, 6.0, 5.0, 1.0, 4.0, 3.0])
    groups = group_numbers(["a", "a", "a", "b", "b", "c"], 6)
    assert quantile(scores, 0.5, groups) == 4
    # A hair more of it takes the next one.
    assert quantile(scores, 0.51, groups) == 5


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("n", [19, 40, 101])
def test_coverage_of_exchangeable_scores(level, n):
    """Mean coverage is between level and level + 1 / (n + 1), up to sampling error."""
    generator = np.random.default_rng(n)
    runs = 4000
    scores = generator.exponential(size=(runs, n + 1))
    held = np.mean([row[-1] <= quantile(row[:-1], level) for row in scores])
    error = np.sqrt(level * (1 - level) / runs)
    assert level - 4 * error <= held <= level + 1 / (n + 1) + 4 * error


def test_coverage_of_new_groups():
    """Rows of a group resemble each other, and groups differ in size: new groups are covered."""
    generator = np.random.default_rng(5)
    level, runs, held, pooled = 0.9, 3000, 0, 0
    for _ in range(runs):
        sizes = generator.integers(1, 30, size=21)
        # Large groups are easier: counting rows instead of groups would promise too much.
        own = np.abs(generator.normal(size=21)) * np.where(sizes > 10, 0.3, 2.0)
        scores = np.repeat(own, sizes) + 0.01 * np.abs(generator.normal(size=sizes.sum()))
        numbers = np.repeat(np.arange(21), sizes)
        known = numbers < 20
        new = scores[numbers == 20][0]
        held += new <= quantile(scores[known], level, numbers[known])
        pooled += new <= quantile(scores[known], level)
    error = np.sqrt(level * (1 - level) / runs)
    assert level - 4 * error <= held / runs <= 0.97
    assert pooled / runs <= level - 4 * error


def test_refusals():
    assert_refused(
        InvalidData,
        "level=0.9 needs at least 9 calibration rows, received 8. Use level=0.88, or set more "
        "of them aside.",
        lambda: quantile(np.zeros(8), 0.9),
    )
    assert_refused(
        InvalidData,
        "level=0.9 needs at least 9 groups of calibration rows, received 2. Use level=0.66, or "
        "set more of them aside.",
        lambda: quantile(np.zeros(50), 0.9, np.arange(50) % 2),
    )
    assert_refused(
        InvalidArgument,
        "level must be a number between 0 and 1, both excluded, received 90. Use level=0.9 for "
        "90 %.",
        lambda: check_level(90),
    )
    for level in (0, 1, 1.0, -0.5, float("nan"), "0.9", True, None):
        assert_refused(
            InvalidArgument,
            f"level must be a number between 0 and 1, both excluded, received {level!r}.",
            lambda level=level: check_level(level),
        )
    assert_refused(
        InvalidData,
        "groups must hold one value per row, shape (3,), received shape (2,).",
        lambda: group_numbers([1, 2], 3),
    )
    assert_refused(
        InvalidData,
        "groups must hold either numbers or texts, received both.",
        lambda: group_numbers(np.array(["a", 1, None], object), 3),
    )
