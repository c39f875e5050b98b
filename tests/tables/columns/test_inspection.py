"""Looking at a table: facts of its columns, and what is suspicious."""

import json
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trimtab.errors import InvalidData
from trimtab.tables.columns import suspicions
from trimtab.tables.columns.inference import infer_schema
from trimtab.tables.columns.inspection import NumberFacts, inspect
from trimtab.tables.datasets import load_concrete, load_red_wine
from trimtab.tables.files.table import BadCell, Table

SPOTIFY = Path(__file__).parents[4] / "shared" / "data" / "spotify.csv"
N = 200
NOISE = np.random.default_rng(0).normal(size=N)


def make(columns, **fields):
    return Table(pd.DataFrame(columns), "beer.csv", from_lines=True, **fields)


def facts(cells):
    return inspect(make({"c": cells})).columns[0]


def found(columns, target=None, **fields):
    """Suspicions as a dict: word -> sentence."""
    looked = inspect(make(columns, **fields), target)
    words = [suspicion.what for suspicion in looked.suspicions]
    assert set(words) <= set(suspicions.SUSPICIONS)
    assert len(words) == len(set(words))
    return {suspicion.what: suspicion.text for suspicion in looked.suspicions}


# -- facts ----------------------------------------------------------------------------------------


def test_numbers():
    of = facts([1.5, 2.5, np.nan, 4.5, 3.5])
    assert (of.kind, of.missing, of.distinct, of.distinct_exact) == ("numeric", 1, 4, True)
    expected = NumberFacts(1.5, 2.25, 3.0, 3.75, 4.5, 3.0, 1.25**0.5)
    np.testing.assert_allclose(astuple(of.numbers), astuple(expected), rtol=1e-15)
    assert of.histogram == (1, 0, 0, 1, 0, 0, 1, 0, 0, 1)


