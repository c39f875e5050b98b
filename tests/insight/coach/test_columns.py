"""Columns measured in float64, from what was given where that has more digits."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.support.close import assert_close
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidData
from trimtab.insight.coach.columns import GivenTable


def given(kind):
    x = np.random.default_rng(0).normal(size=(101, 3)) + np.array([0.0, 1e8, -5.0])
    kinds = {
        "array": x,
        "frame": pd.DataFrame(x, columns=["a", "b", 7]),
        "list": x.tolist(),
        "sparse": sparse.csr_matrix(x),
    }
    return x, kinds[kind]


@pytest.mark.parametrize("kind", ["array", "frame", "list", "sparse"])
def test_measured_as_numpy_does(kind):
    x, table = given(kind)
    columns = GivenTable(table, "x", 3, slice(10, None)).columns
    exact = kind in ("array", "frame")
    x = (x if exact else x.astype(np.float32).astype(np.float64))[10:]
    assert_close(columns.mean, x.mean(axis=0), 1e-12)
    assert_close(columns.deviation, x.std(axis=0), 1e-7)
    assert_close(columns.size, np.sqrt(np.square(x).mean(axis=0)), 1e-12)
    np.testing.assert_array_equal(columns.low, x.min(axis=0))
    np.testing.assert_array_equal(columns.high, x.max(axis=0))
    assert columns.missing.sum() == columns.infinite.sum() == 0 and not columns.binary.any()
    assert (columns.deviation[1] > 0.5) == exact or columns.deviation[1] > 0


def test_what_is_not_finite_is_counted_and_left_out():
    x = np.array([[1.0, np.nan, 0.0], [3.0, np.nan, 1.0], [np.inf, np.nan, 1.0], [np.nan, 1, 1]])
    columns = GivenTable(x, "x").columns
    assert columns.missing.tolist() == [1, 3, 0] and columns.infinite.tolist() == [1, 0, 0]
    assert columns.mean.tolist()[:2] == [2.0, 1.0] and columns.deviation.tolist()[:2] == [1.0, 0.0]
    assert columns.others.tolist() == [1, 0, 1] and columns.binary.tolist() == [False, True, True]


def test_a_column_without_values_is_nan():
    columns = GivenTable(np.full((3, 1), np.nan), "x").columns
    assert np.isnan(columns.mean[0]) and columns.missing[0] == 3 and columns.others[0] == 0


def test_a_constant_column_has_deviation_0():
    assert GivenTable(np.full((1000, 1), 0.1), "x").columns.deviation[0] == 0.0


@pytest.mark.parametrize(
    "y", [[1.0, 2.0], np.array([1, 2]), pd.Series([1, None], dtype="Int64"), [[1.0], [2.0]]]
)
def test_targets_of_any_kind(y):
    table = GivenTable(y, "y")
    assert table.values.shape == (2, 1) and table.column(0) == "column 0"


def test_names_of_columns():
    _, frame = given("frame")
    table = GivenTable(frame, "x", 3)
    assert [table.column(i) for i in range(3)] == ["a", "b", "7"]
    assert [table.label(i) for i in range(3)] == ["a", "b", 7]


def test_keys_are_the_same_for_equal_rows_alone():
    x, y = (
        GivenTable([[0.0, 1.0], [-0.0, 1.0], [0.0, 1.0], [1.0, 0.0]], "x"),
        GivenTable([1, 1, 2, 1], "y"),
    )
    keys = x.keys(y)
    assert keys[0] == keys[1] and len(set(keys)) == 3


def test_rows_of_different_lengths_are_refused():
    assert_refused(
        InvalidData,
        "x is a list of rows of different lengths. Every row needs the same columns.",
        lambda: GivenTable([[1.0], [1.0, 2.0]], "x"),
    )
