"""Which rows are copies of which: found as pandas finds them, whatever the cells are."""

import numpy as np
import pandas as pd
import pytest

from trimtab.tables.columns.copies import Copies, row_hashes
from trimtab.tables.columns.inference import infer_schema
from trimtab.tables.files.reading import read


def schema(of):
    return infer_schema(of, "y")


COLUMNS = {
    "numbers": lambda r, n: r.integers(0, 4, n).astype(np.float64) / 3,
    "single": lambda r, n: r.choice([0.1, np.nan, 7], n).astype(np.float32),
    "whole": lambda r, n: r.choice([0, 1, 2**62, 2**62 + 1, -3], n),
    "words": lambda r, n: np.array(["a", "b", None, "é"], object)[r.integers(0, 4, n)],
    "truths": lambda r, n: r.random(n) > 0.5,
    "days": lambda r, n: pd.to_datetime(r.choice(["2020-01-01", "2020-01-02", "NaT"], n)),
}


@pytest.mark.parametrize("names", [[name] for name in COLUMNS] + [["numbers", "words", "truths"]])
@pytest.mark.parametrize("rows", [200, 3000])
def test_copies_are_those_of_pandas(names, rows):
    generator = np.random.default_rng(rows)
    columns = {name: COLUMNS[name](generator, rows) for name in names}
    of = read({**columns, "y": generator.integers(0, 40, rows).astype(np.float64)})
    copies = Copies.of(of, schema(of))
    used = of.frame[[each.name for each in schema(of).columns if each.role != "dropped"]]
    groups = used.groupby(list(used), dropna=False, sort=False).ngroup().to_numpy()
    _, first, back = np.unique(groups, return_index=True, return_inverse=True)
    assert copies.first.tolist() == first[back].tolist()
    assert copies.rows == rows
    assert copies.repeats == int(used.duplicated().sum())
    assert copies.alike == int(used.duplicated(keep=False).sum())
    assert copies.distinct == len(first)
    assert copies.most == (copies.alike > rows / 2)


def test_rows_that_are_not_asked_about_count_for_nothing():
    of = read({"x": [1.0, 1, 1, 2, 2] * 6, "y": [0.5, 0.5, 0.5, 1, 3] * 6})
    kept = np.arange(30) % 5 > 0
    rows = np.flatnonzero(kept)
    copies = Copies.of(of, schema(of), rows)
    assert (copies.rows, copies.repeats, copies.alike) == (24, 24 - 3, 24)
    assert copies.first[:10].tolist() == [0, 1, 1, 3, 4, 5, 1, 1, 3, 4]
    assert copies.among(np.array([0, 7, 8]), np.array([2])).tolist() == [False, True, False]


def test_no_row_equals_another():
    of = read({"x": np.arange(50.0) ** 2, "y": np.zeros(50) + np.arange(50) % 3})
    assert Copies.of(of, schema(of)) is None


def test_signs_of_zero_and_kinds_of_nan_are_no_difference():
    other = np.array([0x7FF8000000000001], np.uint64).view(np.float64)[0]
    of = read({"x": [0.0, -0.0, np.nan, other, -np.nan, 1.0]})
    hashes = row_hashes(of, ["x"])
    assert hashes[0] == hashes[1]
    assert hashes[2] == hashes[3] == hashes[4]
    assert len(set(hashes)) == 3


def test_cells_count_in_their_column():
    of = read({"x": [1.0, 2.0, 0.0, 3.0], "z": [2.0, 1.0, 3.0, 0.0], "k": ["a", "a", "b", "b"]})
    assert len(set(row_hashes(of, ["x", "z"]))) == 4
    assert len(set(row_hashes(of, ["k"]))) == 2


def test_many_rows_of_small_numbers_do_not_collide():
    """Small whole numbers as float64 have few bits that differ."""
    grid = np.stack(np.meshgrid(*[np.arange(32.0)] * 4), -1).reshape(-1, 4)
    of = read({f"x{k}": column for k, column in enumerate(grid.T)})
    assert len(np.unique(row_hashes(of, list(of.frame)))) == 32**4
