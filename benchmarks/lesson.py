"""The three runs of the dropout and batch normalization lesson: networks and data.

Rows are split as the lesson splits them, with the seed fixed at 0. pandas and scikit-learn are
imported where they are used, so that a worker that is handed finished arrays never loads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data import Data, as_floats, synthetic
from benchmarks.networks import BatchNormalization, Dense, Dropout, Layer, Run

SPLIT_SEED = 0

SPOTIFY_NUMERIC = [
    "danceability",
    "energy",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "duration_ms",
]
SPOTIFY_CATEGORIES = ["playlist_genre"]


def split_at_random(frame: Any, target: str) -> Data:
    """70 % of the rows for training, the rest for validation, inputs as they are."""
    train = frame.sample(frac=0.7, random_state=SPLIT_SEED)
    valid = frame.drop(train.index)
    return Data(
        as_floats(train.drop(columns=target)),
        as_floats(train[target]),
        as_floats(valid.drop(columns=target)),
        as_floats(valid[target]),
    )


def red_wine(csv: Path) -> Data:
    import pandas as pd

    return split_at_random(pd.read_csv(csv), "quality")


def concrete(csv: Path) -> Data:
    import pandas as pd

    return split_at_random(pd.read_csv(csv), "CompressiveStrength")


def spotify(csv: Path) -> Data:
    """Split by artist; numbers standardized and genres one-hot, both from the training rows."""
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.model_selection import GroupShuffleSplit
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = pd.read_csv(csv).dropna()
    splitter = GroupShuffleSplit(n_splits=1, train_size=0.75, random_state=SPLIT_SEED)
    train, valid = next(splitter.split(frame, groups=frame["track_artist"]))
    columns = make_column_transformer(
        (StandardScaler(), SPOTIFY_NUMERIC),
        (OneHotEncoder(sparse_output=False), SPOTIFY_CATEGORIES),
    )
    popularity = frame["track_popularity"] / 100
    return Data(
        as_floats(columns.fit_transform(frame.iloc[train])),
        as_floats(popularity.iloc[train]),
        as_floats(columns.transform(frame.iloc[valid])),
        as_floats(popularity.iloc[valid]),
    )


def red_wine_layers() -> tuple[Layer, ...]:
    block: tuple[Layer, ...] = (Dense(1024, relu=True), Dropout(0.3), BatchNormalization())
    return (*block, *block, *block, Dense(1))


def concrete_layers() -> tuple[Layer, ...]:
    block: tuple[Layer, ...] = (BatchNormalization(), Dense(512, relu=True))
    return (*block, *block, *block, BatchNormalization(), Dense(1))


def spotify_layers() -> tuple[Layer, ...]:
    """Also the network of the `rows` measurement."""
    return (Dense(128, relu=True), Dropout(0.3), Dense(64, relu=True), Dropout(0.3), Dense(1))


@dataclass(frozen=True)
class Lesson:
    """A run with the file it reads.

    `shape` is (training rows, validation rows, columns): the stand-in's where the file is absent.
    """

    run: Run
    file: str
    prepare: Callable[[Path], Data]
    shape: tuple[int, int, int]

    def stand_in(self) -> Data:
        rows, valid_rows, columns = self.shape
        return synthetic(rows, columns, valid_rows)


LESSONS = {
    lesson.run.name: lesson
    for lesson in (
        Lesson(
            Run("spotify", spotify_layers(), "adam", 512, 50, lands=(0.185, 0.2015)),
            "spotify.csv",
            spotify,
            (24_600, 8_200, 18),
        ),
        Lesson(
            Run("concrete", concrete_layers(), "sgd", 64, 100, lands=(3.4, 4.7)),
            "concrete.csv",
            concrete,
            (721, 309, 8),
        ),
        Lesson(
            Run("red-wine", red_wine_layers(), "adam", 256, 100, lands=(0.0, 0.62)),
            "red-wine.csv",
            red_wine,
            (1_119, 480, 11),
        ),
    )
}