@pytest.mark.parametrize(
    ("cells", "histogram"),
    [
        ([3, 4, 4, 8, 3, 3], (3, 2, 0, 0, 0, 1)),  # a bar for each whole number
        ([0, 1, 1, 0], (2, 2)),
        ([True, False, True], (1, 2)),
        (["yes", "no", "yes"], (1, 2)),
        (list(range(12)) * 3, (6, 6, 6, 6, 6, 6)),  # two to a bar
        ([7.0, 7.0], (2,)),
        ([2**60, 2**60 + 1024], (1, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
        ([-1.7e308, 1.7e308, 0.5], (1, 0, 0, 0, 0, 1, 0, 0, 0, 1)),
        ([5e-324, 0.0, 0.0], (2, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
        ([np.nan, np.nan], ()),
    ],
)
def test_histograms(cells, histogram):
    assert facts(cells).histogram == histogram


def test_texts():
    of = facts(["b", "a", None, "b", "a", "c"] * 3)
    assert (of.kind, of.missing, of.distinct) == ("category", 3, 3)
    assert of.top == (("a", 6), ("b", 6), ("c", 3))
    assert of.histogram == (6, 6, 3)
    assert of.numbers is None


def test_dates():
    of = facts(["2020-01-01", "2020-01-03", None, "2020-01-11"])
    assert (of.kind, of.first, of.last) == ("datetime", "2020-01-01", "2020-01-11")
    assert of.histogram == (1, 0, 1, 0, 0, 0, 0, 0, 0, 1)
    assert facts(["2020-01-01 10:30", "2020-01-01"]).last == "2020-01-01 10:30:00"


def test_records_are_json():
    cells = {"x": NOISE, "when": pd.date_range("2020-01-01", periods=N), "c": ["a", None] * 100}
    looked = inspect(make(cells | {"huge": NOISE * 1e307}), "huge")
    record = json.loads(json.dumps(looked.record(), allow_nan=False))
    assert record["table"] == "beer.csv"
    assert (record["rows"], record["target"], record["task"]) == (200, "huge", "regression")
    assert [column["name"] for column in record["columns"]] == ["x", "when", "c", "huge"]
    assert record["columns"][2]["missing"] == 100


def test_notes_of_reading_and_of_inference():
    table = Table(load_red_wine(), "red-wine", notes=["A column was left out."])
    notes = inspect(table, "quality").notes
    assert notes[0] == "A column was left out."
    assert notes[1].startswith("quality holds 6 distinct whole numbers")


def test_a_schema_that_is_known():
    table = make({"x": NOISE, "c": np.arange(N) % 3})
    schema = infer_schema(table, kinds={"c": "category"})
    assert inspect(table, schema=schema).columns[1].top == (("0", 67), ("1", 67), ("2", 66))


def test_a_target_that_is_not_there():
    with pytest.raises(InvalidData, match=r"beer\.csv has no column 'y'"):
        inspect(make({"x": NOISE}), "y")


def test_columns_that_training_refuses_are_shown():
    of = inspect(make({"x": [7] * 3, "y": ["a", "b", "c"]})).columns
    assert [column.reason for column in of] == [
        "constant: 7 in every row",
        "identifies rows: 3 different values in 3 rows",
    ]


# -- suspicions -----------------------------------------------------------------------------------


def test_nothing_about_clean_tables():
    assert found({"x": NOISE, "y": NOISE[::-1], "k": ["a", "b"] * 100}, "y") == {}
    assert found({"x": NOISE, "k": ["a", "b"] * 100}, "k") == {}


def mistaken(rows):
    cells = [str(n) for n in range(N)]
    for row in rows:
        cells[row] = "x"
    bad = {"size": [BadCell(row, row + 2, "x") for row in rows[:5]]}
    return {"columns": {"size": cells, "z": NOISE}, "bad": bad, "bad_counts": {"size": len(rows)}}


def test_mistakes():
    assert found(**mistaken([17])) == {}  # a note says that it counts as missing
    assert found(**mistaken(list(range(50)))) == {}  # the reason to leave it out says so


def test_names_that_are_digits_at_times_are_no_mistakes():
    tickets = [f"A/5 {row}" if row % 3 == 0 else str(row) for row in range(N)]
    bad = {"ticket": [BadCell(row, row + 2, tickets[row]) for row in range(0, 15, 3)]}
    columns = {"ticket": tickets, "z": NOISE}
    assert "mistakes" not in found(columns, bad=bad, bad_counts={"ticket": len(tickets[::3])})


LEAKS = [
    (NOISE, "equals the target y in every row"),
    (3 - 2 * NOISE, "is y on another scale (correlation -1.000000)"),
    (np.where(np.arange(N) % 7, 1e200 * NOISE, np.nan), "is y on another scale (correlation 1.00"),
    (NOISE**3, "rises as y rises (rank correlation 1.000000)"),
    (-np.exp(NOISE), "falls as y rises (rank correlation -1.000000)"),
]


@pytest.mark.parametrize(("leaking", "how"), LEAKS)
def test_columns_that_tell_a_number(leaking, how):
    text = found({"leaking": leaking, "x": NOISE[::-1], "y": NOISE}, "y")["leak"]
    assert text.startswith(f"leaking {how}")
    assert text.endswith(". If it is not known before y, drop it: --drop leaking.")


def test_columns_that_determine_classes():
    classes = np.array(["a", "b", "c"], dtype=object)
    codes = np.arange(N) % 9
    columns = {"code": codes, "x": NOISE, "y": classes[codes // 3]}
    assert found(columns, "y")["leak"] == (
        "code determines y: each of its 9 values goes with one. If it is not known before y, "
        "drop it: --drop code."
    )
    almost = columns | {"y": classes[codes // 3]}
    many = {name: np.tile(cells, 10) for name, cells in almost.items()}
    many["x"] = np.random.default_rng(1).normal(size=10 * N)
    many["y"][4] = "c"
    assert "each of its 9 values goes with one but for 1 row." in found(many, "y")["leak"]
    many["y"][:9] = "c"
    assert "leak" not in found(many, "y")


def test_missing_cells_may_tell():
    missing = np.where(np.arange(N) % 2, np.nan, NOISE)
    columns = {"when sick": np.where(np.isnan(missing), None, "seen"), "x": NOISE}
    text = found(columns | {"y": np.isnan(missing)}, "y")["leak"]
    assert text.startswith("when sick determines y: each of its 2 values goes with one.")
    assert text.endswith("--drop 'when sick'.")


def test_chance_is_no_leak():
    """Few rows of a value share their target by chance where nearly all targets are alike."""
    target = np.zeros(N, dtype=np.int64)
    target[:4] = 1
    pairs = np.arange(N) // 2
    assert "leak" not in found({"pair": pairs * 3.5, "x": NOISE, "y": target}, "y")


def test_groups():
    who = [f"artist {n // 4}" for n in range(N)]
    text = found({"artist": who, "x": NOISE, "y": NOISE[::-1]}, "y")["groups"]
    assert text == (
        "artist repeats: 50 values in 200 rows. If rows of one group belong together, a "
        "random split puts them on both sides, and the score is too good for new groups. "
        "--group artist keeps them together."
    )
    album = [f"album {n // 2}" for n in range(N)]
    columns = {"artist": who, "album": album, "x": NOISE, "y": np.repeat(NOISE[: N // 2], 2)}
    text = found(columns, "y")["groups"]
    assert "(so does album). Rows of one album have the same y. If rows" in text
    assert text.startswith("artist repeats")


@pytest.mark.parametrize(
    ("name", "cells", "suspicious"),
    [
        ("patient", np.arange(N) // 4 * 10 + 3, True),
        ("customer_id", np.arange(N) // 4, True),
        ("weight", np.arange(N) // 4, False),
        ("id", np.arange(N) // 4 + 0.5, False),
        ("colour", [f"c{n % 5}" for n in range(N)], False),
        ("genre", [f"g{n % 40}" for n in range(40 * 30)], False),
        ("title", [f"one of the many words {n // 2}" for n in range(N)], False),
    ],
)
def test_what_names_groups(name, cells, suspicious):
    noise = np.random.default_rng(1).normal(size=len(cells))
    assert ("groups" in found({name: cells, "noise": noise})) is suspicious


def test_groups_that_are_told_are_no_suspicion():
    table = make({"who": [f"n{n // 4}" for n in range(N)], "x": NOISE})
    assert inspect(table, schema=infer_schema(table, group="who")).suspicions == ()


def test_order():
    dates = pd.date_range("2020-01-01", periods=N)
    text = found({"sold on": dates, "x": NOISE})["order"]
    assert text == (
        "Rows are in the order of sold on. If the model is to predict later rows, --time "
        "'sold on' validates on the latest ones."
    )
    assert "order" in found({"sold": dates[::-1], "x": NOISE})
    assert "order" not in found({"sold": np.roll(dates, 7), "x": NOISE})


def test_duplicates():
    twice = {name: np.append(x, x[:3]) for name, x in (("x", NOISE), ("z", -(NOISE**3)))}
    twice["k"] = ["a", "b"] * 100 + ["a", "b", "b"]
    assert found(twice)["duplicates"] == (
        "2 rows (1.0 %) repeat an earlier row in the target and all features. A random split "
        "keeps a row and its copies on one side. If they are the same measurement more than "
        "once, remove the copies from the file."
    )
    numbered = twice | {"row": np.arange(N + 3)}  # left out, so that rows are as alike as before
    assert found(numbered)["duplicates"].startswith("2 rows")
    missing = {name: np.append(x, [np.nan, np.nan]) for name, x in (("x", NOISE), ("z", -NOISE))}
    assert found(missing)["duplicates"].startswith("1 row (0.5 %) repeats an earlier row")
    all_twice = {name: np.append(x, x) for name, x in (("x", NOISE), ("z", -(NOISE**3)))}
    assert found(all_twice)["duplicates"].endswith(
        "--copies together keeps a row and its copies on one side."
    )
    dice = np.random.default_rng(0).integers(0, 6, (N, 3))
    assert "duplicates" not in found({"a": dice[:, 0], "b": dice[:, 1], "c": dice[:, 2]})


def test_duplicates_are_counted_as_pandas_counts_them():
    for load in (load_red_wine, load_concrete):
        frame = load()
        text = next(
            suspicion.text
            for suspicion in inspect(Table(frame, "table")).suspicions
            if suspicion.what == "duplicates"
        )
        assert text.startswith(f"{int(frame.duplicated().sum()):,} rows ")


def test_identifiers():
    text = found({"docket": np.arange(N) * 3, "x": NOISE})["identifier"]
    assert text == (
        "docket holds a different whole number in each of 200 rows, in order. If it only "
        "identifies rows, drop it: --drop docket; if it is the time, use --time docket."
    )
    shuffled = np.random.default_rng(0).permutation(N) * 3
    assert found({"bottle_nr": shuffled, "x": NOISE})["identifier"].endswith("--drop bottle_nr.")
    assert "identifier" not in found({"salary": shuffled, "x": NOISE})


def test_rare_classes():
    target = ["often"] * (N - 2) + ["seldom"] * 2
    assert found({"x": NOISE, "y": target}, "y") == {
        "rare": "A rare class of y: 'seldom' (1.0 %). Accuracy hardly depends on it; "
        "--class-weight balanced gives every class the same weight."
    }


def test_tails():
    far = np.append(NOISE[:-1], 1000.0)
    assert found({"x": far, "y": NOISE[::-1]}, "y")["tails"].startswith(
        "Outliers, with standard deviations from the median: x = 1,000 ("
    )
    text = found({"x": NOISE[::-1], "y": far}, "y")["tails"]
    assert text.startswith("The target y has 1 row far from all others (1,000 in line 201, ")
    assert text.endswith("the absolute error, weighs all rows alike.")


def test_a_sample_says_so(monkeypatch):
    monkeypatch.setattr(suspicions, "SAMPLE", 150)
    text = found({"x": 2 * NOISE, "z": NOISE[::-1], "y": NOISE}, "y")["leak"]
    assert "(correlation 1.000000) in a sample of 150 rows. If" in text


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_tables_of_hardly_any_rows(rows):
    cells = {"x": NOISE[:rows], "k": ["a"] * rows, "when": pd.date_range("2020", periods=rows)}
    looked = inspect(make(cells))
    assert (looked.rows, looked.suspicions) == (rows, ())
    json.dumps(looked.record(), allow_nan=False)


@pytest.mark.skipif(not SPOTIFY.exists(), reason="the lesson's Spotify table is not here")
def test_spotify():
    table = Table(pd.read_csv(SPOTIFY, keep_default_na=False), "spotify.csv")
    looked = {s.what: s for s in inspect(table, "track_popularity").suspicions}
    assert set(looked) == {"groups", "tails"}
    assert looked["groups"].columns == ("track_artist", "track_album_id", "track_id")
    assert "Rows of one track_id have the same track_popularity." in looked["groups"].text
    assert "--group track_artist" in looked["groups"].text
