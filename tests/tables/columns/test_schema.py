"""Schemas: what is inferred, how cells are read by it, and what is refused."""

import copy
import functools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns.column import Column, parse_kind
from trimtab.tables.columns.inference import infer_schema
from trimtab.tables.columns.schema import Schema
from trimtab.tables.datasets import load_concrete, load_red_wine
from trimtab.tables.files.table import BadCell, Table

SPOTIFY = Path(__file__).parents[4] / "shared" / "data" / "spotify.csv"


def make(columns, **fields):
    return Table(pd.DataFrame(columns), "beer.csv", from_lines=True, **fields)


def columns(schema, part):
    return {column.name: getattr(column, part) for column in schema.columns}


def judged(cells):
    """Kind, role and reason of a column beside one of numbers."""
    column = infer_schema(make({"cells": cells, "other": np.linspace(0, 1, len(cells))})).column(
        "cells"
    )
    return column.kind, column.role, column.reason


# -- features -------------------------------------------------------------------------------------

N = 40


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (np.linspace(0, 1, N), "numeric"),
        (np.linspace(0, 1, N).astype(np.float32), "numeric"),
        (np.arange(N)[::-1], "numeric"),
        (np.arange(N) % 20, "integer"),
        (np.arange(N) % 21, "numeric"),
        (np.arange(N) % 3 + 0.5, "numeric"),
        ([1.0, 2.0, np.nan, 3.0] * 10, "integer"),
        ([0, 1] * 20, "integer"),
        ([True, False] * 20, "boolean"),
        (["yes", "no"] * 20, "boolean"),
        (["TRUE", "false", None, "True"] * 10, "boolean"),
        (["yes", "true"] * 20, "category"),
        (["yes", "no", "perhaps", "no"] * 10, "category"),
        (["pop", "rock", None, "pop"] * 10, "category"),
        ([None, "seen"] * 20, "category"),
        ([f"artist {n % 8}" for n in range(N)], "category"),
        ([f"artist {n % 8}" if n < 20 else f"artist {n}" for n in range(N)], "text"),
        (["007", "008"] * 20, "category"),
        (["2019-06-14", "2020"] * 20, "datetime"),
        ([f"{n}/{n}/2020" for n in range(1, 11)] * 4, "datetime"),
        (["14/06/2019", "01/02/2019"] * 20, "datetime"),
        (pd.date_range("2020-01-01", periods=N), "datetime"),
        (pd.date_range("2020-01-01", periods=N, tz="Europe/Berlin"), "datetime"),
        (pd.Categorical(["a", "b"] * 20), "category"),
    ],
)
def test_kinds(cells, kind):
    assert judged(cells)[0] == kind


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([7] * N, "constant: 7 in every row"),
        ([7.5] * N, "constant: 7.5 in every row"),
        (["x"] * N, "constant: 'x' in every row"),
        ([True] * N, "constant: True in every row"),
        ([np.nan] * N, "every cell is missing"),
        ([None] * N, "every cell is missing"),
        (np.arange(N), "counts the rows from 0"),
        (np.arange(N) + 1.0, "counts the rows from 1"),
        ([f"A{n}" for n in range(N)], "identifies rows: 40 different values in 40 rows"),
        (
            [f"cabin {n // 2}" for n in range(N + 4)] + [None] * 10,
            "repeats too seldom to learn from: 22 different values in 44 rows",
        ),
        (
            [f"a sentence about beer {n}" for n in range(N)],
            "free text: 40 different values in 40 rows",
        ),
        (
            ["03/04/2020", "05/06/2020"] * 20,
            "dates with ambiguous day and month; use the type datetime:%d/%m/%Y or "
            "datetime:%m/%d/%Y",
        ),
    ],
)
def test_left_out_with_a_reason(cells, reason):
    assert judged(cells)[1:] == ("dropped", reason)


@pytest.mark.parametrize(
    "cells",
    [
        np.arange(10),  # too few rows to call a counter
        np.arange(N) + 2,
        np.arange(1900, 1900 + N),  # years
        [1950] * (N - 1) + [np.nan],  # that a cell is missing may mean something
    ],
)
def test_kept(cells):
    assert judged(cells)[1] == "feature"


