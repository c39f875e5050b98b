"""Plain rows become the inputs that a table of them would; see tests/predictor for whole rows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.close import assert_same_bits
from trimtab.tables.columns.inference import infer_schema
from trimtab.tables.columns.schema import Schema
from trimtab.tables.files.reading import read
from trimtab.tables.preprocessing.few_rows import MOST_ROWS, FewRows
from trimtab.tables.preprocessing.preprocessor import Preprocessor

COLUMNS = {
    "size": [1.0, 2.0, 3.0, 4.5] * 5,
    "hole": [None, 2.0, 5.0, 3.0] * 5,
    "hue": ["red", "blue"] * 10,
    "code": [7, 8] * 10,
    "tax": ["yes", "no"] * 10,
    "y": [5, 6, 8, 9] * 5,
}
ROW = {"size": 2.5, "hole": 4.0, "hue": "red", "code": 7, "tax": "no"}


@pytest.fixture(scope="module")
def preprocessor() -> Preprocessor:
    table = read(COLUMNS)
    schema = infer_schema(table, "y", kinds={"hue": "category", "code": "category"})
    return Preprocessor.fit(table, schema, np.arange(20))


@pytest.fixture(scope="module")
def few(preprocessor: Preprocessor) -> FewRows:
    return FewRows(preprocessor, preprocessor.schema)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"size": 3, "hole": None},
        {"hole": float("nan")},
        {"hole": np.float64(2), "size": np.int64(-4)},
        {"size": -0.0, "hole": True},
        {"code": 7.0},
        {"code": "8"},
        {"tax": "Yes"},
        {"tax": True},
        {"tax": 0.0},
        {"y": 3},
    ],
)
def test_plain_cells_are_taken(few: FewRows, preprocessor: Preprocessor, change) -> None:
    row = ROW | change
    inputs = few.inputs(row)
    assert inputs is not None and inputs.dtype == np.float32 and inputs.flags.c_contiguous
    assert_same_bits(inputs, preprocessor.transform(read(row)))


@pytest.mark.parametrize(
    "change",
    [
        {"size": None},  # a remark: none in training
        {"size": float("inf")},
        {"size": 2.0**53},
        {"size": 10**400},
        {"size": "2.5"},
        {"size": np.float32(2.5)},
        {"size": [2.5]},
        {"hue": "green"},
        {"hue": None},
        {"hue": ""},
        {"code": "7.0"},
        {"tax": "maybe"},
        {"tax": "1"},
        {"tax": 2},
        {"y": float("inf")},
        {"y": "5 kg"},
        {"extra": 1},
        {" size": 1},
    ],
)
def test_others_are_left_to_the_table(few: FewRows, change) -> None:
    assert few.inputs(ROW) is not None
    assert few.inputs(ROW | change) is None


def test_cells_of_a_column_are_one_column(few: FewRows, preprocessor: Preprocessor) -> None:
    rows = [ROW, ROW | {"hole": None, "size": 3, "hue": "blue"}, ROW | {"tax": "YES", "code": 8}]
    inputs = few.inputs(rows)
    assert inputs is not None
    assert_same_bits(inputs, preprocessor.transform(read(rows)))
    assert few.inputs([ROW, ROW | {"code": "8"}]) is None  # numbers beside text
    assert few.inputs([ROW, ROW | {"tax": True}]) is None


@pytest.mark.parametrize("data", [[], {}, "wine.csv", None, [1, 2], [[1, 2]], (ROW,), [ROW, 3]])
def test_what_is_no_list_of_dicts_is_left(few: FewRows, data) -> None:
    assert few.inputs(data) is None


def test_columns_that_are_missing_are_left(few: FewRows) -> None:
    for name in ROW:
        assert few.inputs({each: cell for each, cell in ROW.items() if each != name}) is None


def test_few_rows_are_few(few: FewRows) -> None:
    assert few.inputs([ROW] * MOST_ROWS) is not None
    assert few.inputs([ROW] * (MOST_ROWS + 1)) is None


def test_spellings_of_missing_values_are_left(preprocessor: Preprocessor) -> None:
    told = FewRows(preprocessor, preprocessor.schema, ("red",))
    assert told.inputs(ROW) is None
    assert told.inputs(ROW | {"hue": "blue"}) is not None


def test_another_schema_is_left(preprocessor: Preprocessor) -> None:
    schema = preprocessor.schema
    other = Schema(schema.columns[1:], schema.task)
    assert FewRows(preprocessor, schema).possible
    assert not FewRows(preprocessor, other).possible


def test_an_infinite_number_is_no_category() -> None:
    table = read(COLUMNS | {"hue": ["red", "inf"] * 10})
    schema = infer_schema(table, "y", kinds={"hue": "category", "code": "category"})
    few = FewRows(Preprocessor.fit(table, schema, np.arange(20)), schema)
    assert few.inputs(ROW | {"hue": "inf"}) is not None
    assert few.inputs(ROW | {"hue": float("inf")}) is None  # there is a remark on it
