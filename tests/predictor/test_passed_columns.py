"""``predict_frame``: identifiers as they came, and the index of the frame that went in."""

import dataclasses
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.support.close import assert_same_bits
from tests.support.predictors import TARGETS, houses, small_predictor

BIG = 2**53 + 1
WANTED = {"regression": {"interval": 0.5}, "binary": {"interval": 0.8, "proba": True}}

INDEXES = {
    "shuffled": pd.Index([9, 3, 7, 1, 5, 2]),
    "named": pd.Index([*"abcdef"], name="row"),
    "not unique": pd.Index([1, 1, 1, 2, 2, 2]),
    "dates": pd.date_range("2020-01-01", periods=6, tz="Europe/Berlin"),
    "gaps": pd.Index([1.5, None, None, 2, 3, 4]),
    "levels": pd.MultiIndex.from_product([["a", "b"], [1, 2, 2]], names=["town", None]),
    "named levels": pd.MultiIndex.from_product([["a", "b"], [1, 2, 2]], names=["one", "two"]),
    "a feature's name": pd.Index([1, 2, 3, 4, 5, 6], name="size"),
}


@pytest.fixture(scope="module")
def prices():
    return small_predictor()


def rows_without_gaps(task="regression"):
    return houses(12, seed=1, task=task).iloc[[1, 2, 3, 4, 5, 6]].drop(columns=TARGETS[task])


@pytest.mark.parametrize("task", WANTED)
@pytest.mark.parametrize("name", INDEXES)
def test_the_index_stays(name, task):
    predictor, frame = small_predictor(task), rows_without_gaps(task)
    expected = predictor.predict(frame)
    frame = frame.set_axis(INDEXES[name])
    before = frame.copy()
    for how in ({}, WANTED[task], {"all_columns": True}):
        found = predictor.predict_frame(frame, **how)
        pd.testing.assert_index_equal(found.index, INDEXES[name])
        assert found["prediction"].tolist() == expected.tolist()
        pieces = [*predictor.predict_chunks(frame, rows=4, **how)]
        assert [len(piece) for piece in pieces] == [4, 2]
        pd.testing.assert_frame_equal(pd.concat(pieces), found)
    assert list(found) == [*before, "prediction"]
    pd.testing.assert_frame_equal(frame, before)


def test_predictions_align_with_the_rows_they_are_of(prices):
    """A column of them can be assigned, as after a split at random."""
    test = houses(60, seed=2).sample(frac=0.4, random_state=1)
    test["prediction"] = prices.predict_frame(test)["prediction"]
    assert_same_bits(test["prediction"].to_numpy(), prices.predict(test.drop(columns="prediction")))


def test_the_index_is_not_called_ignored(prices, recwarn):
    frame = rows_without_gaps().rename_axis("row")
    found = prices.predict_frame(frame)
    assert not recwarn.list
    assert list(found) == ["house", "prediction"]
    asked = prices.predict_frame(frame, ids=["row"])
    assert list(asked) == ["house", "row", "prediction"]
    assert asked["row"].tolist() == frame.index.tolist() == asked.index.tolist()


@pytest.mark.parametrize("container", [pl.DataFrame, pa.Table.from_pandas, dict, None])
def test_sources_without_an_index_count_their_rows(prices, tmp_path, container):
    frame = rows_without_gaps()
    if container is None:
        source = tmp_path / "t.csv"
        frame.to_csv(source, index=False)
    elif container is dict:
        source = {name: frame[name].tolist() for name in frame}
    else:
        source = container(frame.reset_index(drop=True))
    found = prices.predict_frame(source)
    assert found.index.tolist() == [0, 1, 2, 3, 4, 5]
    pieces = pd.concat([*prices.predict_chunks(source, rows=4)])
    assert pieces.index.tolist() == [0, 1, 2, 3, 4, 5]
    assert found["house"].tolist() == frame["house"].tolist() == pieces["house"].tolist()


def test_a_dict_of_series_has_their_index(prices):
    frame = rows_without_gaps()
    found = prices.predict_frame({name: frame[name] for name in frame})
    assert found.index.tolist() == frame.index.tolist()


@pytest.mark.parametrize("rows", [None, 2, 4])
@pytest.mark.parametrize(
    "cells",
    [
        pd.array([BIG, None, BIG + 2, 1, 2, 3], "Int64"),
        np.array([2**63 + value for value in range(6)], np.uint64),
        pd.Categorical(["b", None, "a", "a", "b", "b"]),
        pd.date_range("2020-07-01", periods=6, freq="D", tz="Europe/Berlin"),
        np.array([decimal.Decimal("0.10"), None, [1], b"\xff", "a", 2**70], object),
    ],
    ids=["gaps", "unsigned", "category", "zone", "objects"],
)
def test_identifiers_keep_their_type(prices, cells, rows):
    frame = rows_without_gaps()
    frame["k"] = cells
    if rows is None:
        found = prices.predict_frame(frame, ids=["k"])
    else:
        found = pd.concat([*prices.predict_chunks(frame, ids=["k"], rows=rows)])
    pd.testing.assert_series_equal(found["k"], frame["k"])
    assert list(found) == ["house", "k", "prediction"]