def test_what_is_told_wins():
    cells = {"when": ["03/04/2020", "05/06/2020"] * N, "zip": [10115, 80331] * N}
    cells |= {"row": np.arange(2 * N), "name": [f"n{n}" for n in range(2 * N)], "x": [1.5, 2] * N}
    kinds = {"when": "datetime:%m/%d/%Y", "zip": "category", "row": "numeric"}
    schema = infer_schema(make(cells), kinds=kinds, drop=["x"], ids=["name"])
    assert columns(schema, "kind") == dict(
        zip(cells, ("datetime", "category", "numeric", "text", "numeric"), strict=True)
    )
    assert columns(schema, "role") == dict(
        zip(cells, ("feature", "feature", "feature", "id", "dropped"), strict=True)
    )
    assert schema.column("when").format == "%m/%d/%Y"
    assert schema.column("x").reason == "left out on request"
    assert schema.text_columns == ("when", "zip", "name")


def test_group_time_and_weight_are_no_features():
    cells = {
        "who": [f"n{n // 2}" for n in range(N)],
        "year": np.arange(N) + 1900,
        "w": np.ones(N),
        "x": np.linspace(0, 1, N),
    }
    schema = infer_schema(make(cells), group="who", time="year", weight="w")
    assert columns(schema, "role") == {
        "who": "group",
        "year": "time",
        "w": "weight",
        "x": "feature",
    }
    assert [column.name for column in schema.features] == ["x"]


# -- tables ---------------------------------------------------------------------------------------


def test_red_wine():
    schema = infer_schema(Table(load_red_wine(), "red-wine"), "quality")
    assert (schema.task, schema.target, schema.classes) == ("regression", "quality", ())
    assert {column.kind for column in schema.features} == {"numeric"}
    assert schema.notes == (
        "quality holds 6 distinct whole numbers and is predicted as a number. Use --task "
        "multiclass to predict classes.",
    )


def test_concrete():
    schema = infer_schema(Table(load_concrete(), "concrete"), "CompressiveStrength")
    assert (schema.task, len(schema.features), schema.notes) == ("regression", 8, ())


@pytest.mark.parametrize(
    ("load", "names", "task"),
    [
        (sklearn.datasets.load_breast_cancer, False, "binary"),
        (sklearn.datasets.load_breast_cancer, True, "binary"),
        (sklearn.datasets.load_iris, False, "regression"),
        (sklearn.datasets.load_iris, True, "multiclass"),
        (sklearn.datasets.load_wine, True, "multiclass"),
        (sklearn.datasets.load_digits, False, "regression"),
        (sklearn.datasets.load_diabetes, False, "regression"),
    ],
)
def test_tables_of_scikit_learn(load, names, task):
    data = load(as_frame=True)
    frame = data.frame
    if names:
        frame["target"] = np.asarray(data.target_names, dtype=object)[data.target]
    schema = infer_schema(Table(frame, "table"), "target")
    assert schema.task == task
    if names:
        assert schema.classes == tuple(sorted(data.target_names))
    left_out = {column.name for column in schema.columns if column.role == "dropped"}
    constant = {name for name in frame if frame[name].nunique() == 1}  # corners of digits
    assert left_out == constant


@pytest.mark.skipif(not SPOTIFY.exists(), reason="the lesson's Spotify table is not here")
def test_spotify():
    schema = infer_schema(Table(pd.read_csv(SPOTIFY), "spotify.csv"), "track_popularity")
    assert set(schema.role("dropped")) == {
        *("track_id", "track_name", "track_album_id", "track_album_name")
    }
    assert columns(schema, "kind")["track_artist"] == "category"
    assert columns(schema, "kind")["track_album_release_date"] == "datetime"
    assert schema.task == "regression"


