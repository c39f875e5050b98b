"""Rows as hashes: found again, and nothing else is."""

import numpy as np
import pytest

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


def test_rows_of_a_part_are_found_in_the_whole_table():
    whole = rows()
    part = np.sort(np.random.default_rng(0).permutation(200)[:60])
    prints = RowPrints.of(Rows(whole.x[part], whole.y[part]))
    assert np.flatnonzero(prints.where(whole.x, whole.y)).tolist() == part.tolist()


def test_rows_that_are_alike_are_found_as_often_as_they_were_there():
    known = rows(5)
    x, y = np.tile(known.x, (4, 1)), np.tile(known.y, (4, 1))
    prints = RowPrints.of(Rows(x[:11], y[:11]))  # row 0 three times, the others twice
    assert len(prints.prints) == 11
    where = prints.where(x, y)
    assert np.flatnonzero(where).tolist() == list(range(11))
    assert prints.where(x[::-1], y[::-1]).sum() == 11
    assert prints.where(x[:3], y[:3]).all()
    assert prints.where(x[:0], y[:0]).tolist() == []


def test_blocks_change_nothing(monkeypatch):
    known = rows()
    prints = RowPrints.of(known)
    monkeypatch.setattr("trimtab.core.hashing._BLOCK", 21)
    assert prints.where(known.x, known.y).all()


def test_more_rows_are_kept_when_asked(monkeypatch):
    monkeypatch.setattr(row_prints, "MOST_ROWS", 40)
    known = rows()
    assert RowPrints.of(known, most=200).where(known.x, known.y).all()
    assert RowPrints.of(known, most=10).where(known.x, known.y).sum() == 10


def test_record():
    known = rows()
    prints = RowPrints.of(known)
    again = RowPrints.from_record(*prints.record())
    assert (again.salt, again.share) == (prints.salt, prints.share)
    assert again.where(known.x, known.y).all()


@pytest.mark.parametrize(
    ("document", "prints"),
    [
        ({"salt": -1}, None),
        ({"salt": 2**64}, None),
        ({"salt": 1.5}, None),
        ({"salt": True}, None),
        ({"share": 0}, None),
        ({"share": float("nan")}, None),
        ({"share": "1"}, None),
        ({}, np.array([2, 1], "uint64")),
        ({}, np.array([1, 2], "int64")),
        ({}, np.array([], "uint64")),
        ({}, np.array([[1]], "uint64")),
    ],
)
def test_damaged_records(document, prints):
    good, arrays = RowPrints.of(rows(5)).record()
    with pytest.raises((TypeError, ValueError)):
        RowPrints.from_record(good | document, arrays if prints is None else {"prints": prints})
    with pytest.raises(KeyError):
        RowPrints.from_record({"salt": 1}, arrays)
    with pytest.raises(KeyError):
        RowPrints.from_record(good, {})
