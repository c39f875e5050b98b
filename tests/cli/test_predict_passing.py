"""``trimtab predict`` passes columns through as they are, in chunks of any size."""

import csv
import datetime
import decimal
import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from pyarrow import feather

from tests.support.predictors import houses, small_predictor

BIG = 2**53 + 1
ROWS = 6
MOMENT = datetime.datetime(2020, 7, 1, 12, tzinfo=datetime.timezone.utc)  # noqa: UP017

COLUMNS = {
    "number": pa.array([12, None, BIG, 1, 2, 3], pa.int64()),
    "key": pa.array([2**63 + row for row in range(ROWS)], pa.uint64()),
    "amount": pa.array([decimal.Decimal("0.10")] * 5 + [None], pa.decimal128(22, 2)),
    "at": pa.array([MOMENT] * ROWS, pa.timestamp("us", tz="Europe/Berlin")),
    "code": pa.array([5, None, 7, 5, 5, 7]).dictionary_encode(),
    "tags": pa.array([["a"], None, [], ["b", None], [], []]),
}
IN_CSV = {
    "number": ["12", "", str(BIG), "1", "2", "3"],
    "key": [str(2**63 + row) for row in range(ROWS)],
    "amount": ["0.10"] * 5 + [""],
    "at": ["2020-07-01 14:00:00+02:00"] * ROWS,
    "code": ["5", "", "7", "5", "5", "7"],
    "tags": ['["a"]', "", "[]", '["b", null]', "[]", "[]"],
}


@pytest.fixture(scope="module")
def predictor():
    return small_predictor()


@pytest.fixture
def folder(trimtab, predictor):
    """The folder with a model and new rows in it."""
    predictor.save(trimtab.folder / "m")
    rows = houses(ROWS, seed=1).drop(columns="price")
    table = pa.Table.from_pandas(rows)
    for name, column in COLUMNS.items():
        table = table.append_column(name, column)
    pyarrow.parquet.write_table(table, trimtab.folder / "new.parquet")
    feather.write_feather(table, str(trimtab.folder / "new.feather"))
    return trimtab.folder


IDS = [word for name in COLUMNS for word in ("--id", name)]


@pytest.mark.parametrize("rows", [1, 4, 100])
@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_types_to_text(trimtab, folder, kind, rows):
    result = trimtab("predict", "m", f"new.{kind}", *IDS, "--chunk-rows", rows)
    assert result.status == 0, result.err
    found = [*csv.DictReader(io.StringIO(result.out))]
    assert list(found[0]) == ["house", *COLUMNS, "prediction"]
    for name, cells in IN_CSV.items():
        assert [row[name] for row in found] == cells, name


@pytest.mark.parametrize("rows", [1, 4])
def test_types_to_json(trimtab, folder, rows):
    assert (
        trimtab("predict", "m", "new.parquet", *IDS, "--chunk-rows", rows, "-o", "o.jsonl").out
        == ""
    )
    lines = (folder / "o.jsonl").read_text().splitlines()
    assert '"amount": 0.10,' in lines[0]  # every digit, which json.loads would not show
    found = [json.loads(line) for line in lines]
    assert [row["number"] for row in found] == COLUMNS["number"].to_pylist()
    assert [row["key"] for row in found] == COLUMNS["key"].to_pylist()
    assert [row["tags"] for row in found] == COLUMNS["tags"].to_pylist()


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_types_to_types(trimtab, folder, kind, rows):
    out = f"out.{kind}"
    result = trimtab("predict", "m", "new.parquet", *IDS, "--chunk-rows", rows, "-o", out)
    assert result.status == 0, result.err
    load = pyarrow.parquet.read_table if kind == "parquet" else feather.read_table
    found, before = load(out), pyarrow.parquet.read_table("new.parquet")
    assert found.column_names == ["house", *COLUMNS, "prediction"]
    for name in COLUMNS:
        assert found.schema.field(name).type == before.schema.field(name).type, name
        assert found.column(name).to_pylist() == before.column(name).to_pylist(), name
    assert found.schema.field("prediction").type == pa.float64()


def test_all_columns(trimtab, folder):
    result = trimtab("predict", "m", "new.parquet", "--all-columns", "--chunk-rows", 4)
    found = [*csv.DictReader(io.StringIO(result.out))]
    before = pyarrow.parquet.read_table("new.parquet")
    assert list(found[0]) == [*before.column_names, "prediction"]
    assert [row["key"] for row in found] == IN_CSV["key"]
    assert [float(row["rooms"]) for row in found] == before.column("rooms").to_pylist()