def test_passengers():
    """A table as people have it: names, tickets, cabins, half of them missing."""
    rng = np.random.default_rng(0)
    n = 300
    cabins = [f"{'ABC'[k % 3]}{k}" if k % 4 == 0 else None for k in range(n)]
    cells = {
        "PassengerId": np.arange(n) + 1,
        "Survived": rng.integers(0, 2, n),
        "Pclass": rng.integers(1, 4, n),
        "Name": [f"Family{k}, Mr. John the {k}th" for k in range(n)],
        "Sex": rng.choice(["male", "female"], n),
        "Age": np.where(rng.random(n) < 0.2, np.nan, rng.uniform(1, 80, n)),
        "Ticket": [f"A/5 {20000 + k // 2 * (k % 3 > 0) + k}" for k in range(n)],
        "Cabin": cabins,
        "Embarked": rng.choice(["S", "C", "Q"], n),
    }
    schema = infer_schema(make(cells), "Survived")
    assert schema.role("feature") == ("Pclass", "Sex", "Age", "Embarked")
    assert schema.role("dropped") == ("PassengerId", "Name", "Ticket", "Cabin")
    assert (schema.task, schema.classes) == ("binary", (0, 1))
    assert schema.notes == ("Survived: the positive class is 0, the negative class 1.",)


# -- targets --------------------------------------------------------------------------------------


def with_target(target, **told):
    table = make({"x": np.linspace(0, 1, len(target)), "y": target})
    return table, infer_schema(table, "y", **told)


@pytest.mark.parametrize(
    ("target", "task", "classes"),
    [
        (["no", "yes"] * 10, "binary", ("no", "yes")),
        (["stout", "ale"] * 10, "binary", ("ale", "stout")),
        ([True, False] * 10, "binary", (False, True)),
        ([1, 2] * 10, "binary", (1, 2)),
        ([1.0, 0.0, np.nan, 1.0] * 5, "binary", (0, 1)),
        (["a", "b", None, "c"] * 5, "multiclass", ("a", "b", "c")),
        ([0.5, 1.5] * 10, "regression", ()),
        ([1, 2, 3, 4] * 5, "regression", ()),
    ],
)
def test_task_follows_the_target(target, task, classes):
    _, schema = with_target(target)
    assert (schema.task, schema.classes) == (task, classes)


@pytest.mark.parametrize(
    ("target", "told", "task", "classes"),
    [
        ([3, 1, 2, 1] * 5, {"task": "multiclass"}, "multiclass", (1, 2, 3)),
        ([0.5, 1.0] * 10, {"task": "binary"}, "binary", (0.5, 1)),
        ([0, 1] * 10, {"task": "regression"}, "regression", ()),
        ([True, False] * 10, {"task": "regression"}, "regression", ()),
        (["a", "b"] * 10, {"task": "multiclass"}, "multiclass", ("a", "b")),
        ([3, 1, 2, 1] * 5, {"kinds": {"y": "category"}}, "multiclass", (1, 2, 3)),
        ([0, 1] * 10, {"kinds": {"y": "numeric"}}, "regression", ()),
    ],
)
def test_task_that_is_told(target, told, task, classes):
    table, schema = with_target(target, **told)
    assert (schema.task, schema.classes) == (task, classes)
    assert schema.targets(table).dtype == np.float64


def test_numbers_of_classes():
    table, schema = with_target(["b", "a", None, "c"] * 5)
    rows = schema.usable_rows(table)
    assert rows.tolist() == [0, 1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19]
    assert schema.targets(table, rows[:4]).tolist() == [1, 0, 2, 1]
    assert schema.notes == ("5 rows without y left out.",)


def test_classes_are_found_however_they_are_stored():
    _, schema = with_target([0, 1] * 10)
    for cells in ([1.0, 0.0], ["1", "0"], ["1.0", "0"], [True, False]):
        assert schema.targets(make({"y": cells})).tolist() == [1, 0]
    _, schema = with_target([False, True] * 10)
    for cells in ([True, False], ["True", "False"], ["yes", "no"], [1, 0]):
        assert schema.targets(make({"y": cells})).tolist() == [1, 0]
    _, schema = with_target(["1", "2"] * 10)
    for cells in (["1", "2"], [1, 2], [1.0, 2.0]):
        assert schema.targets(make({"y": cells})).tolist() == [0, 1]


