"""No suspicion is made by one row, and none that is right is hidden by one."""

import numpy as np
import pytest

from trimtab.tables import inspect, read

N = 300
RNG = np.random.default_rng(11)
NOISE = RNG.normal(size=(N, 3))
Y = 100 + 10 * NOISE[:, 0]


def suspected(x, y):
    found = inspect(read({"x": x, "other": NOISE[:, 2], "y": y}), "y").suspicions
    return [each.what for each in found if each.what in ("leak", "groups", "identifier")]


def with_row(values, cell, row=77):
    values = np.array(values, float)
    values[row] = cell
    return values


LOOSE = {
    "related": 5 * NOISE[:, 0] + 3 * NOISE[:, 1],
    "unrelated": NOISE[:, 1],
    "skewed": np.exp(NOISE[:, 1]),
    "counts": RNG.poisson(3, N).astype(float),
    "mostly zero": np.where(RNG.random(N) < 0.9, 0.0, NOISE[:, 1]),
    "constant but for the row": np.zeros(N),
}


@pytest.mark.parametrize("name", LOOSE)
@pytest.mark.parametrize(("cell", "other"), [(1e9, 1e7), (-1e9, 1e7), (1e9, -1e12), (5e4, 6e5)])
def test_one_extreme_row_makes_no_leak(name, cell, other):
    assert suspected(with_row(LOOSE[name], cell), with_row(Y, other)) == []


def test_three_extreme_rows_make_none():
    x, y = LOOSE["related"].copy(), Y.copy()
    x[[3, 50, 200]], y[[3, 50, 200]] = [1e8, 2e8, 3e8], [1e9, 2e9, 3e9]
    assert suspected(x, y) == []


def test_one_row_of_a_class_makes_none():
    classes = np.zeros(N)
    classes[77] = 1
    assert suspected(with_row(LOOSE["mostly zero"], 1e9), classes) == []


LEAKS = {
    "scale": 3 - 2 * Y,
    "curve": Y**3,
    "equal": Y,
    "rounded": np.round(Y, 3),
    "gaps": np.where(np.arange(N) % 7, 2 * Y, np.nan),
}


@pytest.mark.parametrize("name", LEAKS)
@pytest.mark.parametrize("extreme", [False, True])
def test_leaks_are_still_found(name, extreme):
    y = with_row(Y, 1e6) if extreme else Y
    x = with_row(LEAKS[name], 7e6) if extreme else LEAKS[name]
    assert suspected(x, y) == ["leak"]


def test_a_flag_that_tells_a_rare_class_is_found():
    classes = (np.arange(N) % 40 == 0).astype(float)
    assert suspected(7 * classes + 1, classes) == ["leak"]


def test_outliers_are_named_with_their_place():
    found = inspect(read({"x": with_row(NOISE[:, 1], 1e6), "y": with_row(Y, 1e9)}), "y")
    said = [each.text for each in found.suspicions if each.what == "tails"]
    assert said[0].startswith("Outliers, with standard deviations from the median: x = 1,000,000 (")
    assert ", row 78)" in said[0]
    assert said[1].startswith(
        "The target y has 1 row far from all others (1,000,000,000 in row 78, "
    )
    assert said[1].endswith("the absolute error, weighs all rows alike.")
