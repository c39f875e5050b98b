"""Times of day and durations: one kind whatever they come from."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidData
from trimtab.tables import ReadOptions, infer_schema, inspect, read
from trimtab.tables.columns import clocks
from trimtab.tables.preprocessing import Unseen
from trimtab.tables.preprocessing.dates import CLOCK, fit_moment

pa = pytest.importorskip("pyarrow")
ROWS = 60
TIMES = [datetime.time(row % 24, row * 7 % 60, row * 11 % 60) for row in range(ROWS)]
SECONDS = [3600 * time.hour + 60 * time.minute + time.second for time in TIMES]


def sources(tmp_path):
    """The same clock times in every container."""
    openpyxl, polars = pytest.importorskip("openpyxl"), pytest.importorskip("polars")
    from pyarrow import parquet

    price = [row * 3.5 for row in range(ROWS)]
    texts = [str(time) for time in TIMES]
    rows = [{"clock": clock, "price": each} for clock, each in zip(texts, price, strict=True)]
    (tmp_path / "a.csv").write_text(pd.DataFrame(rows).to_csv(index=False))
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    book = openpyxl.Workbook()
    for row in [("clock", "price"), *zip(TIMES, price, strict=True)]:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    for unit in (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")):
        table = pa.table({"clock": pa.array(TIMES, unit), "price": price})
        parquet.write_table(table, tmp_path / f"{unit}.parquet".replace("[", "-"))
        yield table
    yield from sorted(tmp_path.iterdir())
    yield pd.DataFrame({"clock": TIMES, "price": price})
    yield pd.DataFrame({"clock": pd.array(TIMES, pd.ArrowDtype(pa.time64("us"))), "price": price})
    yield polars.DataFrame({"clock": TIMES, "price": price})
    yield {"clock": [f"{time:%I:%M:%S %p}" for time in TIMES], "price": price}


def test_every_container(tmp_path):
    seen = 0
    for source in sources(tmp_path):
        table = read(source)
        schema = infer_schema(table, "price")
        assert schema.column("clock").kind == "time", source
        values = schema.values(table, "clock")
        assert (values - np.datetime64(0, "ns")).astype("m8[s]").astype(int).tolist() == SECONDS
        seen += 1
    assert seen == 15


def test_a_model_reads_them_from_any_of_them(tmp_path):
    first, *others = sources(tmp_path)
    predictor = trimtab.train(first, "price", epochs=2, layers="8 relu", effort="quick")
    assert [column.name for column in predictor.preprocessor.columns] == ["clock sin", "clock cos"]
    expected = predictor.predict(first)
    for source in others:
        assert np.array_equal(predictor.predict(source), expected)


def test_a_circle_by_the_second():
    times = pd.Series(["23:59:59", "00:00:00", "00:00:01", "12:00"])
    values, _ = clocks.parse_clocks(times)
    step = fit_moment("t", values, "none", None, CLOCK)
    out = np.empty((4, 2), np.float32)
    step.transform(values, out, Unseen())
    near = np.linalg.norm(out[0] - out[2])
    assert 0 < near < 2e-4 and np.linalg.norm(out[1] - out[3]) > 1.99


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["07:35", "7:36"], "time"),
        (["07:35:10", "-", "NA"], "time"),
        (["7:35 am", "11:00 p.m."], "time"),
        (["07:35:10.250", "07:35:11"], "time"),
        (["24:00", "00:00"], "time"),
        (["0 days 07:35:00", "1 days 00:00:00"], "duration"),
        (["1 day, 7:35:00", "-1 day, 0:00:01"], "duration"),
        (["PT7H35M", "P1DT2S"], "duration"),
        (["07:35:00", "31:00:00"], "duration"),
        (["3:2", "1:0"], None),
        (["13:00 pm"], None),
        (["07:61"], None),
        (["07:35", "noon"], None),
        (["P", "PT"], None),
        (["", "-"], None),
    ],
)
def test_what_is_a_clock_time(cells, found):
    assert clocks.find(pd.Series(cells)) == found


def test_durations_are_seconds_in_every_container(tmp_path):
    spans = [datetime.timedelta(minutes=37 * row) for row in range(ROWS)]
    seconds = [span.total_seconds() for span in spans]
    price = np.arange(ROWS) * 1.5
    frame = pd.DataFrame({"span": pd.to_timedelta(spans), "price": price})
    frame.to_csv(tmp_path / "a.csv", index=False)
    lines = [{"span": f"PT{37 * row}M", "price": row * 1.5} for row in range(ROWS)]
    (tmp_path / "iso.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "str.csv").write_text(
        "span;price\n" + "".join(f"{a};{b}\n" for a, b in zip(spans, price, strict=True))
    )
    objects = pd.DataFrame({"span": pd.Series(spans, dtype=object), "price": price})
    arrow = pa.table({"span": spans, "price": price})
    for source in (*sorted(tmp_path.iterdir()), frame, objects, arrow):
        table = read(source)
        schema = infer_schema(table, "price")
        assert schema.column("span").kind == "numeric"
        assert schema.values(table, "span").tolist() == seconds
        said = [*table.notes, *schema.notes]
        assert "Column 'span': durations are read as seconds." in said


def test_a_duration_to_predict():
    spans = [f"{row}:00:30" for row in range(ROWS)]
    table = read({"x": [row % 9 for row in range(ROWS)], "span": spans})
    schema = infer_schema(table, "span")
    assert schema.task == "regression" and schema.targets(table)[2] == 7230


def test_a_clock_time_said_to_be_a_number_is_seconds():
    table = read({"x": range(4), "t": ["00:00:05", "00:01:00", None, "00:00:07"]})
    schema = infer_schema(table, "x", task="regression", kinds={"t": "numeric"})
    assert schema.values(table, "t")[[0, 1, 3]].tolist() == [5.0, 60.0, 7.0]


@pytest.mark.filterwarnings("ignore:Column 't'. 1 cell is missing")
def test_a_broken_time_is_named_with_its_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("t,y\n" + "".join(f"{row:02}:30,{row}\n" for row in range(20)) + "noon,3\n")
    table = read(path)
    schema = infer_schema(table, "y")
    assert schema.column("t").kind == "time"
    said = "a.csv, line 22, column 't': 'noon' is not a time of day, counted as missing."
    assert said in schema.notes
    assert np.isnat(schema.values(table, "t")).tolist() == [False] * 20 + [True]
    predictor = trimtab.train(path, "y", epochs=1, layers="4 relu", effort="quick")
    with pytest.warns(
        trimtab.errors.PredictionWarning, match="1 cell is not a time of day .'noon'"
    ):
        assert np.isfinite(predictor.predict({"t": ["07:30", "08:00", "noon"]})).all()
    with pytest.raises(InvalidData, match=r"row 1, column 't': 'soon' is not a time of day"):
        predictor.predict({"t": ["soon", "07:30", "noon"]})


def test_a_broken_duration_is_missing_and_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("t,y\n" + "".join(f"{row}:30:00,{row}\n" for row in range(30)) + "long,3\n")
    table = read(path)
    assert infer_schema(table, "y").column("t").kind == "numeric"
    assert "missing: 'long' (line 32)" in " ".join(infer_schema(table, "y").notes)
    assert (
        trimtab.train(path, "y", epochs=1, layers="4 relu", effort="quick")
        .predict({"t": ["1:00:00"]})
        .shape
    )


def test_times_as_target():
    slots = {"x": [row % 7 for row in range(40)], "t": ["08:00", "12:00", "16:00", "20:00"] * 10}
    schema = infer_schema(read(slots), "t")
    assert schema.task == "multiclass" and "seconds since midnight" in " ".join(schema.notes)
    assert infer_schema(read(slots), "t", kinds={"t": "numeric"}).task == "regression"
    many = {"x": slots["x"], "t": [f"{row % 24:02}:{row:02}" for row in range(40)]}
    with pytest.raises(InvalidData, match=r"use types={'t': 'numeric'}"):
        infer_schema(read(many), "t")


def test_times_do_not_order_rows():
    with pytest.raises(InvalidData, match="times of day, which do not order rows"):
        infer_schema(read({"t": ["08:00", "12:00"] * 20, "y": range(40)}), "y", time="t")


def test_inspect_shows_times():
    found = inspect(read({"t": ["07:30", "19:05:10"] * 20, "y": range(40)}), "y")
    facts = found.columns[0]
    assert (facts.kind, facts.first, facts.last) == ("time", "07:30", "19:05:10")


def test_a_part_of_a_day_is_a_time_if_said():
    table = read({"t": [0.25, 0.5, np.nan], "y": [1.0, 2.0, 4.0]})
    schema = infer_schema(table, "y", kinds={"t": "time"})
    assert [str(value)[11:19] for value in schema.values(table, "t")[:2]] == [
        "06:00:00",
        "12:00:00",
    ]


def test_other_spellings_of_missing():
    table = read({"t": ["07:30", "?"] * 20, "y": range(40)}, ReadOptions(missing=("?",)))
    assert infer_schema(table, "y").column("t").kind == "time"


def test_old_models_read_times_as_seconds():
    """Files of earlier versions hold a column of times as numbers."""
    table = read(pa.table({"t": pa.array(TIMES), "y": [1.0 * row for row in range(ROWS)]}))
    schema = infer_schema(table, "y").edit(kinds={"t": "numeric"})
    assert schema.values(table, "t").tolist() == SECONDS
