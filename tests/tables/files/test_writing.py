"""Tables written piece by piece: the same cells, whichever the format; whole or not at all."""

import csv
import itertools
import json
import sys

import numpy as np
import pandas as pd
import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.files.writing import checked_output, delimited, writer

FRAME = pd.DataFrame(
    {
        "id": ["a", "b,c", 'd"e', "f\ng", "ü", None],
        "number": [0.1, 1e-300, -0.0, np.nan, np.inf, 1 / 3],
        "count": [1, -2, 3, 2**53 + 1, 0, 7],
        "yes": [True, False] * 3,
        "day": pd.to_datetime(["2024-02-29 12:00"] * 5 + [None]),
    }
)


def written(path, *frames):
    with writer(checked_output(path)) as write:
        for frame in frames:
            write(frame)
    return path


@pytest.mark.parametrize("cuts", [[], [1], [2, 3, 4]])
@pytest.mark.parametrize("kind", ["parquet", "feather", "arrow"])
def test_formats_with_types(tmp_path, kind, cuts):
    edges = [0, *cuts, len(FRAME)]
    pieces = [FRAME[a:b] for a, b in itertools.pairwise(edges)]
    path = written(tmp_path / f"t.{kind}", *pieces)
    back = pd.read_parquet(path) if kind == "parquet" else pd.read_feather(path)
    pd.testing.assert_frame_equal(back, FRAME, check_dtype=False)


@pytest.mark.parametrize("kind", ["csv", "tsv", "CSV", "csv.gz"])
def test_text(tmp_path, kind):
    sign = "\t" if kind == "tsv" else ","
    whole = written(tmp_path / f"whole.{kind}", FRAME)
    parts = written(tmp_path / f"parts.{kind}", FRAME[:2], FRAME[2:])
    back = pd.read_csv(whole, sep=sign, parse_dates=["day"], compression="infer")
    assert back["id"].isna().tolist() == FRAME["id"].isna().tolist()
    # Before pandas 3 missing texts are of two kinds.
    back, expected = (frame.fillna({"id": ""}) for frame in (back, FRAME))
    pd.testing.assert_frame_equal(back, expected, check_dtype=False)
    if not kind.endswith("gz"):
        assert parts.read_bytes() == whole.read_bytes()
        assert whole.read_text().count("\r") == 0


def test_lines_of_json(tmp_path):
    path = written(tmp_path / "t.jsonl", FRAME[:3], FRAME[3:])
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["a", "b,c", 'd"e', "f\ng", "ü", None]
    assert [row["number"] for row in rows] == [0.1, 1e-300, -0.0, None, None, 1 / 3]
    assert [row["count"] for row in rows] == FRAME["count"].tolist()
    assert [row["yes"] for row in rows] == [True, False] * 3
    assert rows[0]["day"].startswith("2024-02-29") and rows[5]["day"] is None
    assert "ü" in path.read_text("utf-8")


def test_numbers_come_back_to_the_bit():
    values = np.random.default_rng(0).normal(size=200) * 10.0 ** np.arange(-100, 100)
    text = delimited(pd.DataFrame({"x": values}), header=False)
    assert [float(line) for line in text.splitlines()] == values.tolist()


def test_a_column_that_starts_empty_holds_text(tmp_path):
    first, then = pd.DataFrame({"id": [None, None]}), pd.DataFrame({"id": ["a", None]})
    path = written(tmp_path / "t.parquet", first, then)
    assert pd.read_parquet(path)["id"].isna().tolist() == [True, True, False, True]


def test_a_type_that_changes(tmp_path):
    before = tmp_path / "t.parquet"
    before.write_bytes(b"before")
    with pytest.raises(InvalidData, match=r"t\.parquet: the type of a column changes between rows"):
        written(before, pd.DataFrame({"x": [1]}), pd.DataFrame({"x": [0.5]}))
    with pytest.raises(InvalidData, match="Write CSV, which has no types"):
        written(before, pd.DataFrame({"x": [1]}), pd.DataFrame({"x": ["a"]}))
    assert before.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["t.parquet"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "csv.gz"])
@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_whatever_fails_leaves_nothing(tmp_path, kind, problem):
    def run():
        with writer(tmp_path / f"t.{kind}") as write:
            write(FRAME)
            raise problem

    with pytest.raises(problem):
        run()
    assert list(tmp_path.iterdir()) == []


def test_refusals(tmp_path, monkeypatch):
    known = "'.csv', '.tsv', '.jsonl', '.parquet', '.feather' (text also as '.csv.gz')"
    for name in ("t", "t.docx", "t.parquet.gz", "t.gz", ".csv"):
        assert_refused(
            InvalidArgument,
            f"{name!r}: tables are written as {known}. Use one of these extensions.",
            lambda name=name: checked_output(name),
        )
    (tmp_path / "t.csv").mkdir()
    assert_refused(
        InvalidArgument,
        f"{str(tmp_path / 't.csv')!r} is a folder. Name a file in it.",
        lambda: checked_output(tmp_path / "t.csv"),
    )
    assert_refused(
        InvalidArgument,
        f"there is no folder {str(tmp_path / 'no')!r} to write 't.csv' into. Make it first.",
        lambda: checked_output(tmp_path / "no" / "t.csv"),
    )
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert_refused(
        InvalidArgument,
        "t.parquet: writing this format needs pyarrow: pip install 'trimtab[files]'.",
        lambda: checked_output(tmp_path / "t.parquet"),
    )
    assert checked_output(tmp_path / "u.csv").name == "u.csv"


def test_carriage_returns_end_no_row(tmp_path):
    cells = ["a\rb", "c\nd", "e\r\nf", "\r", "\ue000", None]
    frame = pd.DataFrame({"k": cells, "more": pd.array(cells, "string"), "x": 1.5})
    written(tmp_path / "t.csv", frame[:2], frame[2:])
    with open(tmp_path / "t.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["k", "more", "x"]
    assert rows == [[cell or "", cell or "", "1.5"] for cell in cells]
