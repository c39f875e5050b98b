"""Several targets: which columns are meant, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from tests.support.refusals import assert_refused
from trimtab import tables
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns.inspection import inspect
from trimtab.tables.columns.schema import Schema
from trimtab.tables.columns.several_targets import named_targets
from trimtab.tables.columns.suspicions import suspicions

ROWS = 60


def frame_of(**columns):
    """Two columns of numbers to predict, one to learn from, and others."""
    generator = np.random.default_rng(0)
    plain = {
        "x": generator.normal(size=ROWS),
        "a": generator.normal(size=ROWS),
        "b": generator.integers(0, 1000, ROWS),
    }
    return pd.DataFrame({**plain, **columns})


def schema_of(frame, target=("a", "b"), **told):
    return tables.infer_schema(tables.read(frame), target, **told)


@pytest.mark.parametrize(
    ("target", "columns", "names"),
    [
        ("a", ["a", "b"], ("a",)),
        ("a,b", ["b", "a"], ("a", "b")),
        (" b ,a", ["a", "b"], ("b", "a")),
        ("a,b", ["a,b", "c"], ("a,b",)),
        ("a,b", ["a,b", "a", "b"], ("a,b",)),
        ("a,b,c", ["a,b", "c"], ("a", "b", "c")),  # refused afterwards, by the missing names
        (("b", "a"), ["a", "b"], ("b", "a")),
        (("c", "a, b"), ["a", "b", "c"], ("c", "a", "b")),
        (("c", "a,b"), ["a", "b", "a,b", "c"], ("c", "a,b")),
        (None, ["a"], ()),
        ("Umsatz, netto", ["Umsatz, netto", "x"], ("Umsatz, netto",)),
        ("x, y", ["z"], ("x, y",)),
    ],
)
def test_a_text_names_a_column_or_several(target, columns, names):
    assert named_targets(target, columns)[0] == names


@pytest.mark.parametrize("target", ["a,a", "a,", ",a", "a,,b"])
def test_lists_with_gaps_and_repeats_are_refused(target):
    with pytest.raises(InvalidArgument, match=r"several targets must be different columns"):
        named_targets(target, ["a", "b"])


def test_a_column_with_a_comma_in_its_name_is_meant_and_that_is_said():
    frame = frame_of().assign(**{"a,b": np.arange(float(ROWS)) ** 2})
    schema = schema_of(frame, "a,b")
    assert schema.target == "a,b"
    assert schema.notes == (
        "'a,b' is the column of that name. To predict 'a' and 'b' instead, write "
        'target = ["a", "b"]: in Python, or in a file for --config.',
    )
    assert schema_of(frame.drop(columns="b"), "a,b").notes == ()
    assert schema_of(frame, ["a", "b"]).target_names == ("a", "b")


def test_targets_keep_the_order_in_which_they_are_told():
    frame = frame_of()
    for order in (("a", "b"), ("b", "a")):
        schema = schema_of(frame, order)
        assert schema.target_names == order
        assert schema.target is None
        assert [column.name for column in schema.features] == ["x"]
        expected = frame[list(order)].to_numpy(np.float64)
        np.testing.assert_array_equal(schema.targets(tables.read(frame)), expected)
        assert Schema.from_record(schema.record()) == schema
        assert schema.for_target("b").target == "b"
        assert len(schema.for_target("b").columns) == 2


def test_whole_numbers_floats_and_booleans_with_a_task_are_numbers():
    frame = frame_of(c=np.arange(ROWS) % 7, d=np.arange(ROWS) % 2, e=np.arange(ROWS) % 3 == 0)
    schema = schema_of(frame, ["c", "d", "e", "a"], task="regression")
    assert [schema.column(name).kind for name in "cdea"] == [
        *("integer", "integer", "boolean", "numeric")
    ]
    assert set(schema.targets(tables.read(frame))[:, 2]) == {0.0, 1.0}
    assert schema.notes == ()  # no advice on classes, which several targets cannot be
    told = schema_of(frame, ["c", "d"], kinds={"d": "numeric"})
    assert told.task == "regression"


def test_rows_with_a_gap_in_any_target_are_left_out_and_said():
    frame = frame_of()
    frame.loc[[1, 2], "a"] = np.nan
    frame["b"] = frame["b"].astype("Int64")
    frame.loc[[2, 9], "b"] = pd.NA
    table = tables.read(frame)
    schema = tables.infer_schema(table, ["a", "b"])
    assert schema.notes == (
        "3 rows without all targets left out (missing: a in 2, b in 2). A model for each target "
        "would use the rows of the others.",
    )
    rows = schema.usable_rows(table)
    assert set(range(ROWS)) - set(rows) == {1, 2, 9}
    assert np.isfinite(schema.targets(table, rows)).all()
    with pytest.raises(InvalidData, match=r"'a': the target is missing"):
        schema.targets(table)


def test_targets_that_never_stand_in_one_row_are_refused():
    frame = frame_of()
    frame.loc[: ROWS // 2, "a"] = np.nan
    frame.loc[ROWS // 2 :, "b"] = np.nan
    assert_refused(
        InvalidData,
        "the data frame: no row has all targets: 'a' and 'b'. Train a model for each.",
        lambda: schema_of(frame),
    )


HOLDS = {
    "text": (
        np.where(np.arange(ROWS) % 3, "red", "blue"),
        r"target 'k' holds text \('blue', 'red'\), and several targets at once must all be "
        r"numbers\. Train a model for 'k' and another for 'a'\.",
    ),
    "two whole numbers": (
        np.arange(ROWS) % 2,
        r"holds classes \(0, 1\), .* Predict it as a number with task='regression' \(--task "
        r"regression\), or train a model for 'k' and another for 'a'\.",
    ),
    "booleans": (np.arange(ROWS) % 2 == 0, r"holds classes \(True, False\), .* task='regression'"),
    "dates": (pd.date_range("2020", periods=ROWS), r"target 'k' holds dates, which cannot be"),
    "dates in text": (
        pd.date_range("2020", periods=ROWS).strftime("%d.%m.%Y"),
        r"target 'k' holds dates, which cannot be predicted\. Leave it out of the targets\.",
    ),
    "nothing": (np.full(ROWS, np.nan), r"target 'k': every cell is missing"),
    "one number": (np.full(ROWS, 3.5), r"target 'k' is 3\.5 in every row"),
}


@pytest.mark.parametrize("what", HOLDS)
def test_what_is_no_number_is_named_and_refused(what):
    cells, text = HOLDS[what]
    with pytest.raises(InvalidData, match=text):
        schema_of(frame_of(k=cells), ["a", "k"])


def test_a_mistake_in_a_file_is_named_with_its_line(tmp_path):
    path = tmp_path / "t.csv"
    frame_of(k=[*np.arange(ROWS - 1) * 1.5, "n. k."]).to_csv(path, index=False)
    with pytest.raises(InvalidData, match=r"line 61, column 'k': 'n\. k\.' is not a number"):
        tables.infer_schema(tables.read(path), ["a", "k"])


def test_a_number_that_is_told_to_be_a_category_is_refused():
    with pytest.raises(InvalidData, match=r"target 'b' holds classes .* Train a model for 'b'"):
        schema_of(frame_of(), kinds={"b": "category"})
    with pytest.raises(
        InvalidArgument, match=r"several targets must be numbers, received task='mul"
    ):
        schema_of(frame_of(), task="multiclass")


def test_names_that_are_not_there_and_two_roles_are_refused():
    with pytest.raises(InvalidData, match=r"has no column 'c' \(target\)"):
        schema_of(frame_of(), "a,c")
    with pytest.raises(InvalidData, match=r"has no column 'u,v' \(target\)"):
        schema_of(frame_of(), "u,v")
    with pytest.raises(InvalidArgument, match=r"'b' cannot be both the target and the weight"):
        schema_of(frame_of(), weight="b")


def test_leaks_and_tails_are_looked_for_in_each_target():
    frame = frame_of()
    frame["a2"] = frame["a"] * 3 + 1
    frame["b"] = frame["b"].astype(float)
    frame.loc[5, "b"] = 1e9
    frame["copy"] = frame["b"]
    table = tables.read(frame)
    schema = tables.infer_schema(table, ["a", "b"])
    found = [(each.what, each.columns) for each in suspicions(table, schema)]
    assert ("leak", ("a2",)) in found
    assert ("leak", ("copy",)) in found
    assert ("tails", ("b",)) in found
    assert ("tails", ("a",)) not in found
    assert len(found) == len(set(found))
    texts = [each.text for each in suspicions(table, schema) if each.what == "leak"]
    assert texts[0].startswith("a2 is a on another scale")
    assert texts[1].startswith("copy equals the target b")


def test_groups_whose_rows_share_a_target_name_that_target():
    group = np.repeat(np.arange(30), 4)
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "x": generator.normal(size=120),
            "shop": [f"shop {number}" for number in group],
            "a": generator.normal(size=120),
            "b": generator.normal(size=30)[group],
        }
    )
    table = tables.read(frame)
    schema = tables.infer_schema(table, ["a", "b"])
    (found,) = suspicions(table, schema, only=["groups"])
    assert "Rows of one shop have the same b." in found.text
    assert "the same a" not in found.text


def test_inspect_knows_both():
    found = inspect(tables.read(frame_of()), ("b", "a"))
    assert found.record()["target"] == ["b", "a"]
    assert [column.role for column in found.columns].count("target") == 2
    assert inspect(tables.read(frame_of()), "a").record()["target"] == "a"
    assert inspect(tables.read(frame_of())).record()["target"] is None


def test_a_schema_of_classes_has_one_target():
    record = schema_of(frame_of()).record()
    with pytest.raises(InvalidArgument, match=r"only numbers can be predicted several at once"):
        Schema.from_record({**record, "task": "binary", "classes": ["u", "v"]})
