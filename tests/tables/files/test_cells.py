"""Text that becomes numbers, objects that become columns."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from trimtab.tables.files import cells, objects


@pytest.fixture(params=[object, "str"])
def series(request):
    return lambda values: pd.Series(values, dtype=request.param)


def test_numbers_as_people_write_them(series):
    values, bad = cells.parse_numbers(series(["1", "-2.5", "+3", ".5", "6.", "1e3", " 7 "]))
    assert values.tolist() == [1, -2.5, 3, 0.5, 6, 1000, 7]
    assert not bad.any()


@pytest.mark.parametrize("spelling", cells.MISSING)
def test_spellings_of_missing_values(series, spelling):
    values, bad = cells.parse_numbers(series(["1", spelling, None]))
    assert np.isnan(values[1:]).all() and values[0] == 1
    assert not bad.any()


@pytest.mark.parametrize(
    "cell", ["x", "1,5", "1 000", "1_000", "0x10", "1.5.2", "12%", "$3", "1e", "--1", "True", "١٢"]
)
def test_what_is_no_number(series, cell):
    values, bad = cells.parse_numbers(series(["1", cell]))
    assert bad.tolist() == [False, True] and np.isnan(values[1])


def test_infinite_numbers_are_missing(series):
    values, bad = cells.parse_numbers(series(["inf", "-Infinity", "+inf"]))
    assert np.isnan(values).all() and not bad.any()


def test_whole_numbers_that_no_float_holds():
    settled = objects.settle_objects([10**400, -(10**400), 1.5], "x", "t")
    assert np.isnan(settled.values[:2]).all() and settled.values[2] == 1.5
    assert settled.infinite == 2


def test_decimal_commas(series):
    values, bad = cells.parse_numbers(series(["1,5", "2", "1.5", "1.234,5"]), ",")
    assert values[:2].tolist() == [1.5, 2] and bad.tolist() == [False, False, True, True]


def test_told_spellings(series):
    values, bad = cells.parse_numbers(series(["1", "unknown", "-999"]), missing=["unknown", "-999"])
    assert values[0] == 1 and np.isnan(values[1:]).all() and not bad.any()


def test_settling_counts_what_it_took_as_missing(series):
    settled = cells.settle_text(series(["1", "NA", "NA", "?", "", "inf", None]), ".")
    assert settled.numeric and settled.spelled == {"NA": 2, "?": 1} and settled.infinite == 1
    assert np.isnan(settled.values[1:]).all()


def test_settling_keeps_text(series):
    settled = cells.settle_text(series(["1", "NA", "x", "2", "3"]), ".")
    assert settled.values.tolist()[:3] == ["1", "NA", "x"] and settled.bad.tolist() == [2]
    assert not cells.settle_text(series(["a", "b", "3"]), ".").bad.size
    assert cells.settle_text(series(["007", "8"]), ".").values.tolist() == ["007", "8"]
    assert not cells.settle_text(series(["123456789012345678901", "1"]), ".").numeric


def test_settling_whole_numbers(series):
    assert cells.settle_text(series(["1", "2"]), ".").values.dtype == np.int64
    assert cells.settle_text(series(["1", ""]), ".").values.dtype == np.float64
    assert cells.settle_text(series(["1", "2.5"]), ".").values.dtype == np.float64


def settle(values, **how):
    return objects.settle_objects(values, "x", "t", **how)


def test_objects_of_one_kind():
    assert settle([1, 2, 3]).values.dtype == np.int64
    numbers = settle([1, 2.5, None, decimal.Decimal("0.5"), float("nan"), np.float32(2)]).values
    assert numbers.tolist()[:2] == [1, 2.5] and np.isnan(numbers[[2, 4]]).all()
    assert settle([True, False]).values.tolist() == [True, False]
    gaps = settle([True, None, False]).values
    assert gaps.dtype == "boolean" and gaps.isna().tolist() == [False, True, False]
    assert gaps[0] is np.True_ and gaps[2] is np.False_
    assert settle(["a", None]).values.tolist() == ["a", None]
    assert settle([None, None]).values.dtype == np.float64


def test_objects_of_time():
    day = datetime.date(2020, 5, 17)
    moments = settle([day, datetime.datetime(2020, 5, 17, 12), pd.Timestamp("2021-01-01"), None])
    assert moments.values.dtype == "datetime64[ns]"
    assert moments.values[0] == np.datetime64("2020-05-17") and np.isnat(moments.values[3])
    assert settle([day, datetime.date(9999, 1, 1)]).values.tolist() == ["2020-05-17", "9999-01-01"]


def test_objects_of_several_kinds():
    mixed = settle([1, 2.0, 2.5, True, "x", None])
    assert mixed.values.tolist()[:5] == ["1", "2", "2.5", "True", "x"]
    assert settle([1, "NA", 3]).values.tolist()[::2] == [1, 3]
    assert settle([1, 2, 3, "x"]).bad.tolist() == [3]


def test_numbers_written_as_text_in_a_sheet():
    assert settle(["1", "2.5"], written=True).values.tolist() == [1, 2.5]
    assert settle(["1", "2.5"]).values.tolist() == ["1", "2.5"]
    assert settle(["01", "2"], written=True).values.tolist() == ["01", "2"]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ([1], "lists"),
        ({"a": 1}, "structs"),
        ((1,), "lists"),
        (np.zeros(2), "lists"),
        ({1}, "sets"),
        (b"x", "bytes"),
        (1j, "complex numbers"),
    ],
)
def test_objects_that_are_no_cells_are_not_read(cell, what):
    settled = settle([cell, None, cell, 1])
    assert settled.unread is not None and settled.unread.what == what
    assert np.isnan(settled.values).all() and len(settled.values) == 4


def test_a_single_list_is_a_mistake_among_numbers():
    settled = settle([1, [2, 3], 4, 5])
    assert settled.unread is None and settled.bad.tolist() == [1]
    assert settled.values[1] == "[2, 3]"


def test_numbers_too_large_for_64_bits():
    assert settle([2**70, 1]).values.tolist() == [str(2**70), "1"]
    assert settle([2.0**70, 1.5]).values.tolist() == [2.0**70, 1.5]
