"""Rows as users have them, in the columns of training."""

import numpy as np
import pandas as pd
import pytest

from trimtab.errors import InvalidData
from trimtab.tables import Column, Schema
from trimtab.tables.columns.matching import like_trained

SCHEMA = Schema(
    (
        Column("x", "numeric", "feature"),
        Column("flat", "numeric", "dropped", "constant"),
        Column("z", "numeric", "feature"),
        Column("y", "numeric", "target"),
    ),
    "regression",
)


@pytest.mark.parametrize(
    ("width", "names", "said"),
    [
        (2, ["x", "z"], "the columns that the model uses"),
        (3, ["x", "flat", "z"], ""),
        (4, ["x", "flat", "z", "y"], "all columns of training"),
    ],
)
def test_columns_of_an_array_by_their_number(width, names, said):
    table, notes = like_trained(SCHEMA, np.arange(2.0 * width).reshape(2, width))
    assert list(table) == names and list(table[names[-1]]) == [width - 1, 2 * width - 1]
    assert (said in notes[0]) if said else notes == []


def test_another_number_is_refused():
    with pytest.raises(InvalidData, match="5 columns, and the model was trained with 2: 'x', 'z'"):
        like_trained(SCHEMA, np.zeros((2, 5)))


def test_a_series_is_a_row_or_the_only_column():
    row = pd.Series({"x": 1, "z": "a", "y": 3})
    assert like_trained(SCHEMA, row)[0] == {"x": [1], "z": ["a"], "y": [3]}
    column, _ = like_trained(SCHEMA, pd.Series([1, 2], name="x"))
    assert column["x"].tolist() == [1, 2]
    with pytest.raises(InvalidData, match=r"series.to_numpy\(\).reshape\(1, -1\)"):
        like_trained(SCHEMA, pd.Series([1, 2]))


def test_frames_without_names_are_refused_and_the_remedy_works():
    frame = pd.DataFrame([[1, 2, 3]])
    with pytest.raises(InvalidData, match=r"data.to_numpy\(\)"):
        like_trained(SCHEMA, frame)
    assert list(like_trained(SCHEMA, frame.to_numpy())[0]) == ["x", "flat", "z"]


def test_named_columns_pass():
    frame = pd.DataFrame({"z": [1], "x": [2], "more": [3]})
    assert like_trained(SCHEMA, frame)[0] is frame
    assert like_trained(SCHEMA, "t.csv") == ("t.csv", [])
