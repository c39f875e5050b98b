"""Keras' ``utils``: seeds, registered names, and a few things to do with arrays."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab import config
from trimtab.core import catalogue, checks
from trimtab.core.random import Stream, permutation
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.keras.backend import clear_session
from trimtab.keras.saving import (
    CustomObjectScope,
    custom_object_scope,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from trimtab.model.drawing import plot_model
from trimtab.training.py_dataset import PyDataset

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "get_registered_name",
    "get_registered_object",
    "normalize",
    "pack_x_y_sample_weight",
    "plot_model",
    "register_keras_serializable",
    "set_random_seed",
    "split_dataset",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

#: Keras' older name of :class:`PyDataset`.
Sequence = PyDataset


def set_random_seed(seed: int) -> None:
    """Seeds trimtab, NumPy and Python's ``random``, as in Keras.

    Code written for Keras may draw its split from the global generators; trimtab does not use them,
    and :func:`trimtab.set_random_seed` does not seed them.

    Args:
        seed: An integer from 0 to 2**64 - 1.
    """
    config.set_random_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the global generator is meant


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float64]:
    """Class numbers as rows of 0 with a 1 at the class.

    ``sparse_categorical_crossentropy`` takes the numbers as they are and needs less memory.

    Args:
        x: class numbers from 0 on, of any shape; a last axis of one column is dropped.
        num_classes: how many there are; None: one more than the largest.

    Returns:
        An array with one more axis, as long as there are classes.

    Raises:
        InvalidArgument: a class number is not whole, is below 0, or is not below num_classes.

    Example:
        >>> from trimtab.keras import utils
        >>> utils.to_categorical([0, 2]).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    given = np.asarray(x)
    if given.dtype.kind not in "iufb" or not (np.isfinite(given) & (given == given // 1)).all():
        raise InvalidArgument(
            f"x must hold whole class numbers, received {brief(x)}. Number the classes with "
            "numpy.unique(x, return_inverse=True)[1]."
        )
    if given.ndim > 1 and given.shape[-1] == 1:
        given = given[..., 0]
    number = given.astype(np.int64)
    lowest, highest = int(number.min(initial=0)), int(number.max(initial=-1))
    if lowest < 0:
        raise InvalidArgument(
            f"x must hold class numbers of 0 or more, received {lowest}. Number the classes with "
            "numpy.unique(x, return_inverse=True)[1]."
        )
    if not num_classes:
        num_classes = highest + 1
    classes = checks.positive_integer("num_classes", num_classes, hint="x names no class.")
    if highest >= classes:
        raise InvalidArgument(
            f"num_classes must be above every class number, received num_classes={classes} and "
            f"the class {highest}. Use num_classes={highest + 1}, or leave it out."
        )
    rows = np.zeros((*number.shape, classes))
    np.put_along_axis(rows, number[..., None], 1.0, axis=-1)
    return rows


def normalize(x: ArrayLike, axis: int = -1, order: float = 2) -> NDArray[Any]:
    """Divides vectors by their length; one of length 0 stays.

    Args:
        x: an array; float32 stays float32.
        axis: along which the vectors lie: -1 takes each row of a table, 0 each column.
        order: 1 adds up sizes, 2 is the Euclidean length, ``numpy.inf`` the largest size.

    Raises:
        InvalidArgument: x holds no numbers, has no such axis, or order is not above 0.

    Example:
        >>> from trimtab.keras import utils
        >>> utils.normalize([[3.0, 4.0], [0.0, 0.0]]).tolist()
        [[0.6, 0.8], [0.0, 0.0]]
    """
    array = np.asarray(x)
    if array.dtype.kind not in "iufb" or not array.ndim:
        raise InvalidArgument(f"x must be an array of numbers, received {brief(x)}.")
    at = checks.integer("axis", axis, minimum=-array.ndim, maximum=array.ndim - 1)
    if order != np.inf:
        checks.positive_number("order", order)
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    length = np.linalg.norm(array, order, axis=at, keepdims=True)
    divided: NDArray[Any] = array / np.where(length == 0, np.ones_like(length), length)
    return divided


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """Divides rows in two, such as training and test rows.

    Args:
        dataset: an array, or a tuple or list of arrays of equally many rows, which are divided
            alike.
        left_size: rows of the left part, as a number (an int) or a share (a float between 0 and
            1); None: those that the right part leaves.
        right_size: likewise; the right part is taken from the end.
        shuffle: draw the rows of each part instead of cutting at one place.
        seed: of the draw; None: the next one of ``trimtab.set_random_seed``.
        preferred_backend: accepted, without effect.

    Returns:
        The left and the right part, each of the form of ``dataset``.

    Raises:
        InvalidArgument: neither size is given, a part would be empty, the parts need more rows than
            there are, or the arrays differ in rows.

    Example:
        >>> import numpy as np
        >>> from trimtab.keras import utils
        >>> x, y = np.arange(20).reshape(10, 2), np.arange(10)
        >>> (x_train, y_train), (x_test, y_test) = utils.split_dataset((x, y), left_size=0.8)
        >>> x_train.shape, y_test.tolist()
        ((8, 2), [8, 9])
    """
    several = isinstance(dataset, tuple | list) and not all(np.ndim(each) == 0 for each in dataset)
    arrays = [np.asarray(each) for each in dataset] if several else [np.asarray(dataset)]
    counts = [len(each) if each.ndim else 0 for each in arrays]
    if len(set(counts)) != 1 or counts[0] < 2:
        raise InvalidArgument(
            "dataset must be an array, or a tuple of arrays, of equally many rows and at least 2, "
            f"received rows: {', '.join(map(str, counts))}. Use split_dataset((x, y), "
            "left_size=0.8)."
        )
    rows = counts[0]
    if left_size is None and right_size is None:
        raise InvalidArgument("left_size or right_size must be given. Use left_size=0.8.")
    left = _part("left_size", left_size, rows)
    right = _part("right_size", right_size, rows)
    if right is None:
        right = rows - (left or 0)
    if left is None:
        left = rows - right
    if left + right > rows or not left or not right:
        raise InvalidArgument(
            f"the parts must have a row each and at most {rows} rows together, received left_size="
            f"{brief(left_size)} and right_size={brief(right_size)}. Use left_size=0.8 alone."
        )
    order = np.arange(rows)
    if checks.boolean("shuffle", shuffle):
        drawn = checks.seed("seed", seed)
        order = permutation(config.next_seed() if drawn is None else drawn, Stream.SPLIT, 0, rows)
    parts = [[each[chosen] for each in arrays] for chosen in (order[:left], order[rows - right :])]
    if not several:
        return parts[0][0], parts[1][0]
    if isinstance(dataset, tuple):
        return tuple(parts[0]), tuple(parts[1])
    return parts[0], parts[1]


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """A batch as ``fit`` takes it: ``x``, ``(x, y)`` or ``(x, y, sample_weight)``.

    Example:
        >>> from trimtab.keras import utils
        >>> utils.pack_x_y_sample_weight("x"), utils.pack_x_y_sample_weight("x", "y")
        ('x', ('x', 'y'))
    """
    if y is None:
        return (x,) if isinstance(x, tuple | list) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """``x``, ``y`` and ``sample_weight`` of a batch; None for what it does not hold.

    Raises:
        InvalidArgument: it has more parts, or none.

    Example:
        >>> from trimtab.keras import utils
        >>> utils.unpack_x_y_sample_weight(("x", "y"))
        ('x', 'y', None)
    """
    if not isinstance(data, tuple | list):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise InvalidArgument(
            f"a batch must be x, (x, y) or (x, y, sample_weight), received {len(data)} parts. Use "
            "unpack_x_y_sample_weight((x, y))."
        )
    x, y, weight = (*data, None, None)[:3]
    return x, y, weight


def _part(name: str, size: float | None, rows: int) -> int | None:
    """The rows of a part, from their number or share."""
    if size is None:
        return None
    if isinstance(size, float | np.floating) and 0 < size < 1:
        return round(float(size) * rows)
    return checks.integer(
        name, size, minimum=1, maximum=rows - 1, hint="Or a share: a float between 0 and 1."
    )


__getattr__ = catalogue.refusals("utils", __all__)