def test_the_form_is_the_same_in_every_chunk(trimtab, folder):
    """One gap late in a long file made floats of a chunk, and a day of midnights dates of one."""
    count = 900
    table = pa.Table.from_pandas(houses(count, seed=2).drop(columns=["price", "house"]))
    number = [None if row == 700 else row for row in range(count)]
    hours = [MOMENT.replace(hour=12 if row > 600 else 0, tzinfo=None) for row in range(count)]
    table = table.append_column("house", pa.array(number)).append_column("at", pa.array(hours))
    pyarrow.parquet.write_table(table, "long.parquet")
    outputs = {
        rows: trimtab("predict", "m", "long.parquet", "--id", "at", "--chunk-rows", rows).out
        for rows in (100, 450, 1000)
    }
    assert len(set(outputs.values())) == 1
    found = [*csv.DictReader(io.StringIO(outputs[100]))]
    assert [row["house"] for row in found] == ["" if row is None else str(row) for row in number]
    assert {row["at"] for row in found} == {"2020-07-01 00:00:00", "2020-07-01 12:00:00"}


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_text_to_text(trimtab, folder, rows):
    cells = ["007", "1.50", "1e5", "", " NA ", "-"]
    new = houses(ROWS, seed=1).drop(columns="price").assign(k=cells)
    new.to_csv("new.csv", index=False)
    given = ["--missing", "007", "--chunk-rows", rows]
    result = trimtab("predict", "m", "new.csv", "--id", "k", "--id", "size", *given)
    assert result.status == 0, result.err
    found = [*csv.DictReader(io.StringIO(result.out))]
    assert [row["k"] for row in found] == cells
    # A feature, too: its text is passed through, and its number is predicted from.
    before = [*csv.DictReader(Path("new.csv").read_text().splitlines())]
    assert [row["size"] for row in found] == [row["size"] for row in before]
    plain = trimtab("predict", "m", "new.csv", *given).out
    predictions = [row["prediction"] for row in csv.DictReader(io.StringIO(plain))]
    assert [row["prediction"] for row in found] == predictions


def test_identifiers_known_from_training(trimtab):
    count = 60
    table = pa.table(
        {
            "k": pa.array([None if row == 3 else 2**63 + row for row in range(count)], pa.uint64()),
            "x": [row % 7 for row in range(count)],
            "y": [row % 7 * 2.5 for row in range(count)],
        }
    )
    pyarrow.parquet.write_table(table, "t.parquet")
    trained = trimtab(
        "train", "t.parquet", "--target", "y", "--id", "k", "--epochs", 1, "--out", "m"
    )
    assert trained.status == 0, trained.err
    result = trimtab("predict", "m", "t.parquet", "--chunk-rows", 2)
    found = [row["k"] for row in csv.DictReader(io.StringIO(result.out))]
    assert found == ["" if row == 3 else str(2**63 + row) for row in range(count)]


def test_bytes(trimtab, folder):
    table = pyarrow.parquet.read_table("new.parquet").append_column("k", pa.array([b"\xff"] * ROWS))
    pyarrow.parquet.write_table(table, "bytes.parquet")
    ids = [*IDS, "--id", "k"]
    message = trimtab.refuses("predict", "m", "bytes.parquet", *ids, "-o", "o.csv")
    assert message.endswith("Write Parquet, which can: --out predictions.parquet.")
    remedy = ["--out", "predictions.parquet"]
    assert trimtab("predict", "m", "bytes.parquet", *ids, *remedy).status == 0
    assert pd.read_parquet("predictions.parquet")["k"].tolist() == [b"\xff"] * ROWS


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_predictions_have_one_form_in_all_chunks(trimtab, kind):
    """Whole numbers and others among the classes, and numbers of which some are whole."""
    count = 90
    frame = pd.DataFrame({"x": [row % 3 for row in range(count)]})
    frame["y"] = frame["x"].map({0: 1.0, 1: 2.0, 2: 2.5})
    frame.to_parquet("t.parquet")
    how = ["--task", "multiclass", "--epochs", 60, "--layers", "16 relu", "--out", "m"]
    assert trimtab("train", "t.parquet", "--target", "y", *how).status == 0
    result = trimtab("predict", "m", "t.parquet", "--chunk-rows", 1, "-o", f"o.{kind}")
    assert result.status == 0, result.err
    lines = [] if kind == "parquet" else Path(f"o.{kind}").read_text().splitlines()
    found = {
        "csv": lambda: lines[1:],
        "jsonl": lambda: [str(json.loads(line)["prediction"]) for line in lines],
        "parquet": lambda: [str(cell) for cell in pd.read_parquet("o.parquet")["prediction"]],
    }[kind]()
    assert len(found) == count and {"2.5"} < set(found) <= {"1.0", "2.0", "2.5"}
