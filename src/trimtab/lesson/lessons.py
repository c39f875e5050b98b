"""The three lessons: their data, networks and settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab.errors import InvalidArgument
from trimtab.lesson.data import Split, read_table, split_at_random, split_by_group
from trimtab.tables import datasets

if TYPE_CHECKING:
    import pandas as pd

    from trimtab.model.sequential import Sequential


@dataclass(frozen=True)
class Variant:
    """One network of a lesson.

    Attributes:
        title: A description, such as "without dropout".
        network: From the number of columns to the uncompiled network.
    """

    title: str
    network: Callable[[int], Sequential]


@dataclass(frozen=True)
class Lesson:
    """A table, how it is split, and the networks trained on it.

    Attributes:
        name: The name on the command line.
        title: The heading: what is learned.
        target: The column to predict.
        load: Loads the table, if it comes with the package; otherwise None.
        where: Where to get the table otherwise.
        split: From the table to arrays.
        variants: The networks, in the order of training.
        optimizer, batch_size, epochs: Settings; the loss is always "mae".
    """

    name: str
    title: str
    target: str
    load: Callable[[], pd.DataFrame] | None
    where: str
    split: Callable[[pd.DataFrame], Split]
    variants: tuple[Variant, ...]
    optimizer: str
    batch_size: int
    epochs: int

    def table(self, path: str | Path | None = None) -> pd.DataFrame:
        """The table from ``path``, or the one that comes with the package."""
        if path is not None:
            return read_table(path)
        if self.load is None:
            raise InvalidArgument(
                f"the table of the {self.name} lesson does not come with trimtab: {self.where}"
            )
        return self.load()


def _concrete(frame: pd.DataFrame) -> Split:
    features = ["Cement", "BlastFurnaceSlag", "FlyAsh", "Water", "Superplasticizer"]
    features += ["CoarseAggregate", "FineAggregate", "Age"]
    return split_at_random(frame, features, "CompressiveStrength")


def _red_wine(frame: pd.DataFrame) -> Split:
    features = ["fixed acidity", "volatile acidity", "citric acid", "residual sugar", "chlorides"]
    features += ["free sulfur dioxide", "total sulfur dioxide", "density", "pH", "sulphates"]
    features += ["alcohol"]
    return split_at_random(frame, features, "quality")


def _spotify(frame: pd.DataFrame) -> Split:
    numeric = ["danceability", "energy", "key", "loudness", "mode", "speechiness"]
    numeric += ["acousticness", "instrumentalness", "liveness", "valence", "tempo", "duration_ms"]
    return split_by_group(
        frame,
        numeric,
        ["playlist_genre"],
        "track_popularity",
        group="track_artist",
        target_scale=100.0,
    )


def _concrete_plain(columns: int) -> Sequential:
    from trimtab.keras import Sequential, layers

    return Sequential(
        [
            layers.Dense(512, activation="relu", input_shape=[columns]),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            layers.Dense(1),
        ]
    )


def _concrete_normalized(columns: int) -> Sequential:
    from trimtab.keras import Sequential, layers

    return Sequential(
        [
            layers.BatchNormalization(input_shape=[columns]),
            layers.Dense(512, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(512, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(512, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )


def _red_wine_network(columns: int) -> Sequential:
    from trimtab.keras import Sequential, layers

    return Sequential(
        [
            layers.Dense(1024, activation="relu", input_shape=[columns]),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )


def _spotify_plain(columns: int) -> Sequential:
    from trimtab.keras import Sequential, layers

    return Sequential(
        [
            layers.Dense(128, activation="relu", input_shape=[columns]),
            layers.Dense(64, activation="relu"),
            layers.Dense(1),
        ]
    )


def _spotify_dropout(columns: int) -> Sequential:
    from trimtab.keras import Sequential, layers

    return Sequential(
        [
            layers.Dense(128, activation="relu", input_shape=[columns]),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(1),
        ]
    )


LESSONS: dict[str, Lesson] = {
    lesson.name: lesson
    for lesson in (
        Lesson(
            name="concrete",
            title="Concrete strength: what batch normalization does",
            target="CompressiveStrength",
            load=datasets.load_concrete,
            where="",
            split=_concrete,
            variants=(
                Variant("without batch normalization", _concrete_plain),
                Variant("with batch normalization", _concrete_normalized),
            ),
            optimizer="sgd",
            batch_size=64,
            epochs=100,
        ),
        Lesson(
            name="red-wine",
            title="Red wine quality: dropout and batch normalization together",
            target="quality",
            load=datasets.load_red_wine,
            where="",
            split=_red_wine,
            variants=(Variant("with dropout and batch normalization", _red_wine_network),),
            optimizer="adam",
            batch_size=256,
            epochs=100,
        ),
        Lesson(
            name="spotify",
            title="Spotify popularity: what dropout does",
            target="track_popularity",
            load=None,
            where="download spotify_songs.csv from TidyTuesday, 2020-01-21 (Spotify Songs), and "
            "pass --data spotify_songs.csv.",
            split=_spotify,
            variants=(
                Variant("without dropout", _spotify_plain),
                Variant("with dropout", _spotify_dropout),
            ),
            optimizer="adam",
            batch_size=512,
            epochs=50,
        ),
    )
}
