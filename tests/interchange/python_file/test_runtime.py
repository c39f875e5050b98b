"""The Python file as somebody uses it who has NumPy alone."""

from __future__ import annotations

import csv
import datetime
import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import trimtab
from benchmarks.export.tables import mixed
from trimtab.interchange.python_file import runtime


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The path of a file, its names, the predictor and some rows."""
    predictor = trimtab.train(
        mixed("three"), "three", epochs=1, layers="8 relu", valid=0.3, verbose=0, seed=1
    )
    path = tmp_path_factory.mktemp("file") / "model.py"
    predictor.save(path.with_suffix(".trimtab"))
    trimtab.export(predictor, path)
    space = {"__name__": "exported"}
    exec(path.read_text("utf-8"), space)
    return path, space, predictor, mixed("three", rows=12, seed=5).drop(columns="three")


def test_rows_however_they_come(file):
    _, space, predictor, frame = file
    expected = predictor.predict(frame).tolist()
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    assert space["predict"](rows).tolist() == expected
    assert space["predict"]({name: frame[name].tolist() for name in frame}).tolist() == expected
    assert space["predict"](rows[3]).tolist() == expected[3:4]
    probabilities = space["outputs"](rows)["probabilities"]
    assert np.abs(probabilities - predictor.predict_proba(frame)).max() <= 1e-5


def test_a_csv_file_by_a_process_without_trimtab(file):
    path, _, predictor, frame = file
    text = frame.to_csv(index=False)
    code = (
        "import runpy, sys\n"
        "try: runpy.run_path(sys.argv.pop(1), run_name='__main__')\n"
        "finally: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], input=text, capture_output=True, text=True
    )
    assert not {"trimtab", "pandas", "scipy", "sklearn"} & set(done.stderr.split())
    lines = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [line["prediction"] for line in lines] == predictor.predict(frame).tolist()
    assert list(lines[0]) == ["prediction", "probability_a", "probability_b", "probability_c"]


def test_cells_as_the_file_of_training_had_them(tmp_path):
    """Dates in their format, words for yes, no and nothing, durations, names made of digits."""
    generator = np.random.default_rng(0)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(generator.integers(0, 900, 200), unit="D")
    seconds = generator.integers(0, 200_000, 200)
    frame = pd.DataFrame(
        {
            "when": days.strftime("%d.%m.%Y"),
            "ok": generator.choice(["yes", "no", "Yes"], 200),
            "hue": generator.choice(["red", "unknown", "blue", ""], 200),
            "x": np.where(seconds % 9 == 0, "NA", generator.normal(size=200).astype(str)),
            "took": [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in seconds],
            "code": generator.choice(["007", "1.50", "12"], 200),
            "y": generator.normal(size=200) + days.month,
        }
    )
    frame.to_csv(tmp_path / "rows.csv", index=False)
    predictor = trimtab.train(
        *(tmp_path / "rows.csv", "y"),
        epochs=1,
        layers="8 relu",
        valid=0.3,
        verbose=0,
        missing=["unknown"],
        types={"code": "category"},
    )
    kinds = {column.name: column.kind for column in predictor.schema.features}
    assert kinds["when"] == "datetime" and kinds["took"] == "numeric" and kinds["ok"] == "boolean"
    trimtab.export(predictor, tmp_path / "model.py", data=tmp_path / "rows.csv")
    with open(tmp_path / "rows.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    space = {"__name__": "exported"}
    exec((tmp_path / "model.py").read_text("utf-8"), space)
    difference = np.abs(space["predict"](rows) - predictor.predict(tmp_path / "rows.csv"))
    assert difference.max() <= 1e-5 * predictor.preprocessor.scale


def test_what_is_wrong_with_a_row(file):
    path, space, _, frame = file
    row = frame.astype(object).where(frame.notna(), None).to_dict("records")[0]
    with pytest.raises(KeyError, match=r"no column 'size'\. Rows need: 'size', 'width m²'"):
        space["predict"]([{name: row[name] for name in row if name != "size"}])
    for name, cell, kind in [("size", "big", "number"), ("clock", "25:61", "time of day")]:
        said = rf"column '{name}', row 2: '{cell}' is not a {kind}. Correct the cell"
        with pytest.raises(ValueError, match=said):
            space["predict"]([row, row | {name: cell}])
    with pytest.raises(ValueError, match="one length"):
        space["predict"]({name: [cell] * (1 + (name == "size")) for name, cell in row.items()})
    done = subprocess.run(
        [sys.executable, str(path), "nowhere.csv"], capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr and "nowhere.csv" in done.stderr
    done = subprocess.run([sys.executable, str(path), "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "Predicts 'three' of the rows of a table" in done.stdout


NANOSECONDS = 1_592_127_000 * 10**9  # 2020-06-14 09:30


@pytest.mark.parametrize(
    ("kind", "cell", "form", "expected"),
    [
        ("moment", "2020-06-14T09:30:00", "ISO8601", NANOSECONDS),
        ("moment", "2020-06-14 11:30:00+02:00", "ISO8601", NANOSECONDS),
        ("moment", "2020-06-14T09:30:00Z", "ISO8601", NANOSECONDS),
        ("moment", "2020-06", "ISO8601", 1_590_969_600 * 10**9),
        ("moment", "2020", "ISO8601", 1_577_836_800 * 10**9),
        ("moment", "14.06.2020 09:30", "%d.%m.%Y %H:%M", NANOSECONDS),
        ("moment", datetime.datetime(2020, 6, 14, 9, 30), "ISO8601", NANOSECONDS),
        ("moment", datetime.date(1969, 12, 31), "ISO8601", -86_400 * 10**9),
        ("moment", np.datetime64("2020-06-14T09:30"), "ISO8601", NANOSECONDS),
        ("moment", np.datetime64("NaT"), "ISO8601", -(2**63)),
        ("moment", "", "ISO8601", -(2**63)),
        ("time of day", "7:35 pm", "", (19 * 60 + 35) * 60 * 10**9),
        ("time of day", "24:00", "", 0),
        ("time of day", None, "", -(2**63)),
        *(("yes or no", cell, "", 1.0) for cell in ("Yes", " y", True, 1, 1.0, "on")),
        *(("yes or no", cell, "", 0.0) for cell in ("no", "F", False, 0, np.False_)),
        ("text", 3.0, "", "3"),
        ("text", True, "", "True"),
        ("text", None, "", ""),
        ("text", pd.NA, "", ""),
        ("text", "nan", "", "nan"),
        ("text", float("nan"), "", ""),
        ("text", " New  York", "alike", "new york"),
        ("text", " New  York", "", " New  York"),
        ("number", " 1e3", "", 1000.0),
        ("number", "54:43:19.5", "", 196_999.5),
        ("number", "1 days 00:00:01", "", 86_401.0),
        ("number", "-0:01:30", "", -90.0),
        ("number", "07:35", "", 27_300.0),
    ],
)
def test_cells(kind, cell, form, expected):
    found = runtime._read("x", [cell], kind, form)
    assert found.shape == (1, 1) and found[0, 0] == expected


@pytest.mark.parametrize("cell", [None, pd.NA, "", " ", np.nan, np.inf, np.float64("-inf")])
def test_missing_numbers(cell):
    assert np.isnan(runtime._read("x", [cell], "number", "")).all()
    assert np.isnan(runtime._read("x", np.array([np.inf, np.nan]), "number", "")).all()
