"""``trimtab inspect``: what it prints, for people and for programs, and what it refuses."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trimtab.tables.datasets import load_red_wine

SPOTIFY = Path(__file__).parents[3] / "shared" / "data" / "spotify.csv"
BARS = "▁▂▃▄▅▆▇█"

BEER = pd.DataFrame(
    {
        "bottle": np.arange(40) + 1,
        "name": [f"beer {n}" for n in range(40)],
        "strength": [None if n % 4 == 0 else n / 8 for n in range(40)],
        "brewed": pd.date_range("2020-01-01", periods=40).strftime("%Y-%m-%d"),
        "style": ["ale", "stout", "ale", "porter"] * 10,
        "price": [2.5] * 40,
        "sold": ["yes"] * 21 + ["no"] * 19,
    }
)


@pytest.fixture
def beer(trimtab):
    BEER.to_csv(trimtab.folder / "beer.csv", index=False)
    return "beer.csv"


def rows_of(out):
    """The words of each row of the table, by the column they are about."""
    lines = out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("column"))
    return {line.split()[0]: line.split()[1:] for line in lines[start + 1 : lines.index("", start)]}


def section(out, title):
    lines = out.splitlines()
    start = lines.index(title) + 1
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    return [line.removeprefix("- ") for line in lines[start:end]]


def test_years_are_written_without_a_comma(trimtab):
    built, price = 1901 + 3 * np.arange(40), 12_500.5 + np.arange(40)
    frame = pd.DataFrame({"built": built, "price": price})
    frame.to_csv(trimtab.folder / "flats.csv", index=False)
    rows = rows_of(trimtab("inspect", "flats.csv").out)
    assert " ".join(rows["built"]).endswith("1901 to 2018, median 1960")
    assert " ".join(rows["price"]).endswith("12,500 to 12,540, median 12,520")


def test_what_people_see(trimtab, beer):
    result = trimtab("inspect", beer, "--target", "sold")
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "beer.csv: 40 rows, 7 columns"
    assert "delimiter: ','" in lines[1]
    assert lines[2] == "target sold: binary, 2 classes: 'no', 'yes'"
    assert "\x1b" not in result.out
    assert not any(line.endswith(" ") for line in lines)
    rows = rows_of(result.out)
    assert list(rows) == list(BEER.columns)
    assert rows["strength"][:3] == ["numeric", "25", "%"]
    assert rows["strength"][-5:] == ["0.125", "to", "4.875,", "median", "2.5"]
    assert rows["style"] == [
        *("category", "3", "█▄▄", "ale", "50", "%,", "porter", "25", "%,", "stout", "25", "%")
    ]
    assert rows["brewed"][-3:] == ["2020-01-01", "to", "2020-02-09"]
    assert rows["sold"][:2] == ["category", "target"]
    assert rows["name"][:3] == ["text", "left", "out"]
    assert section(result.out, "Left out") == [
        "bottle: counts the rows from 1",
        "name: identifies rows: 40 different values in 40 rows",
        "price: constant: 2.5 in every row",
    ]
    assert section(result.out, "Notes") == [
        ("sold: the positive class is 'no', the negative class 'yes'.")
    ]
    assert section(result.out, "Worth a look") == [
        "Rows are in the order of brewed. If the model is to predict later rows, --time "
        "brewed validates on the latest ones."
    ]


def test_nothing_is_missing_and_nothing_suspicious(trimtab):
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=40), "k": ["a", "b"] * 20})
    frame.to_csv(trimtab.folder / "plain.csv", index=False)
    out = trimtab("inspect", "plain.csv").out
    for word in ("missing", "Left out", "Notes", "Worth a look", "target"):
        assert word not in out


def test_shipped_tables_have_their_target(trimtab):
    out = trimtab("inspect", "red-wine").out
    assert "target quality: regression" in out
    assert rows_of(out)["quality"][:4] == ["integer", "target", "6", "▁▁██▃▁"]
    assert "240 rows (15 %) repeat an earlier row" in out


def test_options_are_those_of_training(trimtab, beer):
    out = trimtab(
        *("inspect", beer, "--target", "strength", "--drop", "sold", "--id", "name"),
        *("--type", "price=category", "--time", "brewed", "--missing", "stout"),
    ).out
    rows = rows_of(out)
    assert rows["strength"][:2] == ["numeric", "target"]
    assert rows["name"][:2] == ["text", "id"]
    assert rows["brewed"][:2] == ["datetime", "time"]
    assert rows["price"][:2] == ["category", "1"]
    assert rows["style"][:3] == ["category", "25", "%"]
    assert section(out, "Left out") == [
        "bottle: counts the rows from 1",
        "sold: left out on request",
    ]


def test_json(trimtab, beer):
    result = trimtab("inspect", beer, "--target", "sold", "--json")
    assert (result.status, result.err) == (0, "")
    record = json.loads(result.out)
    assert (record["table"], record["rows"], record["target"]) == ("beer.csv", 40, "sold")
    assert (record["task"], record["classes"]) == ("binary", ["no", "yes"])
    strength = record["columns"][2]
    assert (strength["kind"], strength["missing"], strength["distinct"]) == ("numeric", 10, 30)
    assert strength["numbers"]["median"] == 2.5
    assert sum(strength["histogram"]) == 30
    assert [suspicion["what"] for suspicion in record["suspicions"]] == ["order"]


def test_numbers_with_mistakes_are_shown_and_not_refused(trimtab):
    frame = pd.DataFrame({"x": [str(n) for n in range(39)] + ["1O"], "y": ["a", "b"] * 20})
    frame.to_csv(trimtab.folder / "mistaken.csv", index=False)
    result = trimtab("inspect", "mistaken.csv", "--target", "y")
    assert result.status == 0
    text = next(note for note in section(result.out, "Notes") if "'x'" in note)
    assert text.startswith(
        "Column 'x': 1 cell is not a number and counts as missing: '1O' (line 41). Correct it"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.csv",), "none.csv"),
        (("--target", "solt"), "beer.csv has no column 'solt' (target). Did you mean 'sold'?"),
        (
            ("--target", "sold", "--drop", "sold"),
            ("column 'sold' cannot be both the target and dropped."),
        ),
        (("--target", "name"), "too many to be classes"),
        (("--target", "price"), "there is nothing to predict"),
        (("--target", "style", "--task", "regression"), "target 'style' holds text such as 'ale'"),
        (("--type", "style=colour"), "'colour'"),
        (("--type", "style=numeric"), "beer.csv, line 2, column 'style': 'ale' is not a number."),
    ],
)
def test_refusals(trimtab, beer, arguments, message):
    data = () if arguments[0].endswith(".csv") else (beer,)
    assert message in trimtab.refuses("inspect", *data, *arguments)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_terminal_is_as_wide_as_it_is(trimtab, monkeypatch, width):
    rich_cells = pytest.importorskip("rich.cells")
    load_red_wine().rename(columns={"pH": "酸 " * 20}).to_csv("wine.csv", index=False)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    styled = trimtab("inspect", "wine.csv", "--target", "quality").out
    assert "\x1b[1m" in styled  # headings are bold
    out = re.sub("\x1b\\[[0-9;]*m", "", styled)
    longest = max(rich_cells.cell_len(line) for line in out.splitlines())
    assert longest <= width
    assert (", median " in out) == (width >= 100)


def run(*arguments, encoding):
    done = subprocess.run(
        [sys.executable, "-m", "trimtab", "inspect", *arguments],
        capture_output=True,
        env={"PYTHONIOENCODING": encoding, "PATH": ""},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode(encoding)


def test_terminals_of_other_encodings(tmp_path):
    """Plain bars, and question marks for letters that there are not; no traceback."""
    path = tmp_path / "wine.csv"
    frame = pd.DataFrame({"Süße 🍷": np.linspace(0, 1, 40) ** 2, "k": ["ä", "b"] * 20})
    frame.to_csv(path, index=False)
    out = run(str(path), encoding="ascii")
    assert "S??e ?" in out
    assert not set(out) & set(BARS)
    assert "@" in out
    assert set(run(str(path), encoding="utf-8")) & set(BARS)
    assert json.loads(run(str(path), "--json", encoding="ascii"))["columns"][0]["name"] == "Süße 🍷"


@pytest.mark.skipif(not SPOTIFY.exists(), reason="the lesson's Spotify table is not here")
def test_spotify(trimtab):
    out = trimtab("inspect", str(SPOTIFY), "--target", "track_popularity").out
    assert rows_of(out)["track_artist"][0] == "category"
    assert {line.partition(":")[0] for line in section(out, "Left out")} == {
        *("track_id", "track_name", "track_album_id", "track_album_name")
    }
    assert "--group track_artist keeps them together." in out