def test_identifiers_known_from_training(prices):
    """Nobody asks for them again, and they need not be text now."""
    frame = rows_without_gaps().assign(house=pd.array([BIG, None, 3, 4, 5, 6], "Int64"))
    found = prices.predict_frame(frame)
    pd.testing.assert_series_equal(found["house"], frame["house"])


def test_a_feature_that_is_passed_through(prices, tmp_path):
    frame = rows_without_gaps()
    found = prices.predict_frame(frame, ids=["size", "town"])
    pd.testing.assert_frame_equal(found[["size", "town"]], frame[["size", "town"]])
    assert_same_bits(found["prediction"].to_numpy(), prices.predict(frame))
    text = frame.astype({"size": str}).assign(size=lambda rows: rows["size"] + "0")
    text.to_csv(tmp_path / "t.csv", index=False)
    written = prices.predict_frame(tmp_path / "t.csv", ids=["size"])
    assert written["size"].tolist() == text["size"].tolist()
    assert_same_bits(written["prediction"].to_numpy(), prices.predict(frame))


def test_a_table_that_was_read(prices):
    from trimtab.tables.files.reading import read

    frame = rows_without_gaps()
    table = read(frame)
    found = prices.predict_frame(table, ids=["town"])
    assert found["town"].tolist() == frame["town"].tolist()
    assert found.index.tolist() == frame.index.tolist()
    assert list(prices.predict_frame(table, all_columns=True)) == [*frame, "prediction"]


@pytest.mark.filterwarnings("ignore::trimtab.errors.PredictionWarning")
@pytest.mark.parametrize("gap", [False, True])
@pytest.mark.parametrize("kind", ["pandas", "objects", "category", "polars", "arrow", "dict"])
def test_booleans_stay_booleans(kind, gap):
    """One missing cell changes no prediction's type."""
    import trimtab

    size = [float(number % 9) for number in range(90)]
    sold = [None if gap and number == 5 else number % 9 > 4 for number in range(90)]
    made = {
        "pandas": lambda: pd.DataFrame({"size": size, "sold": pd.array(sold, "boolean")}),
        "objects": lambda: pd.DataFrame({"size": size, "sold": pd.Series(sold, dtype=object)}),
        "category": lambda: pd.DataFrame({"size": size, "sold": pd.Categorical(sold)}),
        "polars": lambda: pl.DataFrame({"size": size, "sold": sold}),
        "arrow": lambda: pa.table({"size": size, "sold": sold}),
        "dict": lambda: {"size": size, "sold": sold},
    }
    source = made[kind]()
    predictor = trimtab.train(source, "sold", epochs=1, layers="2 relu", effort="quick")
    assert predictor.classes.tolist() == [False, True] and predictor.classes.dtype == np.bool_
    assert predictor.predict(source).dtype == np.bool_
    assert predictor.predict_frame(source)["prediction"].dtype == np.bool_
    sets = predictor.predict_interval(source, 0.5).classes()
    assert {type(label) for labels in sets for label in labels} <= {bool}
    assert predictor.evaluate(source).rows == 90 - gap


@pytest.mark.parametrize("target", ["float", "Int64", "category", "arrow"])
def test_whole_classes_with_a_gap(target):
    import trimtab

    grade = [None if number == 5 else number % 3 + 1 for number in range(90)]
    cells = pd.array(grade, "int64[pyarrow]") if target == "arrow" else pd.Series(grade)
    frame = pd.DataFrame({"size": np.arange(90) % 7.0, "grade": cells})
    if target in ("Int64", "category"):
        frame["grade"] = frame["grade"].astype("Int64").astype(target)
    predictor = trimtab.train(
        frame, "grade", task="multiclass", epochs=1, layers="2 relu", effort="quick"
    )
    assert predictor.classes.tolist() == [1, 2, 3] and predictor.classes.dtype == np.int64
    assert predictor.predict_frame(frame)["prediction"].dtype == np.int64


@pytest.mark.filterwarnings("ignore::trimtab.errors.PredictionWarning")
def test_models_of_booleans_with_gaps_from_before():
    """Their classes are the words False and True, and stay that."""
    before = small_predictor("binary")
    schema = dataclasses.replace(before.schema, classes=("False", "True"), positive=None)
    before.schema = schema
    before.preprocessor = dataclasses.replace(before.preprocessor, schema=schema)
    frame = houses(30, seed=1, task="binary")
    frame["sold"] = pd.array((frame["sold"] == "yes").tolist(), "boolean")
    frame.loc[3, "sold"] = pd.NA
    assert set(before.predict(frame)) <= {"False", "True"}
    assert before.evaluate(frame).rows == 29
