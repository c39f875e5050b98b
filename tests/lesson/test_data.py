"""Reading and splitting the lesson's tables, and every refusal on the way."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.lesson import LESSONS
from trimtab.lesson.data import read_table, split_at_random, split_by_group
from trimtab.tables import datasets


def test_random_split_is_the_lessons():
    frame = datasets.load_concrete()
    split = LESSONS["concrete"].split(frame)
    train = frame.sample(frac=0.7, random_state=0)
    valid = frame.drop(train.index)
    np.testing.assert_array_equal(split.y_train, train["CompressiveStrength"].astype("float32"))
    np.testing.assert_array_equal(
        split.x_valid, valid.drop(columns="CompressiveStrength").astype("float32")
    )
    assert (len(split.y_train), len(split.y_valid), split.columns) == (721, 309, 8)


def test_red_wine_split():
    split = LESSONS["red-wine"].split(datasets.load_red_wine())
    assert (len(split.y_train), len(split.y_valid), split.columns) == (1119, 480, 11)


def songs(rows: int = 120) -> pd.DataFrame:
    """A table in the shape of the Spotify one."""
    draws = np.random.default_rng(0)
    numeric = ["danceability", "energy", "key", "loudness", "mode", "speechiness"]
    numeric += ["acousticness", "instrumentalness", "liveness", "valence", "tempo", "duration_ms"]
    frame = pd.DataFrame({name: draws.normal(5.0, 3.0, rows) for name in numeric})
    frame["track_artist"] = [f"artist {number}" for number in draws.integers(0, 30, rows)]
    frame["playlist_genre"] = draws.choice(["edm", "pop", "rap"], rows)
    frame["track_popularity"] = draws.integers(0, 101, rows)
    return frame


def test_group_split_keeps_artists_apart_and_standardizes_by_the_training_rows():
    frame = songs()
    # Which side an artist is on shows in a column that names it.
    frame["danceability"] = frame["track_artist"].str.removeprefix("artist ").astype(float)
    split = LESSONS["spotify"].split(frame)
    assert not set(split.x_train[:, 0]) & set(split.x_valid[:, 0])
    assert split.columns == 12 + 3
    np.testing.assert_allclose(split.x_train[:, :12].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(split.x_train[:, :12].std(axis=0), 1, atol=1e-5)
    assert set(np.unique(split.x_train[:, 12:])) == {0.0, 1.0}
    assert 0 <= split.y_train.min() <= split.y_train.max() <= 1


def test_group_split_leaves_out_rows_with_missing_values():
    frame = songs()
    frame.loc[[3, 4], "track_artist"] = None
    split = LESSONS["spotify"].split(frame)
    assert len(split.y_train) + len(split.y_valid) == len(frame) - 2


@pytest.mark.parametrize("name", LESSONS)
def test_missing_columns_are_all_named(name):
    with pytest.raises(InvalidData, match=r"the table has no column '.+; it has a, b\."):
        LESSONS[name].split(pd.DataFrame({"a": [1], "b": [2]}))


def test_a_cell_that_is_no_number_is_shown():
    frame = datasets.load_concrete().astype(object)
    frame.loc[[16, 40], "Age"] = "old"
    with pytest.raises(InvalidData, match=r"'Age' .* received 'old' in row 17 and 1 more row[.]"):
        LESSONS["concrete"].split(frame)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value):
    frame = datasets.load_concrete()
    frame.loc[0, "CompressiveStrength"] = value
    with pytest.raises(
        InvalidData, match=r"'CompressiveStrength' .* received -?(nan|inf) in row 1[.]"
    ):
        LESSONS["concrete"].split(frame)


def test_too_few_rows():
    with pytest.raises(InvalidData, match="has 5 usable rows; the lesson needs at least 20"):
        split_at_random(pd.DataFrame({"a": range(5), "b": range(5)}), ["a"], "b")


def test_one_group_cannot_be_split():
    frame = songs()
    frame["track_artist"] = "one"
    with pytest.raises(InvalidData, match="'track_artist' must have at least two different values"):
        split_by_group(
            frame, ["energy"], ["playlist_genre"], "tempo", group="track_artist", target_scale=1.0
        )


@pytest.mark.parametrize(
    "content", ["a,b\n1.5,NA\n,x\n", "a;b\n1,5;NA\n;x\n", "a\tb\n1.5\tNA\n\tx\n"]
)
def test_a_table_is_read_whatever_separates_its_columns(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_text(content)
    frame = read_table(path)
    assert list(frame.columns) == ["a", "b"]
    np.testing.assert_array_equal(frame["a"], [1.5, np.nan])
    assert frame["b"].isna().tolist() == [True, False]


def test_the_shipped_tables_are_read_as_they_are_loaded():
    folder = Path(datasets.__file__).parent
    for name in ("concrete", "red-wine"):
        pd.testing.assert_frame_equal(read_table(folder / f"{name}.csv"), LESSONS[name].table())


def test_a_file_that_is_no_table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(InvalidData, match=r"table.csv, line 3: 3 fields"):
        LESSONS["concrete"].table(path)


def test_spotify_comes_with_nobody():
    with pytest.raises(InvalidArgument, match=r"TidyTuesday, 2020-01-21.*--data spotify_songs.csv"):
        LESSONS["spotify"].table()
