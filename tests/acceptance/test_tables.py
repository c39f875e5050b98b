"""Tables that people have, from the file to predictions, by commands alone."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trimtab as package
from tests.support.processes import run_python
from trimtab.tables import datasets

DATA = Path(__file__).parents[3] / "shared" / "data"
PNG = b"\x89PNG\r\n\x1a\n"

#: Table of scikit-learn -> its classes, and the accuracy that a whole training reaches.
CLASSES = {
    "breast_cancer": (2, 0.94),
    "wine": (3, 0.93),
    "iris": (3, 0.86),
    "digits": (10, 0.96),
}


def classes(name: str) -> pd.DataFrame:
    """A table of scikit-learn with the names of its classes."""
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{name}")(as_frame=True)
    names = np.asarray(bunch.target_names)[bunch.target].astype(str)
    return bunch.data.assign(kind=np.char.add("a ", names))


def finished(out: str) -> dict:
    """The last event of ``--json``."""
    return json.loads(out.splitlines()[-1])


def test_the_whole_way(trimtab):
    """Inspect, train, show, evaluate, explain, predict: all say the same of the model."""
    assert "target quality: regression" in trimtab.does("inspect", "red-wine").out
    trained = trimtab.does("train", "red-wine", "--epochs", "5", "--test", "0.2").out
    sentence = next(line for line in trained.splitlines() if line.startswith("On 3"))
    assert "test rows" in sentence and "less error." in sentence
    assert Path("red-wine.png").read_bytes().startswith(PNG)
    assert sentence in trimtab.does("show", "red-wine").out
    evaluated = trimtab.does("evaluate", "red-wine", "red-wine", "--part", "test").out
    assert sentence in evaluated.splitlines()
    explained = trimtab.does("explain", "red-wine", "red-wine", "--repeats", "3").out
    lines = explained.splitlines()
    first = next(line for line in lines[2:] if line.startswith(("alcohol", "volatile acidity")))
    assert lines.index(first) <= 4  # what everybody finds to matter most in this table
    assert Path("red-wine-importance.png").read_bytes().startswith(PNG)

    wines = datasets.load_red_wine()
    new = wines.drop(columns="quality").sample(100, random_state=1)
    new.to_csv("new.csv", index=False)
    done = trimtab("predict", "red-wine", "new.csv", "-o", "out.csv", "--interval", "0.9")
    assert done.status == 0 and "calibrated on 319 rows" in done.err
    assert done.err.splitlines()[-1].startswith("100 rows predicted in ")
    found = pd.read_csv("out.csv")
    assert list(found) == ["prediction", "lower", "upper"]
    predictor = package.load("red-wine")
    np.testing.assert_allclose(found["prediction"], predictor.predict(new), rtol=1e-14)
    intervals = predictor.predict_interval(wines, 0.9)
    held = wines["quality"].to_numpy()
    inside = (intervals.lower[:, 0] <= held) & (held <= intervals.upper[:, 0])
    assert 0.85 <= inside.mean() <= 0.95
    assert trimtab("predict", "red-wine", "red-wine").out.count("\n") == len(wines) + 1


def test_required_packages_are_enough(trimtab):
    """What ``pip install .`` brings: the first commands work, and the rest says what it lacks."""
    datasets.load_red_wine().drop(columns="quality").head(50).to_csv("new.csv", index=False)
    said = run_python(
        """
        import sys
        LACKING = {"jax", "jaxlib", "keras", "openpyxl", "polars", "pyarrow", "pytest"}

        class Without:
            def __init__(self, finder):
                self.finder = finder

            def __getattr__(self, name):
                return getattr(self.finder, name)

            def find_spec(self, name, *more):
                known = name.partition(".")[0] not in LACKING
                return self.finder.find_spec(name, *more) if known else None

        sys.meta_path[:] = map(Without, sys.meta_path)
        from trimtab.cli import main

        for line in (
            "train red-wine --epochs 1 -q",
            "predict red-wine new.csv -o out.csv",
            "explain red-wine red-wine --repeats 1 --json",
            "predict red-wine new.csv -o out.parquet",
            "train red-wine --engine jax -q",
        ):
            sys.argv = ["trimtab", *line.split()]
            sys.stderr = sys.stdout
            try:
                main()
            except SystemExit as end:
                print(line.split()[0], "ends with", end.code or 0)
        """
    )
    assert re.findall(r"(\w+) ends with (\d)", said) == [
        ("train", "0"), ("predict", "0"), ("explain", "0"), ("predict", "2"), ("train", "2"),
    ]  # fmt: skip
    assert "pip install 'trimtab[files]'" in said and "trimtab[jax]" in said
    assert "Traceback" not in said
    assert len(pd.read_csv("out.csv")) == 50 and not Path("out.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "share"),
    [
        (("red-wine",), 0.9),
        (("concrete",), 0.6),
        (("concrete", "--raw"), 0.7),
        (("red-wine", "--committee", "2", "--layers", "64 relu"), 0.9),
        (("concrete", "--fold", "3", "--layers", "64 relu", "--lr", "0.01"), 0.7),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_shipped_tables_beat_the_median(trimtab, without_pictures, arguments, share):
    said = finished(trimtab.does("train", *arguments, "--epochs", "8", "--json").out)
    scores = said["scores"]
    assert scores["metrics"]["mae"][0] <= share * scores["baseline"]["mae"][0]
    gain, error = scores["gain"]
    assert gain >= 4 * error > 0


@pytest.mark.parametrize("name", CLASSES)
def test_classes_beat_the_most_frequent_one(trimtab, without_pictures, name):
    frame = classes(name)
    frame.to_csv(f"{name}.csv", index=False)
    out = trimtab.does("train", f"{name}.csv", "--target", "kind", "--epochs", "6", "--json").out
    scores = finished(out)["scores"]
    assert scores["task"] == ("binary" if CLASSES[name][0] == 2 else "multiclass")
    gain, error = scores["gain"]
    assert gain >= 4 * error > 0
    result = trimtab("predict", name, f"{name}.csv", "-o", "out.csv", "--proba")
    assert result.status == 0
    found = pd.read_csv("out.csv")
    assert np.mean(found["prediction"] == frame["kind"]) >= 0.85
    probabilities = found.filter(like="probability_")
    assert probabilities.shape[1] == CLASSES[name][0]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    best = probabilities.idxmax(axis=1).str.removeprefix("probability_")
    assert (best == found["prediction"]).all()


# -- as they come, with nothing said --------------------------------------------------------------


@pytest.mark.slow
def test_red_wine_as_it_comes(trimtab):
    scores = finished(trimtab.does("train", "red-wine", "--json").out)["scores"]
    assert scores["metrics"]["mae"][0] <= 0.55  # predicting the mean: 0.70, the median: 0.69
    assert scores["gain"][0] >= 4 * scores["gain"][1]


@pytest.mark.slow
@pytest.mark.parametrize(("options", "most"), [((), 4.2), (("--raw",), 5.0)])
def test_concrete_as_it_comes(trimtab, options, most):
    scores = finished(trimtab.does("train", "concrete", *options, "--json").out)["scores"]
    assert scores["metrics"]["mae"][0] <= most  # MPa; predicting the mean: 13.5
    assert scores["gain"][0] >= 10 * scores["gain"][1]


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
def test_classes_as_they_come(trimtab, name):
    classes(name).to_csv(f"{name}.csv", index=False)
    out = trimtab.does("train", f"{name}.csv", "--target", "kind", "--json").out
    assert finished(out)["scores"]["metrics"]["accuracy"][0] >= CLASSES[name][1]


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "spotify.csv").is_file(), reason="the songs are not here")
def test_songs_by_artist(trimtab):
    """The lesson's split: no artist on both sides.

    More than 10 s: the error that is promised is that of the default training of all songs.
    """
    songs = DATA / "spotify.csv"
    told = ("--target", "track_popularity", "--group", "track_artist", "--id", "track_id")
    scores = finished(trimtab.does("train", songs, *told, "--json").out)["scores"]
    assert scores["groups"] > 2000
    assert scores["metrics"]["mae"][0] <= 19.0  # of 100; predicting the mean: 21.0
    assert scores["gain"][0] >= 5 * scores["gain"][1]
    frame = pd.read_csv(songs)
    frame.drop(columns=["track_popularity", "track_artist"]).to_parquet("new.parquet")
    result = trimtab("predict", "spotify", "new.parquet", "-o", "out.parquet", "--interval", "0.9")
    assert result.status == 0
    found = pd.read_parquet("out.parquet")
    assert list(found) == ["track_id", "prediction", "lower", "upper"]
    inside = frame["track_popularity"].between(found["lower"], found["upper"])
    assert 0.85 <= inside.mean() <= 0.95


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "spotify.csv").is_file(), reason="the songs are not here")
def test_songs_by_their_numbers_alone(trimtab):
    """Without the playlists, whose songs are alike: what the lesson's network sees."""
    songs = DATA / "spotify.csv"
    columns = pd.read_csv(songs, nrows=0).columns
    drop = [name for name in columns if name.startswith(("playlist_name", "playlist_id", "track_"))]
    drop = [name for name in drop if name not in ("track_popularity", "track_artist")]
    out = trimtab.does(
        *("train", songs, "--target", "track_popularity", "--group", "track_artist", "--json"),
        *(word for name in [*drop, "playlist_subgenre"] for word in ("--drop", name)),
        *("--effort", "quick"),
    ).out
    scores = finished(out)["scores"]
    assert scores["metrics"]["mae"][0] <= 20.0
    assert scores["gain"][0] >= 3 * scores["gain"][1]
