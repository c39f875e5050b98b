"""Seeded divisions of a table: a quarter of the rows is held out, each peer trains on the rest."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.accuracy.tables import Table

HELD_OUT = 0.25
SPLITS = (0, 1, 2)


@dataclass(frozen=True)
class Rows:
    """What a peer learns from, and what it is asked: never the answers of the held-out rows."""

    table: Table
    train: pd.DataFrame
    held_out: pd.DataFrame
    labels: tuple[str, ...]  # of classes, in the order of probabilities

    @property
    def answers(self) -> pd.Series:
        """Of the rows to learn from."""
        return self.train[self.table.target]

    @property
    def features(self) -> pd.DataFrame:
        return self.train.drop(columns=self.table.target)


def divide(frame: pd.DataFrame, table: Table, split: int) -> tuple[Rows, pd.Series]:
    """The rows of a split, and the answers to its held-out rows. Classes are stratified."""
    answers = frame[table.target]
    train, held_out = train_test_split(
        frame,
        test_size=HELD_OUT,
        random_state=split,
        stratify=answers if table.classes else None,
    )
    train, held_out = train.reset_index(drop=True), held_out.reset_index(drop=True)
    labels = tuple(sorted(answers.unique())) if table.classes else ()
    rows = Rows(table, train, held_out.drop(columns=table.target), labels)
    return rows, held_out[table.target]