def test_notes_of_classes():
    _, schema = with_target(["ale", "stout"] * 10)
    assert schema.notes == ("y: the positive class is 'stout', the negative class 'ale'.",)
    _, schema = with_target(["a", "b", "c"] * 6 + ["d", "e"])
    assert schema.notes == ("y: only one row has class 'd', 'e'.",)


REFUSED_TARGETS = [
    ([None] * 20, {}, "beer.csv, target 'y': every cell is missing. Name another column."),
    (
        [2] * 20,
        {},
        (
            "beer.csv, target 'y' is 2 in every row, so there is nothing to predict. "
            "Name another column."
        ),
    ),
    (
        ["a"] * 20,
        {},
        (
            "beer.csv, target 'y' is 'a' in every row, so there is nothing to "
            "predict. Name another column."
        ),
    ),
    (
        ["a", "b"] * 10,
        {"task": "regression"},
        "beer.csv, target 'y' holds text such as 'a'. Regression needs numbers. Leave the "
        "task out to predict classes.",
    ),
    (
        ["a", "b", "c", "b"] * 5,
        {"task": "binary"},
        "beer.csv, target 'y' holds 3 classes: 'a', 'b', 'c'. A binary task needs two. Use "
        "task='multiclass'.",
    ),
    (
        [f"n{n}" for n in range(100)],
        {},
        "beer.csv, target 'y' holds 100 distinct values in 100 rows, such as 'n0', 'n1', "
        "'n10' and 97 more: too many to be classes. Name another column.",
    ),
    (
        pd.date_range("2020-01-01", periods=20),
        {},
        "beer.csv, target 'y' holds dates. A target must be numbers or classes.",
    ),
    (
        ["a", "b"] * 10,
        {"kinds": {"y": "text"}},
        "beer.csv, target 'y' cannot be text. A target must be numbers or classes.",
    ),
]


@pytest.mark.parametrize(("target", "told", "message"), REFUSED_TARGETS)
def test_targets_that_cannot_be_predicted(target, told, message):
    assert_refused(InvalidData, message, lambda: with_target(target, **told))


# -- what is told and wrong -----------------------------------------------------------------------

TWO = {"size": np.linspace(0, 1, N), "colour": ["red", "blue"] * 20}


@pytest.mark.parametrize(
    ("told", "error", "message"),
    [
        (
            {"target": "sise"},
            InvalidData,
            "beer.csv has no column 'sise' (target). Did you mean 'size'?",
        ),
        (
            {"drop": ["taste"]},
            InvalidData,
            "beer.csv has no column 'taste' (drop). Its columns are 'size', 'colour'.",
        ),
        (
            {"kinds": {"Size": "category"}},
            InvalidData,
            "beer.csv has no column 'Size' (type). Did you mean 'size'?",
        ),
        (
            {"target": "size", "drop": ["size"]},
            InvalidArgument,
            "column 'size' cannot be both the target and dropped. Choose one.",
        ),
        (
            {"target": "size", "group": "size"},
            InvalidArgument,
            "column 'size' cannot be both the target and the group. Choose one.",
        ),
        (
            {"task": "binary"},
            InvalidArgument,
            ("task='binary' needs a target. Name the column to predict."),
        ),
        (
            {"target": "size", "task": "classes"},
            InvalidArgument,
            "task must be one of 'regression', 'binary', 'multiclass', received 'classes'.",
        ),
        (
            {"kinds": {"size": "category:%d"}},
            InvalidArgument,
            (
                "the type of column 'size': only datetime and numeric take a format, received "
                "'category:%d'. Use 'category'."
            ),
        ),
        (
            {"kinds": {"colour": "numeric"}},
            InvalidData,
            "beer.csv, line 2, column 'colour': 'red' is not a number. 39 more like it. "
            "Correct the cell or leave it empty.",
        ),
        (
            {"kinds": {"colour": "datetime"}},
            InvalidData,
            "beer.csv, line 2, column 'colour': 'red' is not a date. 39 more like it. "
            "Correct the cell or leave it empty.",
        ),
        (
            {"time": "colour"},
            InvalidData,
            "beer.csv: column 'colour' cannot order the rows in time: 'red' is neither a date "
            "nor a number. If it holds dates, give their format: types={'colour': "
            "'datetime:%d/%m/%Y'}.",
        ),
        (
            {"weight": "colour"},
            InvalidData,
            "beer.csv, line 2, column 'colour': 'red' is not a number. 39 more like it. "
            "Correct the cell or leave it empty.",
        ),
        (
            {"target": "size", "drop": ["colour"]},
            InvalidData,
            "beer.csv: no column is left to learn from. Dropped: colour (left out on request).",
        ),
    ],
)
def test_refused(told, error, message):
    told = {"target": None, **told}
    assert_refused(error, message, lambda: infer_schema(make(TWO), **told))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, -2.0], "beer.csv, line 3, column 'w': a weight must be a number of 0 or more, "),
        ([1.0, np.nan], "beer.csv, line 3, column 'w': a weight must be a number of 0 or more, "),
        ([0.0, 0.0], "beer.csv: all weights in column 'w' are 0. At least one must be above 0."),
    ],
)
def test_weights(weights, message):
    with pytest.raises(InvalidData) as refusal:
        infer_schema(make({"x": [1.0, 2.0], "w": weights}), weight="w")
    assert str(refusal.value).startswith(message)


