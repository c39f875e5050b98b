"""X and y as one table."""

import numpy as np
import pandas as pd
import pytest

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files.joining import answers_of, joined

X = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=[7, 8, 9])
Y = pd.Series([10, 20, 30], index=[7, 8, 9], name="price")


@pytest.mark.parametrize(
    ("y", "name"),
    [
        (Y, "price"),
        (Y.rename(None), "target"),
        (Y.rename(2), "2"),
        (Y.to_frame(), "price"),
        (Y.to_numpy(), "target"),
        (Y.to_numpy()[:, None], "target"),
        ([10, 20, 30], "target"),
        ([[10], [20], [30]], "target"),
        ((10, 20, 30), "target"),
        ({"cost": [10, 20, 30]}, "cost"),
        (pd.Index([10, 20, 30], name="cost"), "cost"),
        (pd.array([10, 20, 30]), "target"),
    ],
)
def test_answers_of_every_kind(y, name):
    table, found = joined(X, y)
    assert found == name
    assert list(table[name]) == [10, 20, 30] and list(X) == ["x"]


def test_tables_of_every_kind():
    for inputs in ({"x": [1.0, 2, 3]}, np.ones((3, 1)), [{"x": 1.0}] * 3, [[1.0]] * 3):
        table, name = joined(inputs, [10, 20, 30])
        assert name == "target" and list(table["target"]) == [10, 20, 30]


def test_frames_of_polars_and_arrow():
    polars, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    frame = polars.DataFrame({"x": [1.0, 2, 3]})
    for inputs in (frame, frame.lazy()):
        table, name = joined(inputs, polars.Series("price", [10, 20, 30]))
        assert name == "price" and table["price"].to_list() == [10, 20, 30]
    table, name = joined(frame.to_arrow(), pa.array([10, 20, 30]))
    assert name == "target" and table["target"].to_pylist() == [10, 20, 30]
    assert joined(frame, frame.rename({"x": "y"}))[1] == "y"


def test_types_and_gaps_stay():
    y = pd.Series(["a", None, "b"], index=X.index, dtype="category")
    assert joined(X, y)[0]["target"].dtype == "category"
    whole = pd.Series([1, None, 3], index=X.index, dtype="Int64")
    assert joined(X, whole)[0]["target"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("y", [Y.reset_index(drop=True), Y[::-1], Y.rename(index={7: 70})])
def test_another_index_is_refused_and_both_remedies_work(y):
    with pytest.raises(InvalidData, match=r"y.loc\[X.index\].*y.to_numpy\(\)"):
        joined(X, y)
    assert list(joined(X, y.to_numpy())[0]["target"]) == list(y)
    if set(y.index) == set(X.index):
        assert list(joined(X, y.loc[X.index])[0]["price"]) == [10, 20, 30]


@pytest.mark.parametrize("y", [[1, 2], np.ones(4), Y[:2].to_numpy()])
def test_another_length_is_refused(y):
    with pytest.raises(InvalidData, match=r"X has 3 rows and y [24] values"):
        joined(X, y)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ("price", "one value for each row"),
        (3, "one value for each row"),
        (None, "one value for each row"),
        ((value for value in Y), r"Pass list\(y\)"),
    ],
)
def test_what_holds_no_answers(y, said):
    with pytest.raises(InvalidArgument, match=said):
        joined(X, y)


TWO = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}, index=X.index)


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (TWO, ("a", "b")),
        (TWO.to_dict("list"), ("a", "b")),
        (TWO.to_numpy(), ("target_1", "target_2")),
        (TWO.to_numpy().tolist(), ("target_1", "target_2")),
    ],
)
def test_several_columns_of_answers(y, names):
    table, found = joined(X, y)
    assert found == names
    assert [list(table[name]) for name in names] == [[1, 2, 3], [4, 5, 6]]
    again, found = joined(X, y, names[::-1])
    assert found == names[::-1] and list(again[names[0]])[-1] in (3, 6)


def test_several_answers_must_be_those_of_training():
    with pytest.raises(InvalidArgument, match="must have the columns 'a', 'c', received 'a', 'b'"):
        joined(X, TWO, ("a", "c"))
    with pytest.raises(InvalidArgument, match="a column for each of 'a', 'c', received one"):
        joined(X, Y, ("a", "c"))


def test_a_file_has_its_answers_inside():
    with pytest.raises(InvalidArgument, match=r"trimtab.tables.read\('t.csv'\).frame"):
        joined("t.csv", [1])


def test_answers_among_the_inputs_are_refused():
    with pytest.raises(InvalidArgument, match=r"X.drop\(columns='x'\)"):
        joined(X, Y.rename("x"))
    with pytest.raises(InvalidArgument, match="Give y a name"):
        joined(X.rename(columns={"x": "target"}), [1, 2, 3])


def test_known_answers_may_be_there_already():
    table = X.assign(price=Y)
    assert joined(table, Y, "price")[0] is table
    assert joined({"x": [1], "price": [None]}, [None], "price")[1] == "price"
    with pytest.raises(InvalidArgument, match="Leave y out"):
        joined(table, [1, 2, 3], "price")


def test_answers_without_rows_keep_their_type():
    assert answers_of([True, False]).values.dtype == bool
    assert answers_of(["a", "b"]).values.tolist() == ["a", "b"]
    assert answers_of([2**60 + 1]).values.tolist() == [2**60 + 1]
