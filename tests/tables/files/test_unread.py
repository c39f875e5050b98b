"""Columns whose cells are not read: lists, structs, maps, bytes."""

import json

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidData
from trimtab.tables import infer_schema, inspect, read, read_chunks
from trimtab.tables.columns.schema import Schema

pa = pytest.importorskip("pyarrow")
ROWS = 60


def arrow_table(**more):
    plain = {"x": [float(row % 7) for row in range(ROWS)], "y": [float(row) for row in range(ROWS)]}
    return pa.table({**more, **plain})


def nested():
    return {
        "list": pa.array([[1.0, 2.0]] * ROWS),
        "fixed": pa.array([[1.0, 2.0]] * ROWS, pa.list_(pa.float64(), 2)),
        "large": pa.array([["a"]] * ROWS, pa.large_list(pa.string())),
        "struct": pa.array([{"u": 1}] * ROWS),
        "map": pa.array([[("a", 1)]] * ROWS, pa.map_(pa.string(), pa.int64())),
        "binary": pa.array([b"x"] * ROWS),
        "fixed binary": pa.array([b"xy"] * ROWS, pa.binary(2)),
        "interval": pa.array([(1, 2, 3)] * ROWS, pa.month_day_nano_interval()),
    }


SAID = {
    "list": "lists",
    "fixed": "lists",
    "large": "lists",
    "struct": "structs",
    "map": "maps",
    "binary": "bytes",
    "fixed binary": "bytes",
    "interval": "values of type month_day_nano_interval",
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    from pyarrow import parquet

    path = tmp_path_factory.mktemp("unread") / "all.parquet"
    columns = {name: column for name, column in nested().items() if name != "interval"}
    parquet.write_table(arrow_table(**columns), path)
    return path


def test_they_are_left_out_with_a_word(saved):
    table = read(saved)
    schema = infer_schema(table, "y")
    assert [column.name for column in schema.features] == ["x"]
    for name in table.skipped:
        assert schema.column(name).reason.startswith(f"{SAID[name]}; ")
    assert list(table.skipped) == [name for name in SAID if name != "interval"]


@pytest.mark.parametrize("name", SAID)
def test_drop_reaches_them(name):
    table = read(arrow_table(**{name: nested()[name]}))
    schema = infer_schema(table, "y", drop=[name])
    assert schema.column(name).reason == "left out on request"


@pytest.mark.parametrize("role", ["target", "group", "time", "weight", "kinds"])
def test_where_the_cells_are_needed_it_is_refused(role):
    table = read(arrow_table(emb=nested()["list"]))
    told = {"target": "y", role: {"emb": "numeric"} if role == "kinds" else "emb"}
    with pytest.raises(InvalidData, match=r"column 'emb' \(\w+\) holds lists\. Spread it over"):
        infer_schema(table, **told)


def test_training_predicting_and_chunks(saved, tmp_path):
    predictor = trimtab.train(
        saved, "y", epochs=1, layers="4 relu", drop=["list", "map"], effort="quick"
    )
    whole = predictor.predict(saved)
    parts = predictor.predict_chunks(saved, rows=25)
    assert np.array_equal(pd.concat(parts)["prediction"].to_numpy(), whole)
    assert [len(part.skipped) for part in read_chunks(saved, rows=25)] == [7, 7, 7]


@pytest.mark.filterwarnings("ignore::trimtab.errors.PredictionWarning")
def test_lists_where_the_model_needs_numbers():
    predictor = trimtab.train(arrow_table(), "y", epochs=1, layers="4 relu", effort="quick")
    with pytest.raises(InvalidData, match=r"column 'x' \(feature\) holds lists.*plain cells"):
        predictor.predict({"x": [[1.0], [2.0]]})


def frame_of_objects():
    lists = pd.Series([[row] for row in range(ROWS)], dtype=object)
    return pd.DataFrame({"emb": lists, "x": np.arange(ROWS) % 7.0, "y": np.arange(ROWS) * 1.0})


def test_other_containers(tmp_path):
    polars = pytest.importorskip("polars")
    rows = [{"emb": {"a": row}, "x": row % 7, "y": row + 0.5} for row in range(ROWS)]
    lines = tmp_path / "rows.jsonl"
    lines.write_text("\n".join(map(json.dumps, rows)))
    columns = {"emb": [[1]] * ROWS, "x": [row % 7 for row in range(ROWS)], "y": np.arange(ROWS)}
    for source in (lines, polars.DataFrame(rows), frame_of_objects(), columns):
        table = read(source)
        assert set(table.skipped) == {"emb"}
        assert [column.name for column in infer_schema(table, "y").features] == ["x"]


def test_inspect_lists_them(saved):
    found = inspect(read(saved), "y")
    reasons = {column.name: column.reason for column in found.columns}
    assert reasons["list"] == "lists; spread it over several columns to use it"


def test_identifiers_may_be_anything():
    schema = infer_schema(read(arrow_table(emb=nested()["binary"])), "y", ids=["emb"])
    assert isinstance(schema, Schema) and schema.role("id") == ("emb",)


def test_uuids_are_text():
    import uuid

    ids = [uuid.UUID(int=row) for row in range(ROWS)]
    table = read(arrow_table(id=pa.array([each.bytes for each in ids], pa.uuid())))
    assert table.frame["id"].tolist() == list(map(str, ids))
