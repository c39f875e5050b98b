"""Small tables and quick estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import trimtab

#: A network that trains in a moment; one split, as of rows that are many.
QUICK: dict[str, Any] = {"layers": "16 relu", "epochs": 6, "fold": 0, "random_state": 0}


def regressor(**options: Any) -> trimtab.TabularRegressor:
    return trimtab.TabularRegressor(**QUICK | options)


def classifier(**options: Any) -> trimtab.TabularClassifier:
    return trimtab.TabularClassifier(**QUICK | options)


def numbers(rows: int = 80, columns: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """An array, and a target that follows from it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    return x, 3 * x[:, 0] - x[:, 1] + 0.1 * rng.normal(size=rows) + 5


def labels(rows: int = 90, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """An array, and the names of classes that follow from it."""
    x, y = numbers(rows)
    cuts = np.quantile(y, np.linspace(0, 1, classes + 1)[1:-1])
    return x, np.array(["ash", "birch", "cedar", "dogwood"])[np.digitize(y, cuts)]


def mixed(rows: int = 80) -> tuple[pd.DataFrame, pd.Series]:
    """A data frame of numbers, categories, dates and gaps, with an index of its own."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "area": rng.uniform(20, 200, rows),
            "town": rng.choice(["Bonn", "Kiel", "Ulm"], rows),
            "built": pd.to_datetime("2001-01-01")
            + pd.to_timedelta(rng.integers(0, 7000, rows), "D"),
            "garden": rng.random(rows) < 0.5,
        },
        index=pd.Index(rng.permutation(rows) + 1000, name="house"),
    )
    price = 2 * frame["area"] + 50 * (frame["town"] == "Bonn") + 20 * frame["garden"]
    frame.loc[frame.index[::7], "area"] = np.nan
    return frame, price.rename("price")
