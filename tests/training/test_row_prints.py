"""Rows as hashes: found again, and nothing else is."""

import numpy as np

from tests.support.small import small_data
from trimtab.engines.base import Rows
from trimtab.training import row_prints
from trimtab.training.row_prints import RowPrints


def rows(count=200, columns=3, seed=0):
    x, y = small_data(count, columns, seed)
    return Rows(x, y[:, None])


def test_rows_are_found():
    known, others = rows(), rows(seed=1)
    prints = RowPrints.of(known, None)
    assert prints.share == 1
    assert prints.found(known.x[50:], known.y[50:]) == 150
    assert prints.found(others.x, others.y) == 0
    assert prints.found(known.x[:, ::-1].copy(), known.y) == 0
    assert prints.found(known.x, known.y[::-1]) == 0


def test_whole_numbers_do_not_collide(monkeypatch):
    """Floats of small whole numbers differ in few bits."""
    monkeypatch.setattr(row_prints, "MOST_ROWS", 12**4)
    grid = np.stack(np.meshgrid(*[np.arange(12.0)] * 4), axis=-1).reshape(-1, 4)
    grid = grid.astype(np.float32)
    even = grid.sum(axis=1) % 2 == 0
    prints = RowPrints.of(Rows(grid[even], np.zeros((even.sum(), 1), np.float32)))
    assert len(prints.prints) == even.sum()
    assert prints.found(grid[~even], np.zeros(((~even).sum(), 1), np.float32)) == 0


def test_salt():
    one, other = RowPrints.of(rows()), RowPrints.of(rows())
    assert not np.isin(one.prints, other.prints).any()


def test_large_tables_are_thinned(monkeypatch):
    monkeypatch.setattr(row_prints, "MOST_ROWS", 40)
    known, validation = rows(), rows(30, seed=2)
    prints = RowPrints.of(known, validation)
    assert len(prints.prints) == 70 and prints.share == 70 / 230
    assert prints.suspects(known.x, known.y) == 40
    assert prints.suspects(validation.x, validation.y) == 30


def test_repeated_rows_are_no_suspects():
    known, other = rows(20), rows(20, seed=1)
    prints = RowPrints.of(known)
    for shared, suspects in ((0, 0), (9, 0), (10, 10)):
        mixed = Rows(
            np.concatenate([known.x[:shared], other.x[shared:]]),
            np.concatenate([known.y[:shared], other.y[shared:]]),
        )
        assert prints.suspects(mixed.x, mixed.y) == suspects
