from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from tests.support.close import assert_close
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.preprocessing.target import Target, fit_target, heavy_tails


@pytest.mark.parametrize("weighted", [False, True])
def test_targets_are_scaled_as_scikit_learn_does(weighted: bool) -> None:
    r = np.random.default_rng(0)
    values = r.gamma(2.0, 300.0, 400)
    weights = r.random(400) if weighted else None
    target = fit_target(values, weights)
    fit = StandardScaler().fit(values.reshape(-1, 1), sample_weight=weights)
    expected = fit.transform(values.reshape(-1, 1))
    scaled = target.scaled(values)
    assert scaled.shape == (400, 1)
    assert scaled.dtype == np.float32
    assert_close(scaled, expected, 1e-7)
    assert_close(target.to_units(expected[:, 0]), values, 1e-14)


def test_targets_far_from_zero_and_close_together_keep_their_differences() -> None:
    values = 1e9 + np.array([0.0, 1.0, 2.0, 3.0])
    target = fit_target(values)
    assert_close(target.scaled(values)[:, 0], [-1.342, -0.447, 0.447, 1.342], 1e-3)
    assert_close(target.to_units(target.scaled(values))[:, 0] - 1e9, [0, 1, 2, 3], 1e-6)
    tiny = fit_target(1.0 + np.array([0.0, 1.0, 2.0]) * 1e-12)
    assert tiny.scale < 1e-11


@pytest.mark.parametrize("factor", [1e-300, 1e-30, 1e30, 1e300])
def test_any_unit_is_a_unit(factor: float) -> None:
    values = np.array([1.0, 2.0, 4.0, 8.0])
    assert_close(
        fit_target(values * factor).scaled(values * factor), fit_target(values).scaled(values), 1e-6
    )


def test_rows_that_weigh_nothing_do_not_make_a_target_constant() -> None:
    target = fit_target(np.array([1.0, 1.0, 9.0]), np.array([1.0, 1.0, 0.0]))
    assert target.shift == 1.0
    assert target.scale > 1


def test_targets_that_are_all_the_same_are_refused() -> None:
    with pytest.raises(
        InvalidData, match=r"all 4 training rows have the target 3\. Train on more rows"
    ):
        fit_target(np.full(4, 3.0))


def test_targets_that_float32_cannot_hold_are_refused() -> None:
    with pytest.raises(InvalidData, match=r"received 1e\+300\. Correct that cell"):
        Target().scaled(np.array([1.0, 1e300]))


def test_classes_stay_what_they_are() -> None:
    assert Target().scaled(np.array([0.0, 2.0])).tolist() == [[0.0], [2.0]]
    assert Target().to_units(np.float32([0.25])).tolist() == [0.25]


def test_heavy_tails_are_said() -> None:
    r = np.random.default_rng(0)
    for light in (r.normal(size=10**5), r.exponential(size=10**4), np.arange(9.0), np.zeros(9)):
        assert heavy_tails(light) == ""
    sentence = heavy_tails(np.append(r.normal(10, 1, 999).round(2), 5000.0))
    assert "it reaches 5,000, while half of the rows are between 9." in sentence


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"shift": 0.0, "scale": 0.0},
        {"shift": 0.0, "scale": -1.0},
        {"shift": None, "scale": 1.0},
        {"shift": 0.0, "scale": 1.0, "power": 2},
        {1: 2.0},
    ],
)
def test_records_of_no_target_are_refused(document) -> None:
    with pytest.raises(InvalidArgument):
        Target.from_record(document)
