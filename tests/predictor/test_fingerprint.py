"""The fingerprint of a table: of what a training uses, and of nothing else."""

import numpy as np
import pandas as pd
import pytest

from trimtab.predictor.training.fingerprint import fingerprint
from trimtab.tables.columns.schema import Column, Schema
from trimtab.tables.files.table import Table

SCHEMA = Schema(
    (
        Column("size", "numeric", "feature"),
        Column("colour", "category", "feature"),
        Column("note", "text", "dropped"),
        Column("price", "numeric", "target"),
    ),
    "regression",
)


def frame():
    return pd.DataFrame(
        {
            "size": [1.0, np.nan, 3.0],
            "colour": pd.Series(["red", None, "blue"], dtype=object),
            "note": ["a", "b", "c"],
            "price": [5, 6, 7],
        }
    )


def of(*frames):
    return fingerprint([Table(each, "a table") for each in frames], SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table[["price", "colour", "note", "size"]],
        lambda table: table.assign(note="other"),
        lambda table: table.assign(more=1),
        lambda table: table.drop(columns="note"),
        lambda table: table.astype({"colour": "string"}),
    ],
    ids=["order of columns", "dropped", "more columns", "fewer that are dropped", "type of text"],
)
def test_what_does_not_count(change):
    assert of(change(frame())) == of(frame())


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.assign(size=[1.0, np.nan, 3.5]),
        lambda table: table.assign(size=[1.0, 2.0, 3.0]),
        lambda table: table.assign(colour=["red", "blue", "blue"]),
        lambda table: table.assign(colour=["blue", None, "red"]),
        lambda table: table.assign(price=[5, 6, 8]),
        lambda table: table.iloc[::-1],
        lambda table: table.iloc[:2],
    ],
)
def test_what_counts(change):
    assert of(change(frame())) != of(frame())


def test_every_table_counts():
    assert of(frame(), frame()) != of(frame())
