from __future__ import annotations

import numpy as np
import pytest
from sklearn.impute import SimpleImputer

from tests.support.close import assert_close
from trimtab.core.records import from_record
from trimtab.errors import InvalidArgument
from trimtab.tables.preprocessing.numeric import Numeric, fit_boolean, fit_numeric
from trimtab.tables.preprocessing.scaling import Unscaled
from trimtab.tables.preprocessing.step import Unseen

NAN = np.nan


def run(step, values, unseen: Unseen | None = None) -> np.ndarray:
    out = np.full((len(values), len(step.columns)), NAN, np.float32)
    step.transform(np.asarray(values, np.float64), out, Unseen() if unseen is None else unseen)
    return out


def test_missing_cells_take_the_median_and_are_flagged_as_scikit_learn_has_it() -> None:
    r = np.random.default_rng(0)
    for rows in (20, 21):
        values = np.where(r.random(rows) < 0.3, NAN, r.gamma(2.0, size=rows))
        later = np.array([NAN, 0.5, NAN, 3.0])
        step = fit_numeric("size", values, "none")
        imputer = SimpleImputer(strategy="median", add_indicator=True).fit(values.reshape(-1, 1))
        assert_close(run(step, later), imputer.transform(later.reshape(-1, 1)), 1e-7)
        assert [column.name for column in step.columns] == ["size", "size missing"]
        assert [column.how for column in step.columns] == ["raw", "flag"]


def test_the_fill_is_scaled_like_a_cell() -> None:
    step = fit_numeric("size", np.array([1.0, NAN, 5.0, 9.0]))
    assert run(step, [NAN])[0, 0] == run(step, [5.0])[0, 0]


def test_scaling_sees_present_cells_and_their_weights_only() -> None:
    values, weights = np.array([1.0, NAN, 2.0, 4.0]), np.array([1.0, 50.0, 1.0, 2.0])
    present = ~np.isnan(values)
    step = fit_numeric("size", values, "standard", weights)
    plain = fit_numeric("size", values[present], "standard", weights[present])
    assert step.scaling == plain.scaling


def test_missing_cells_without_a_flag_are_counted() -> None:
    step = fit_numeric("size", np.array([1.0, 2.0, 4.0]))
    unseen = Unseen()
    found = run(step, [NAN, 2.0, NAN], unseen)
    assert found.shape == (3, 1)
    assert found[0, 0] == found[1, 0]
    assert unseen.missing == {"size": 2}
    assert unseen.sentences() == [
        "Column 'size': 2 cells are missing, but none in the training rows; counted as 2."
    ]


def test_a_column_with_nothing_in_it_makes_no_step() -> None:
    assert fit_numeric("size", np.full(5, NAN)) is None
    assert fit_numeric("size", np.full(5, 3.0)) is None
    assert fit_boolean("old", np.full(5, NAN)) is None
    assert fit_boolean("old", np.ones(5)) is None


def test_of_a_constant_column_with_gaps_the_flag_is_left() -> None:
    for step in (
        fit_numeric("size", np.array([3.0, NAN, 3.0])),
        fit_boolean("size", np.array([1.0, NAN, 1.0])),
    ):
        assert [column.name for column in step.columns] == ["size missing"]
        assert run(step, [NAN, 3.0]).tolist() == [[1.0], [0.0]]


def test_booleans_stay_and_missing_ones_take_the_more_frequent() -> None:
    for values in ([0, 1, 1, NAN], [0, 0, 1, NAN], [0, 1, NAN]):
        column = np.array(values, np.float64)
        step = fit_boolean("old", column)
        imputer = SimpleImputer(strategy="most_frequent", add_indicator=True)
        expected = imputer.fit_transform(column.reshape(-1, 1))
        assert run(step, column).tolist() == expected.tolist()


def test_the_median_of_numbers_whose_sum_overflows() -> None:
    step = fit_numeric("size", np.array([1.6e308, 1.7e308, NAN]))
    assert_close(step.fill, 1.65e308, 1e-15)


@pytest.mark.parametrize(
    "arguments",
    [
        {"source": 3},
        {"fill": "2"},
        {"fill": NAN},
        {"flagged": 1},
        {"scaling": None, "flagged": False},
    ],
)
def test_what_is_no_step_is_refused(arguments) -> None:
    good = {"source": "size", "fill": 2.0, "flagged": False, "scaling": Unscaled()}
    from_record(Numeric, {}, **good)
    with pytest.raises(InvalidArgument):
        from_record(Numeric, {}, **(good | arguments))
