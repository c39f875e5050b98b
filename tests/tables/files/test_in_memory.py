"""Arrays, rows and records in memory as tables."""

import collections
import io

import numpy as np
import pandas as pd
import pytest

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files.in_memory import framed, is_row, numbered_names
from trimtab.tables.files.reading import read, read_chunks

Point = collections.namedtuple("Point", ["x", "z"])
ROWS = [[1.5, 2], [3.0, 4]]


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        [(1.5, 2), (3.0, 4)],
        np.array(ROWS),
        np.array(ROWS, dtype=object),
        np.ma.masked_invalid(ROWS),
        [np.array([1.5, 2]), np.array([3.0, 4])],
    ],
)
def test_columns_without_names_are_numbered(rows):
    table = read(rows)
    assert list(table.frame.columns) == ["0", "1"]
    assert table.frame.to_numpy(float).tolist() == [[1.5, 2.0], [3.0, 4.0]]
    assert table.notes == ["Columns of an array are named by their place: the first one is '0'."]
    assert numbered_names(rows)


@pytest.mark.parametrize(
    "rows",
    [
        [{"x": 1.5, "z": "a"}, {"z": "b", "x": 3.0}],
        [Point(1.5, "a"), Point(3.0, "b")],
        [pd.Series({"x": 1.5, "z": "a"}), pd.Series({"x": 3.0, "z": "b"})],
        np.array([(1.5, "a"), (3.0, "b")], dtype=[("x", float), ("z", "U1")]),
    ],
)
def test_records_have_names(rows):
    frame = read(rows).frame
    assert frame["x"].tolist() == [1.5, 3.0] and frame["z"].tolist() == ["a", "b"]
    assert not numbered_names(rows)


def test_a_record_may_lack_a_cell():
    frame = read([{"x": 1}, {"x": 2, "z": 3}]).frame
    assert frame["z"].isna().tolist() == [True, False] and frame["x"].dtype == np.int64


def test_cells_of_rows_keep_their_types():
    frame = read([[2**60 + 1, "a"], [2**60 + 2, "b"]]).frame
    assert frame["0"].tolist() == [2**60 + 1, 2**60 + 2] and frame["1"].tolist() == ["a", "b"]


def test_single_values_are_one_row():
    assert framed({"x": 1, "z": "abc", "when": None}) == {"x": [1], "z": ["abc"], "when": [None]}
    assert is_row({"x": np.float64(2)}) and is_row({"x": np.array(2.0)})
    assert not is_row({"x": [1]}) and not is_row({}) and not is_row({"x": 1, "z": [1, 2]})
    assert len(read({"x": 1, "z": "abc"})) == 1


def test_gaps_of_a_masked_array_are_missing():
    array = np.ma.MaskedArray([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    frame = read(array).frame
    assert np.isnan(frame["1"][0]) and frame["1"][1] == 4 and frame["0"].tolist() == [1, 3]


def test_a_sparse_matrix():
    sparse = pytest.importorskip("scipy.sparse")
    frame = read(sparse.csr_matrix(np.eye(3))).frame
    assert frame["1"].tolist() == [0, 1, 0]
    with pytest.raises(InvalidData, match="too many to write out"):
        read(sparse.csr_matrix((100_000, 100_000)))


def test_what_looks_like_a_tensor():
    class Tensor:
        shape = (2, 2)

        def detach(self):
            return self

        cpu = detach

        def numpy(self):
            return np.array(ROWS)

    assert read(Tensor()).frame["0"].tolist() == [1.5, 3.0]


def test_the_source_is_not_changed():
    array = np.array([[1.0, np.inf], [2.0, 3.0]])
    read(array)
    assert array[0, 1] == np.inf


def test_a_series_is_a_column():
    assert read(pd.Series([1, 2], name="x")).frame["x"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "Pass a data frame or a path"),
        (b"a,b", "pandas.read_csv(io.BytesIO(data))"),
        (io.StringIO("a,b\n1,2"), "pandas.read_csv(data)"),
        ((row for row in ROWS), "Pass list(data)"),
        (pd.DataFrame, "Call it first"),
        (3, "Pass a data frame or a path"),
        (np.float64(3), "a dict of values for one row"),
        ({1, 2}, "Pass pandas.DataFrame(data)"),
        ([1, 2], "numpy.reshape(data, (1, -1)) for one row"),
        (np.zeros(3), "numpy.reshape(data, (-1, 1))"),
        (np.zeros((2, 2, 2)), "numpy.reshape(data, (len(data), -1))"),
        ([[[1], [2]], [[3], [4]]], "numpy.reshape"),
        ([pd.DataFrame({"a": [1]})] * 2, "pandas.concat(data)"),
        ([{"a": 1}, 3], "must hold dicts, or sequences of cells"),
        ({"a": 1, "b": [1, 2]}, "make each column a single value"),
    ],
)
def test_what_is_no_table_is_told_what_to_pass(data, said):
    with pytest.raises(InvalidArgument) as refusal:
        read(data)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "the list is empty"),
        (np.zeros((0, 3)), "0 rows and 3 columns"),
        ([[1, 2], [3]], "rows of 1 to 2 cells"),
        (pd.DataFrame({"a": []}), "has columns but no rows"),
        ("a,b\n1,2\n", "pandas.read_csv(io.StringIO(text))"),
        ("https://example.org/t.csv", "pandas.read_csv('https://example.org/t.csv')"),
    ],
)
def test_what_is_empty_or_no_path(data, said):
    with pytest.raises(InvalidData) as refusal:
        read(data)
    assert said in str(refusal.value)


def test_an_open_file_is_named_by_its_path(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    with path.open() as file, pytest.raises(InvalidArgument) as refusal:
        read(file)
    assert repr(str(path))[1:-1][:50] in str(refusal.value)


def test_columns_are_chosen_by_number_and_by_one_name():
    array = np.arange(12.0).reshape(4, 3)
    assert list(read(array, columns=[0, 2]).frame) == ["0", "2"]
    assert list(read(array, columns=1).frame) == ["1"]
    frame = pd.DataFrame({"ab": [1], "a": [2]})
    assert list(read(frame, columns="ab").frame) == ["ab"]
    assert list(read(frame, columns=frame.columns[:1]).frame) == ["ab"]
    assert [len(part) for part in read_chunks(array, rows=3)] == [3, 1]