def mistaken(bad):
    cells = [str(n) for n in range(N)]
    for row in bad:
        cells[row] = "1O"
    rows = [BadCell(row, row + 2, "1O") for row in bad]
    frame = {"size": cells, "x": np.linspace(0, 1, N)}
    return make(frame, bad={"size": rows}, bad_counts={"size": len(rows)})


def test_numbers_but_for_one_cell():
    message = (
        "beer.csv, line 19, column 'size': '1O' is not a number, but all other cells of the "
        "column are. Correct it or leave it empty, or use --missing 1O (missing=['1O']) if it "
        "means missing, or --type size=category (types={'size': 'category'}) if the cells are "
        "names."
    )
    schema = infer_schema(mistaken([17]))
    assert schema.column("size").kind == "numeric"
    assert schema.notes == (
        "Column 'size': 1 cell is not a number and counts as missing: '1O' (line 19). Correct it, "
        "or use --missing 1O if it means missing, or --type size=category if the cells are names.",
    )
    assert_refused(InvalidData, message, lambda: infer_schema(mistaken([17]), "size"))
    told = infer_schema(mistaken([17]), kinds={"size": "category"})
    assert told.column("size").role == "feature"
    assert infer_schema(mistaken([17]), drop=["size"]).column("size").role == "dropped"


def test_more_mistakes_than_a_few_are_text():
    schema = infer_schema(mistaken([1, 2, 3, 4, 5]))
    assert schema.column("size").reason == (
        "looks like numbers, but 5 cells are not, such as '1O' (line 3), '1O' (line 4). Correct or "
        "empty them, or use --missing 1O if it means missing"
    )


# -- cells ----------------------------------------------------------------------------------------


def values(kind, cells, decimal=".", pattern="", rows=None):
    schema = Schema((Column("c", kind, "feature", "", pattern),))
    return schema.values(make({"c": cells}, decimal=decimal), "c", rows)


@pytest.mark.parametrize("kind", ["numeric", "integer"])
@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        ([1, 2, 3], "."),
        (np.array([1, 2, 3], np.float32), "."),
        (["1", " 2", "3.0"], "."),
        (["1,0", "2", "3"], ","),
        (pd.array([1, 2, 3], "Int64"), "."),
    ],
)
def test_numbers(kind, cells, decimal):
    found = values(kind, cells, decimal)
    assert found.dtype == np.float64
    assert found.tolist() == [1, 2, 3]


