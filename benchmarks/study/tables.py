"""The tables of a study, and how a seed divides one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HELD_OUT = 0.25

#: Only these may choose a default; the other half of the tables judges it once.
HALF = "choose"


@dataclass(frozen=True)
class StudyTable:
    """A table, where its rows are, and what is predicted.

    `path` is a Parquet or CSV file, or ``sklearn:NAME`` for a table that scikit-learn ships.
    """

    name: str
    path: str
    target: str
    task: str

    def frame(self) -> pd.DataFrame:
        if self.path.startswith("sklearn:"):
            from sklearn import datasets

            load = getattr(datasets, "load_" + self.path.removeprefix("sklearn:"))
            frame: pd.DataFrame = load(as_frame=True).frame
            return frame
        if self.path.endswith(".csv"):
            return pd.read_csv(self.path)
        return pd.read_parquet(self.path)


def shipped() -> list[StudyTable]:
    """The small tables of scikit-learn, at hand everywhere."""
    tasks = {
        "diabetes": "regression",
        "breast_cancer": "binary",
        "wine": "multiclass",
        "iris": "multiclass",
    }
    return [StudyTable(name, f"sklearn:{name}", "target", task) for name, task in tasks.items()]


def listed(index: Path) -> list[StudyTable]:
    """The tables that an index names: a JSON list of name, target, task and half.

    Their rows are in a folder beside it that has its name: ``tables/NAME.parquet``.
    """
    folder = index.with_suffix("")
    found: list[dict[str, Any]] = json.loads(index.read_text())
    return [
        StudyTable(
            each["name"], str(folder / f"{each['name']}.parquet"), each["target"], each["task"]
        )
        for each in found
        if each.get("half", HALF) == HALF
    ]


def divided(table: StudyTable, seed: int, most_rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to train on and rows held out; the same for every variant.

    Args:
        table: the table.
        seed: of the division.
        most_rows: at most so many rows are drawn from the table first.
    """
    from sklearn.model_selection import train_test_split

    frame = table.frame()
    frame = frame[frame[table.target].notna()]
    classes = table.task != "regression"
    if len(frame) > most_rows:
        chosen = np.random.default_rng(seed).permutation(len(frame))[:most_rows]
        frame = frame.iloc[chosen]
    if classes:  # a class with a single row cannot be on both sides
        frame = frame[frame.groupby(table.target)[table.target].transform("size") > 1]
    train, held = train_test_split(
        frame,
        test_size=HELD_OUT,
        random_state=seed,
        stratify=frame[table.target] if classes else None,
    )
    return train.reset_index(drop=True), held.reset_index(drop=True)
