"""Whole numbers of few values as numbers and as categories."""

from __future__ import annotations

import numpy as np
import pytest

import trimtab
from trimtab import tables
from trimtab.tables.preprocessing import Preprocessor, Unseen
from trimtab.tables.preprocessing.also_categories import AlsoCategories, also_categories
from trimtab.tables.preprocessing.numeric import Numeric, fit_numeric

NAN = np.nan


def fitted(values, most=24):
    return also_categories(fit_numeric("hour", values), values, most)


def run(step, values) -> np.ndarray:
    out = np.full((len(values), len(step.columns)), NAN, np.float32)
    step.transform(np.asarray(values, np.float64), out, Unseen())
    return out


HOURS = np.tile([0.0, 7.0, 8.0, 23.0], 10)


def test_a_number_and_a_column_a_value() -> None:
    step = fitted(HOURS)
    assert isinstance(step, AlsoCategories)
    assert [column.name for column in step.columns] == [
        *("hour", "hour = 0", "hour = 7", "hour = 8", "hour = 23")
    ]
    found = run(step, [7.0, 23.0, 5.0, 7.5])
    assert found[:, 1:].tolist() == [[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    plain = fit_numeric("hour", HOURS)
    assert np.array_equal(found[:, :1], run(plain, [7.0, 23.0, 5.0, 7.5]))


def test_missing_cells_are_flagged_and_no_value() -> None:
    values = np.append(HOURS, [NAN, NAN])
    step = fitted(values)
    assert [column.how for column in step.columns][1:] == ["flag"] + ["one-hot"] * 4
    assert run(step, [NAN])[0, 1:].tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("values", "most"),
    [
        (HOURS, None),
        (HOURS, 3),
        (HOURS + 0.5, 24),
        (np.tile([0.0, 1.0], 20), 24),
        (np.full(40, 3.0), 24),
        (np.append(HOURS[:2], [1e300, -1e300, NAN]), 24),
    ],
    ids=["off", "too many", "not whole", "two", "one", "each rare"],
)
def test_other_columns_are_numbers_alone(values, most) -> None:
    step = fitted(values, most)
    assert step is None or type(step) is Numeric


def test_rare_values_have_no_column() -> None:
    step = fitted(np.append(np.tile([1.0, 2.0, 3.0], 200), [4.0, 4.0]))
    assert step.values.tolist() == [1.0, 2.0, 3.0]


def test_values_are_checked() -> None:
    numeric = fit_numeric("hour", HOURS)
    for bad in ([1.0, 2.0], [1.0, 3.0, 2.0], [1.0, 2.0, NAN], [1.0, 1.0, 2.0]):
        with pytest.raises(ValueError, match="values must"):
            AlsoCategories(numeric, np.array(bad))
    with pytest.raises(TypeError, match="float64"):
        AlsoCategories(numeric, np.array([1, 2, 3]))


@pytest.mark.parametrize("scaling", ["standard", "quantile"])
def test_a_preprocessor_keeps_it(scaling) -> None:
    generator = np.random.default_rng(0)
    data = {
        "hour": generator.integers(0, 24, 300).tolist(),
        "size": generator.normal(size=300).tolist(),
        "y": generator.normal(size=300).tolist(),
    }
    table = tables.read(data)
    schema = tables.infer_schema(table, "y")
    made = Preprocessor.fit(table, schema, np.arange(300), scaling=scaling, also_categories=24)
    assert made.describe() == [f"2 numeric columns: {scaling}", "'hour': also one-hot of 24"]
    assert len(made.numbers) == 2 and made.width == 26
    again = Preprocessor.from_record(*made.record(), schema)
    assert np.array_equal(again.transform(table), made.transform(table))
    assert again.columns == made.columns


def test_an_hour_that_is_no_line_is_learned_better_and_saved(tmp_path) -> None:
    generator = np.random.default_rng(1)
    hours = generator.integers(0, 24, 1_000)
    jumps = generator.permutation(24)[hours]
    data = {"hour": hours, "y": jumps + generator.normal(0, 0.1, 1_000)}
    errors = []
    for also in (None, 24):
        predictor = trimtab.train(
            data,
            "y",
            layers="32 relu",
            epochs=30,
            also_categories=also,
            out=tmp_path / "m.trimtab",
            effort="quick",
        )
        assert np.array_equal(
            trimtab.load(tmp_path / "m.trimtab").predict(data), predictor.predict(data)
        )
        errors.append(np.abs(predictor.predict(data).ravel() - data["y"]).mean())
    assert errors[1] < 0.5 * errors[0]
