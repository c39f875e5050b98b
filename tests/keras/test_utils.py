"""What Keras' ``utils`` do with arrays."""

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab import config
from trimtab.errors import InvalidArgument
from trimtab.keras import utils


@pytest.mark.parametrize(
    ("x", "classes"),
    [
        ([0, 2, 1], None),
        ([0, 2, 1], 5),
        ([[0], [2]], None),
        ([[0, 1], [2, 1]], 3),
        (np.array([[[1], [0]]]), None),
        (np.array([1.0, 0.0], np.float32), 0),
        ([True, False], None),
        (3, 4),
        (np.zeros((0,), int), 2),
    ],
)
def test_to_categorical(x, classes):
    theirs = import_keras().utils.to_categorical(x, classes)
    ours = utils.to_categorical(x, classes)
    assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)


@pytest.mark.parametrize("order", [1, 2, 3, np.inf])
@pytest.mark.parametrize("axis", [-1, 1])
def test_normalize(axis, order):
    x = np.array([[3.0, -4.0, 1.0], [0.0, 0.0, 0.0]], np.float32)
    ours = utils.normalize(x, axis, order)
    assert ours.dtype == np.float32
    assert_close(ours, import_keras().utils.normalize(x, axis, order), 1e-6)


def test_normalize_columns():
    """By hand: Keras takes axis 0 for the last one when it divides."""
    assert utils.normalize([[3, 1, 0], [4, 0, 0]], axis=0).tolist() == [[0.6, 1, 0], [0.8, 0, 0]]
    assert utils.normalize([3, 4], 0, 1).tolist() == [3 / 7, 4 / 7]


@pytest.mark.parametrize(
    ("sizes", "left", "right"),
    [
        ({"left_size": 0.75}, [0, 1, 2, 3, 4, 5, 6, 7], [8, 9]),  # round(7.5) is 8
        ({"left_size": 3}, [0, 1, 2], [3, 4, 5, 6, 7, 8, 9]),
        ({"right_size": 0.2}, [0, 1, 2, 3, 4, 5, 6, 7], [8, 9]),
        ({"left_size": 2, "right_size": 0.3}, [0, 1], [7, 8, 9]),
    ],
)
def test_split_dataset(sizes, left, right):
    y = np.arange(10)
    here, there = utils.split_dataset(y, **sizes)
    assert here.tolist() == left and there.tolist() == right
    (x_left, y_left), (x_right, y_right) = utils.split_dataset((y[:, None] * 2, y), **sizes)
    assert x_left.tolist() == [[2 * each] for each in left] and y_left.tolist() == left
    assert x_right.tolist() == [[2 * each] for each in right] and y_right.tolist() == right
    assert isinstance(utils.split_dataset([y, y], **sizes)[0], list)


def test_split_dataset_in_a_drawn_order():
    y = np.arange(100)
    (x, left), (_, right) = utils.split_dataset((y * 2, y), 0.8, shuffle=True, seed=3)
    assert sorted([*left, *right]) == y.tolist() and left.tolist() != sorted(left)
    assert np.array_equal(x, left * 2)
    assert np.array_equal(left, utils.split_dataset(y, 0.8, shuffle=True, seed=3)[0])
    assert not np.array_equal(left, utils.split_dataset(y, 0.8, shuffle=True, seed=4)[0])
    drawn = []
    for _ in range(2):
        config.set_random_seed(5)
        drawn.append(utils.split_dataset(y, 0.8, shuffle=True)[0])
    assert np.array_equal(*drawn)


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (
            lambda: utils.to_categorical([0.5, 1]),
            "x must hold whole class numbers, received [0.5, 1]. Number the classes with "
            "numpy.unique(x, return_inverse=True)[1].",
        ),
        (
            lambda: utils.to_categorical(["a"]),
            "x must hold whole class numbers, received ['a']. Number the classes with "
            "numpy.unique(x, return_inverse=True)[1].",
        ),
        (
            lambda: utils.to_categorical([float("nan")]),
            "x must hold whole class numbers, received [nan]. Number the classes with "
            "numpy.unique(x, return_inverse=True)[1].",
        ),
        (
            lambda: utils.to_categorical([-1, 1]),
            "x must hold class numbers of 0 or more, received -1. Number the classes with "
            "numpy.unique(x, return_inverse=True)[1].",
        ),
        (
            lambda: utils.to_categorical([0, 3], 3),
            "num_classes must be above every class number, received num_classes=3 and the class "
            "3. Use num_classes=4, or leave it out.",
        ),
        (
            lambda: utils.to_categorical([]),
            "num_classes must be a positive integer, received 0. x names no class.",
        ),
        (
            lambda: utils.normalize("a"),
            "x must be an array of numbers, received 'a'.",
        ),
        (
            lambda: utils.normalize([1.0], axis=1),
            "axis must be an integer from -1 to 0, received 1.",
        ),
        (
            lambda: utils.normalize([1.0], order=0),
            "order must be a number above 0, received 0.",
        ),
        (
            lambda: utils.split_dataset(np.arange(4)),
            "left_size or right_size must be given. Use left_size=0.8.",
        ),
        (
            lambda: utils.split_dataset(np.arange(4), 4),
            "left_size must be an integer from 1 to 3, received 4. Or a share: a float between 0 "
            "and 1.",
        ),
        (
            lambda: utils.split_dataset(np.arange(4), 0.01),
            "the parts must have a row each and at most 4 rows together, received left_size=0.01 "
            "and right_size=None. Use left_size=0.8 alone.",
        ),
        (
            lambda: utils.split_dataset(np.arange(4), 0.8, 0.8),
            "the parts must have a row each and at most 4 rows together, received left_size=0.8 "
            "and right_size=0.8. Use left_size=0.8 alone.",
        ),
        (
            lambda: utils.split_dataset((np.arange(4), np.arange(5)), 0.8),
            "dataset must be an array, or a tuple of arrays, of equally many rows and at least "
            "2, received rows: 4, 5. Use split_dataset((x, y), left_size=0.8).",
        ),
    ],
)
def test_refused(action, text):
    assert_refused(InvalidArgument, text, action)
