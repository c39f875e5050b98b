"""Dates that are far off, zero or broken: missing, named with their line, and stopping nothing."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab import tables
from trimtab.errors import InvalidData, PredictionWarning
from trimtab.predictor import Remarks

pa = pytest.importorskip("pyarrow")
parquet, feather = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow.feather")
pl = pytest.importorskip("polars")

N = 200
SMALL = {"epochs": 1, "layers": "4 relu", "effort": "quick"}
FAR = dt.date(9999, 12, 31)
X, Y = [row % 7 for row in range(N)], [float(row * row % 31) for row in range(N)]


def day(row):
    return dt.date(2020, 1, 1) + dt.timedelta(days=row)


def days(cell, rows=(77,)):
    return [cell if row in rows else day(row) for row in range(N)]


def csv(path, cells):
    lines = [f"{cell},{x},{y}" for cell, x, y in zip(cells, X, Y, strict=True)]
    path.write_text("\n".join(["day,x,y", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def predictor():
    return trimtab.train({"day": days(day(77)), "x": X, "y": Y}, "y", **SMALL)


def note_on(table, name="day"):
    schema = tables.infer_schema(table, "y")
    assert schema.column(name).kind == "datetime" and schema.column(name).role == "feature"
    values = schema.values(table, name)
    (note,) = [each for each in schema.notes if each.startswith(f"Column {name!r}")]
    return note, np.flatnonzero(np.isnat(values)).tolist()


@pytest.mark.parametrize(
    "cell",
    [
        *("unknown", "n. a.", "2020-02-30", "31.12.2020", "0000-00-00", "9999-12-31", "0001-01-01"),
        *("1900-01-00", "9999-12-31 23:59:59", "1066-10-14", "0000-00-00 00:00:00", "2020-13-01"),
    ],
)
def test_one_cell_among_the_dates_of_a_file(tmp_path, cell):
    note, gone = note_on(tables.read(csv(tmp_path / "a.csv", days(cell))))
    assert f"{cell!r} (line 79)" in note and gone == [77]
    trimtab.train(tmp_path / "a.csv", "y", **SMALL)


@pytest.mark.parametrize("cell", ["NA", "NaT", "null", "-", "?", ""])
def test_spellings_of_a_missing_date(tmp_path, cell):
    table = tables.read(csv(tmp_path / "a.csv", days(cell)))
    schema = tables.infer_schema(table, "y")
    assert schema.column("day").kind == "datetime"
    assert np.isnat(schema.values(table, "day")).sum() == 1
    assert bool(cell) == any(f"{cell!r} 1 time in day" in note for note in schema.notes)


@pytest.mark.parametrize(
    ("form", "cell"),
    [("%d.%m.%Y", "00.00.0000"), ("%d/%m/%Y", "31/12/9999"), ("%b %d, %Y", "Dec 31, 9999")],
)
def test_other_formats(tmp_path, form, cell):
    cells = [f'"{cell}"' if row == 77 else f'"{day(row):{form}}"' for row in range(N)]
    note, gone = note_on(tables.read(csv(tmp_path / "a.csv", cells)))
    assert f"{cell!r} (line 79)" in note and gone == [77]


def test_most_dates_may_be_far_but_not_broken(tmp_path):
    rows = range(0, N, 2)
    assert note_on(tables.read(csv(tmp_path / "a.csv", days(FAR, rows))))[1] == [*rows]
    schema = tables.infer_schema(
        tables.read(csv(tmp_path / "a.csv", days("soon", [*rows][1:]))), "y"
    )
    assert schema.column("day").reason.startswith(
        "looks like dates, but 99 cells are not, such as 'soon' (line 4), 'soon' (line 6)."
    )
    told = tables.infer_schema(tables.read(tmp_path / "a.csv"), "y", kinds={"day": "datetime"})
    assert told.column("day").role == "feature"


def kinds_of_arrow():
    dates = [pa.date32(), pa.date64()]
    return [*dates, *(pa.timestamp(unit) for unit in ("s", "ms", "us")), pa.timestamp("us", "UTC")]


@pytest.mark.parametrize("kind", kinds_of_arrow(), ids=str)
@pytest.mark.parametrize("form", ["parquet", "feather", "table"])
def test_types_of_arrow(tmp_path, kind, form):
    cells = days(FAR, range(7, N, 50))
    if "timestamp" in str(kind):
        cells = [dt.datetime.combine(cell, dt.time(12)) for cell in cells]
    data = pa.table({"day": pa.array(cells, kind), "x": X, "y": Y})
    path = data
    if form == "parquet":
        path = tmp_path / "a.parquet"
        parquet.write_table(data, path, row_group_size=60)
    elif form == "feather":
        path = tmp_path / "a.feather"
        feather.write_feather(data, path)
    note, gone = note_on(tables.read(path))
    assert gone == [7, 57, 107, 157]
    assert "4 cells are dates before 1678 or after 2261" in note and "row 8" in note
    dropped = trimtab.train(path, "y", drop=["day"], **SMALL)
    assert dropped.schema.column("day").role == "dropped"


FRAMES = {
    "pandas seconds": lambda: pd.DataFrame({"day": np.array(days(FAR), "datetime64[s]")}),
    "pandas microseconds": lambda: pd.DataFrame({"day": np.array(days(FAR), "datetime64[us]")}),
    "pandas objects": lambda: pd.DataFrame({"day": days(FAR)}),
    "pandas objects and words": lambda: pd.DataFrame({"day": days("unknown")}),
    "pandas periods": lambda: pd.DataFrame({"day": pd.PeriodIndex(map(str, days(FAR)), freq="D")}),
    "polars dates": lambda: pl.DataFrame({"day": days(FAR)}),
    "dict": lambda: {"day": days(FAR)},
    "dict of datetimes": lambda: {
        "day": [dt.datetime.combine(cell, dt.time()) for cell in days(FAR)]
    },
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames(name):
    data = FRAMES[name]()
    if isinstance(data, pl.DataFrame):
        data = data.with_columns(x=pl.Series(X), y=pl.Series(Y))
    elif isinstance(data, dict):
        data |= {"x": X, "y": Y}
    else:
        data = data.assign(x=X, y=Y)
    note, gone = note_on(tables.read(data))
    assert gone == [77] and "(row 78)" in note
    trimtab.train(data, "y", **SMALL)


def test_excel_and_json_lines(tmp_path):
    pytest.importorskip("openpyxl")
    for cell in (FAR, "unknown"):
        frame = pd.DataFrame({"day": days(cell), "x": X, "y": Y})
        frame.to_excel(tmp_path / "a.xlsx", index=False)
        note, gone = note_on(tables.read(tmp_path / "a.xlsx"))
        assert gone == [77] and "(line 79)" in note
        frame.astype({"day": str}).to_json(tmp_path / "a.jsonl", orient="records", lines=True)
        note, gone = note_on(tables.read(tmp_path / "a.jsonl"))
        assert gone == [77] and "(line 78)" in note


@pytest.mark.parametrize("rows", [1, 3, 100])
@pytest.mark.parametrize("cell", ["9999-12-31", "0000-00-00", "unknown"])
def test_one_row_does_not_stop_the_others(predictor, tmp_path, rows, cell):
    path = tmp_path / "new.csv"
    path.write_text(f"day,x\n2020-02-01,3\n{cell},3\n,3\n2020-03-01,1\n")
    remarks = Remarks()
    frames = list(predictor.predict_chunks(path, rows=rows, remarks=remarks))
    found = pd.concat(frames)["prediction"].to_numpy()
    assert np.isfinite(found).all() and found[1] == found[2]
    path.write_text("day,x\n2020-02-01,3\n2020-03-01,1\n")
    assert np.array_equal(found[[0, 3]], predictor.predict(path))
    assert any(f"{cell!r} in line 3); counted as missing" in each for each in remarks.sentences())


def test_typed_dates_to_predict(predictor):
    wanted = predictor.predict({"day": [day(3)], "x": [3]})
    for frame in (
        pd.DataFrame({"day": np.array([day(3), FAR], "datetime64[s]"), "x": [3, 3]}),
        pl.DataFrame({"day": [day(3), FAR], "x": [3, 3]}),
        pa.table({"day": [day(3), FAR], "x": [3, 3]}),
        {"day": [day(3), FAR], "x": [3, 3]},
    ):
        with pytest.warns(PredictionWarning) as said:
            assert predictor.predict(frame)[0] == wanted[0]
        assert "1 cell is a date before 1678 or after 2261" in str(said[0].message)


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_most_cells_are_no_dates(predictor, tmp_path, rows):
    """That is another column, whatever the chunks are."""
    path = tmp_path / "new.csv"
    path.write_text("day,x\n2020-02-01,3\nsoon,3\nlater,3\n2020-03-01,1\nnever,1\n")
    with pytest.raises(InvalidData, match=r"line 3, column 'day': 'soon' is not a date\. 2 more"):
        list(predictor.predict_chunks(path, rows=rows))


def test_evaluate_names_the_cell(predictor, tmp_path):
    path = csv(tmp_path / "a.csv", days("unknown"))
    remarks = Remarks()
    assert np.isfinite(predictor.evaluate(path, remarks=remarks).metrics["mae"].value)
    assert any("'unknown' in line 79" in each for each in remarks.sentences())


@pytest.mark.parametrize("cell", ["unknown", "9999-12-31", "0000-00-00"])
def test_a_broken_time_to_split_by_is_refused_with_its_line(tmp_path, cell):
    path = csv(tmp_path / "a.csv", days(cell))
    with pytest.raises(
        InvalidData, match=f"line 79, column 'day': '{cell}' is .*leave the row out"
    ):
        trimtab.train(path, "y", time="day", **SMALL)


def test_codes_with_a_letter_are_names():
    """Numbers of invoices, of which a few begin with a letter."""
    codes = [f"{'C' if row % 40 == 7 else ''}{536000 + row // 10}" for row in range(N)]
    table = tables.read({"invoice": codes, "x": X, "y": Y})
    table.bad, table.bad_counts = {}, {}
    assert tables.infer_schema(table, "y").column("invoice").kind == "category"


def test_a_total_is_not_trained_on_nor_scored(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"shop {row % 9},{x + 3},{y}" for row, (x, y) in enumerate(zip(X, Y, strict=True))]
    clean = "\n".join(["shop,x,y", *rows]) + "\n"
    path.write_text(clean)
    wanted = trimtab.train(path, "y", **SMALL)
    path.write_text(clean + f"Total,{sum(X) + 3 * N},{sum(Y)}\n")
    found = trimtab.train(path, "y", **SMALL)
    assert found.scores["valid"].metrics == wanted.scores["valid"].metrics
    remarks = Remarks()
    assert found.evaluate(path, part="valid", remarks=remarks).rows == wanted.scores["valid"].rows
    assert any("1 row of totals left out: line 202 ('Total')" in one for one in remarks.sentences())
    with pytest.warns(PredictionWarning, match="'Total'"):
        assert len(found.predict(path)) == N + 1
    kept = trimtab.train(path, "y", totals="keep", **SMALL)
    assert kept.evaluate(path, remarks=Remarks()).rows == N + 1
