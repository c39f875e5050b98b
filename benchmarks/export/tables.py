"""A table with a column of every kind and targets of every task, and the tables of the lesson."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["TARGETS", "mixed", "spotify"]

#: Columns that are predicted; each is left out where another is.
TARGETS = ("y", "price", "signed", "two", "three", "five", "flag")


def mixed(target: str | tuple[str, ...], rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps and tails, whole ones, yes and no, categories, dates and times of day."""
    generator = np.random.default_rng(seed)

    def gone(cells: Any, nothing: Any = None) -> Any:
        return pd.Series(cells).where(generator.random(rows) > 0.1, nothing)

    seconds = generator.integers(0, 86_400, rows)
    days = pd.to_timedelta(generator.integers(0, 900, rows), unit="D")
    table = pd.DataFrame(
        {
            "size": generator.normal(10, 3, rows),
            "width m²": gone(generator.normal(size=rows)),
            "tail": np.exp(3 * generator.normal(size=rows)),
            "zeros": np.where(generator.random(rows) < 0.6, 0, generator.exponential(size=rows)),
            "hour": generator.integers(0, 24, rows),
            "rooms": generator.integers(1, 6, rows),
            "rooms gone": gone(generator.integers(0, 5, rows)),
            "yes": generator.random(rows) < 0.4,
            "maybe": gone(generator.random(rows) < 0.5).astype("boolean"),
            "hue": generator.choice(["red", "green", "odd one"], rows, p=[0.5, 0.49, 0.01]),
            "gone": gone(generator.choice(["a", "b"], rows)),
            "many": [f"k{number}" for number in generator.integers(0, 30, rows)],
            "grade": generator.choice(["1", "2", "3"], rows),
            "sold": pd.Timestamp("2020-01-05")
            + pd.to_timedelta(generator.integers(0, 900 * 86_400, rows), unit="s"),
            "built": gone(pd.Timestamp("1969-03-05") + days, pd.NaT),
            "clock": [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in seconds],
        }
    )
    y = table["size"] + 2 * (table["hue"] == "red") + 0.1 * table["hour"]
    y = y + 0.3 * generator.normal(size=rows)
    targets = {
        "y": y,
        "price": np.exp(y / 3),
        "signed": np.sinh(2 * generator.normal(size=rows) + y / 5 - 2),
        "two": np.where(y > 12, "high", "low"),
        "three": np.select([y > 13, y > 10], ["c", "b"], "a"),
        "five": np.clip(y // 3, 1, 4).astype(int),
        "flag": y > 12,
    }
    names = (target,) if isinstance(target, str) else target
    return table.assign(**{name: targets[name] for name in names})


def spotify(data: Path, rows: int = 2000) -> pd.DataFrame | None:
    """Some songs, with the columns of the lesson; None where there is no such file."""
    path = data / "spotify.csv"
    if not path.is_file():
        return None
    songs = pd.read_csv(path).dropna().sample(rows, random_state=0)
    names = ["playlist_genre", "danceability", "energy", "key", "loudness", "tempo", "mode"]
    return songs[[*names, "track_album_release_date", "track_popularity"]]
