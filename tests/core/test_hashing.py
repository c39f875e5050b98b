"""Hashes that files hold: these numbers must never change."""

import numpy as np

from trimtab.core.hashing import checksum, mix, salted


def test_numbers_in_files():
    x = np.array([[1.5, -2.0], [np.nan, 0.0], [-0.0, 3e38]], np.float32)
    y = np.array([[1.0], [2.0], [3.0]], np.float32)
    assert salted([x, y], salt=12345).tolist() == SALTED
    state = np.zeros(3, np.uint64)
    mix(state, np.arange(3, dtype=np.uint64))
    mix(state, np.array([2**64 - 1, 7, 0], np.uint64))
    assert state.tolist() == MIXED
    dates = np.array(["2024-01-02"], "datetime64[ns]")
    assert checksum([x, None, y[::-1], dates, np.empty((0, 3))], start=9) == CHECKED


def test_rows_have_the_same_hash_alone_and_in_blocks(monkeypatch):
    x = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    whole = salted([x, x[:, :1]], 3)
    monkeypatch.setattr("trimtab.core.hashing._BLOCK", 7)
    assert (salted([x, x[:, :1]], 3) == whole).all()
    assert (salted([x[50:], x[50:, :1]], 3) == whole[50:]).all()


SALTED = [12483882418332323203, 4874563647179402521, 13004476684916643031]
MIXED = [7125109573254842064, 6433412737025410109, 14131204467056328307]
CHECKED = 334389121