@pytest.mark.parametrize("dtype", [object, "str"])
def test_missing_numbers(dtype):
    found = values("numeric", pd.Series(["1", None, "NA", "?"], dtype=dtype))
    np.testing.assert_array_equal(found, [1, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(values("numeric", [True, False]), [1, 0])


@pytest.mark.parametrize(
    "cells",
    [
        [True, False, True],
        [1, 0, 1],
        ["yes", "no", "YES"],
        ["t", "f", " t"],
        ["1", "0", "1"],
        pd.array([True, False, True], "boolean"),
    ],
)
def test_booleans(cells):
    assert values("boolean", cells).tolist() == [1, 0, 1]


def test_missing_booleans():
    found = values("boolean", ["yes", None, "NA"])
    np.testing.assert_array_equal(found, [1, np.nan, np.nan])
    np.testing.assert_array_equal(values("boolean", [1.0, np.nan]), [1, np.nan])
    np.testing.assert_array_equal(values("boolean", pd.array([True, None], "boolean")), [1, np.nan])


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([3, 4], ["3", "4"]),
        ([3.0, np.nan, 0.5], ["3", None, "0.5"]),
        (np.array([0.1], np.float32), ["0.1"]),
        ([1e300], ["1e+300"]),
        ([True, False], ["True", "False"]),
        (["007", None, "1.50", "NA"], ["007", None, "1.50", "NA"]),
        (pd.Series(["a", None], dtype="str"), ["a", None]),
        (pd.to_datetime(["2020-01-01", None]), ["2020-01-01", None]),
    ],
)
@pytest.mark.parametrize("kind", ["category", "text"])
def test_categories(kind, cells, texts):
    found = values(kind, cells)
    assert found.dtype == object
    assert found.tolist() == texts


@pytest.mark.parametrize(
    ("cells", "pattern"),
    [
        (["2020-04-03", None], ""),
        (["03/04/2020", None], "%d/%m/%Y"),
        (pd.to_datetime(["2020-04-03", None]), ""),
        (pd.to_datetime(["2020-04-03", None]).as_unit("s"), "%d/%m/%Y"),
        (pd.to_datetime(["2020-04-03T02:00:00+02:00", None]), ""),
        (pd.Series([20200403, np.nan]), "%Y%m%d"),
    ],
)
def test_dates(cells, pattern):
    found = values("datetime", cells, pattern=pattern)
    assert found.dtype == "datetime64[ns]"
    np.testing.assert_array_equal(found, np.array(["2020-04-03", "NaT"], "datetime64[ns]"))


def test_rows_are_those_that_are_asked_for():
    assert values("numeric", ["1", "x", "3"], rows=np.array([2, 0])).tolist() == [3, 1]


@pytest.mark.parametrize(
    ("kind", "pattern", "cell", "wanted"),
    [
        ("numeric", "", "x", "a number"),
        ("integer", "", "1 000", "a number"),
        ("boolean", "", "maybe", "yes or no"),
        ("datetime", "", "soon", "a date"),
        ("datetime", "%d/%m/%Y", "12/25/2020", "a date as %d/%m/%Y"),
    ],
)
def test_cells_of_another_kind(kind, pattern, cell, wanted):
    fine = {"boolean": "yes", "datetime": "2020-01-01" if not pattern else "01/01/2020"}
    message = (
        f"beer.csv, line 3, column 'c': {cell!r} is not {wanted}. 1 more like it. "
        "Correct the cell or leave it empty."
    )
    cells = [fine.get(kind, "1"), cell, cell]
    assert_refused(InvalidData, message, lambda: values(kind, cells, pattern=pattern))
    one = message.replace(" 1 more like it.", "")
    half = functools.partial(values, kind, cells, pattern=pattern, rows=np.array([0, 1]))
    if kind == "boolean":
        assert_refused(InvalidData, one, half)
    else:  # not more than half
        assert pd.isna(half()).tolist() == [False, True]


