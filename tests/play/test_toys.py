"""Toys: rows to look at, the same for the same seed."""

import numpy as np
import pytest

from trimtab.errors import InvalidArgument
from trimtab.play import TOYS, toy


@pytest.mark.parametrize("name", TOYS)
def test_a_toy_has_its_shape_and_stays_on_the_screen(name):
    x, y = toy(name, rows=200, noise=0.1, seed=4)
    assert x.shape == (200, TOYS[name].inputs) and y.shape == (200,)
    assert x.dtype == y.dtype == np.float32
    assert np.abs(x).max() <= 4
    if TOYS[name].task == "binary":
        assert 90 <= y.sum() <= 110
    again = toy(name, rows=200, noise=0.1, seed=4)
    assert np.array_equal(x, again[0]) and np.array_equal(y, again[1])
    assert not np.array_equal(x, toy(name, rows=200, noise=0.1, seed=5)[0])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "moon"}, "Did you mean 'moons'?"),
        ({"name": "moons", "rows": 7}, "rows must be an integer from 40 to 5000, received 7"),
        ({"name": "moons", "noise": 2}, "noise must be from 0 to 1, received 2. Use noise=0.2."),
        ({"name": "moons", "noise": float("nan")}, "noise must be a finite number"),
        ({"name": "moons", "seed": None}, "Use seed=0."),
    ],
)
def test_what_a_toy_refuses(asked, said):
    with pytest.raises(InvalidArgument) as refused:
        toy(asked.pop("name"), **asked)
    assert said in str(refused.value)