def test_words_that_are_neither_yes_nor_no():
    """They are missing where somebody is told of them; numbers are refused in any case."""
    schema = Schema((Column("c", "boolean", "feature"),))
    heard = []
    table = make({"c": ["yes", "perhaps", None, "NO", "maybe", "perhaps"]})

    def hear(*word, **where):
        heard.append((*word, where))

    found = schema.values(table, "c", unknown=hear)
    np.testing.assert_array_equal(found, [1, np.nan, np.nan, 0, np.nan, np.nan])
    place = {"where": "line 3", "refusal": ""}
    assert heard == [("c", 3, "perhaps", "neither yes nor no", place)]
    schema.values(table, "c", np.array([0, 3]), unknown=hear)
    assert len(heard) == 1
    with pytest.raises(InvalidData, match="2 is not yes or no"):
        schema.values(make({"c": [1, 2]}), "c", unknown=hear)


def test_numbers_that_are_no_truth_values():
    message = (
        "beer.csv, line 3, column 'c': 2 is not yes or no. Correct the cell or leave it empty."
    )
    assert_refused(InvalidData, message, lambda: values("boolean", [1, 2]))


def test_dates_are_no_numbers():
    with pytest.raises(InvalidData, match="line 2, column 'c': 2020-01-01 is not a number"):
        values("numeric", pd.to_datetime(["2020-01-01"]))


def test_targets_that_are_missing_or_unknown():
    _, schema = with_target(["a", "b", "c", "b"] * 5)
    assert_refused(
        InvalidData,
        "beer.csv, line 3, column 'y': 'd' is none of the model's classes: 'a', 'b', 'c'.",
        lambda: schema.targets(make({"y": ["a", "d"]})),
    )
    assert_refused(
        InvalidData,
        "beer.csv, line 3, column 'y': the target is missing. 1 more like it.",
        lambda: schema.targets(make({"y": ["a", None, None]})),
    )
    _, schema = with_target(np.linspace(0, 1, 20))
    assert_refused(
        InvalidData,
        "beer.csv, line 3, column 'y': the target is missing.",
        lambda: schema.targets(make({"y": [1.0, np.nan]})),
    )
    _, schema = with_target([0, 1] * 10)
    assert_refused(
        InvalidData,
        "beer.csv, line 3, column 'y': 'one' is none of the model's classes: 0, 1.",
        lambda: schema.targets(make({"y": ["1", "one"]})),
    )


# -- new tables -----------------------------------------------------------------------------------

PREDICTING = Schema(
    (
        Column("fixed acidity", "numeric", "feature"),
        Column("alcohol", "numeric", "feature"),
        Column("bottle", "text", "id"),
        Column("note", "text", "dropped", "free text"),
        Column("quality", "numeric", "target"),
    ),
    "regression",
)


def test_columns_in_any_order_and_extra_ones():
    table = make({"x": [1], "alcohol": [1], "note": ["n"], "fixed acidity": [1], "y": [2]})
    assert PREDICTING.check(table) == [
        "Columns 'x', 'y' are ignored: the model was not trained with them.",
        "Column 'bottle' cannot be passed through: not in beer.csv.",
    ]
    assert PREDICTING.check(make({"bottle": [1], "alcohol": [1], "fixed acidity": [1]})) == []
    assert PREDICTING.check(table, passed=["y"])[0].startswith("Column 'x' is ignored")


def test_missing_columns_are_all_listed():
    assert_refused(
        InvalidData,
        "beer.csv lacks 2 columns that the model was trained with: 'fixed acidity' (there is "
        "'fixed_acidity'), 'alcohol'. Columns are matched by name, in any order.",
        lambda: PREDICTING.check(make({"fixed_acidity": [1]})),
    )
    assert_refused(
        InvalidData,
        "beer.csv lacks a column that the model was trained with: 'quality'. Columns are matched "
        "by name, in any order.",
        lambda: PREDICTING.check(make({"fixed acidity": [1], "alcohol": [1]}), target=True),
    )


# -- editing and files ----------------------------------------------------------------------------


def test_edit():
    edited = PREDICTING.edit(
        kinds={"alcohol": "category", "note": "category"}, roles={"note": "feature"}
    )
    assert edited.column("alcohol") == Column("alcohol", "category", "feature")
    assert edited.column("note") == Column("note", "category", "feature")
    dropped = PREDICTING.edit(roles={"alcohol": "dropped"}).column("alcohol")
    assert (dropped.role, dropped.reason) == ("dropped", "left out on request")
    assert PREDICTING.column("alcohol").kind == "numeric"


def test_edit_refuses():
    assert_refused(
        InvalidArgument,
        "there is no column 'alcool'. Did you mean 'alcohol'?",
        lambda: PREDICTING.edit(kinds={"alcool": "category"}),
    )
    target = (
        "column 'quality': the target cannot be edited. Infer the schema again with another "
        "target or task."
    )
    for edit in ({"kinds": {"quality": "category"}}, {"roles": {"quality": "feature"}}):
        assert_refused(InvalidArgument, target, lambda edit=edit: PREDICTING.edit(**edit))
    assert_refused(
        InvalidArgument,
        target.replace("quality", "alcohol"),
        lambda: PREDICTING.edit(roles={"alcohol": "target"}),
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"columns": (Column("a", "numeric", "feature"),) * 2},
            "a schema must have each column once, received 'a' twice.",
        ),
        (
            {"columns": (Column("a", "numeric", "time"), Column("b", "numeric", "time"))},
            "only one column can be the time, received 'a', 'b'.",
        ),
        (
            {"columns": (Column("a", "numeric", "target"),)},
            "a schema must have both a task and a target, or neither.",
        ),
        (
            {"columns": (Column("a", "category", "target"),), "task": "binary", "classes": ("a",)},
            "the task 'binary' does not fit 1 classes.",
        ),
        (
            {
                "columns": (Column("a", "category", "target"),),
                "task": "regression",
                "classes": "ab",
            },
            "the task 'regression' does not fit 2 classes.",
        ),
        (
            {
                "columns": (Column("a", "integer", "target"),),
                "task": "multiclass",
                "classes": (1, 1.0),
            },
            "classes must all be different, received (1, 1.0).",
        ),
    ],
)
def test_schemas_that_do_not_fit_together(fields, message):
    assert_refused(InvalidArgument, message, lambda: Schema(**fields))


RECORDS = [
    PREDICTING,
    with_target(["a", "b", "c", "b"] * 5)[1],
    with_target([False, True] * 5)[1],
    with_target([0.5, 1, 2, 1] * 5, task="multiclass")[1],
    Schema((Column("when", "datetime", "feature", "", "%d/%m/%Y"),)),
]


@pytest.mark.parametrize("schema", RECORDS)
def test_records(schema):
    record = schema.record()
    back = Schema.from_record(json.loads(json.dumps(record)))
    assert back == schema
    assert list(map(type, back.classes)) == list(map(type, schema.classes))


JUNK = st.sampled_from(
    [None, True, 0, -1, 2**70, 1.5, float("nan"), float("inf"), "", "x", "target", "datetime"]
) | st.recursive(
    st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
)


@given(data=st.data(), schema=st.sampled_from(RECORDS))
def test_nonsense_is_refused_with_ordinary_errors(data, schema):
    """One value anywhere in the record is replaced, or left out."""
    record = copy.deepcopy(schema.record())
    places = []

    def collect(inside):
        keys = inside if isinstance(inside, dict) else range(len(inside))
        for key in keys:
            places.append((inside, key))
            if isinstance(inside[key], dict | list):
                collect(inside[key])

    collect(record)
    inside, key = data.draw(st.sampled_from(places))
    if data.draw(st.booleans()):
        del inside[key]
    else:
        inside[key] = data.draw(JUNK)
    try:
        Schema.from_record(record)
    except InvalidArgument:
        return
    assert Schema.from_record(record).record() is not None


@pytest.mark.parametrize("record", [None, [], 3, "x", {}, {"columns": [], "notes": []}])
def test_no_record(record):
    with pytest.raises(InvalidArgument):
        Schema.from_record(record)


def test_parse_kind():
    assert parse_kind("a", "category") == ("category", "")
    assert parse_kind("a", "datetime:%d.%m.%Y %H:%M") == ("datetime", "%d.%m.%Y %H:%M")
    for kind in ("catgory", "", None, 3):
        with pytest.raises(InvalidArgument, match="the type of column 'a' must be one of"):
            parse_kind("a", kind)
