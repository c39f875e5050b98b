"""Small data with one or two inputs, made to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles, Floats
from trimtab.errors import InvalidArgument

__all__ = ["FEWEST_ROWS", "MOST_ROWS", "TOYS", "Toy", "toy"]

#: Rows of a toy.
FEWEST_ROWS, MOST_ROWS = 40, 5000

Generator = np.random.Generator


@dataclass(frozen=True)
class Toy:
    """How rows of one kind are made.

    Attributes:
        title: what a page calls it.
        task: ``binary`` or ``regression``.
        inputs: columns.
        make: from the number of rows, the noise and a generator to inputs and targets.
    """

    title: str
    task: str
    inputs: int
    make: Callable[[int, float, Generator], tuple[Doubles, Doubles]]


def _moons(rows: int, noise: float, draw: Generator) -> tuple[Doubles, Doubles]:
    y = np.arange(rows) % 2
    angle = draw.uniform(0, np.pi, rows)
    x = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], 1)
    x[y == 1] *= -1
    return 1.3 * x + _jitter(x, noise, draw), y.astype(np.float64)


def _circles(rows: int, noise: float, draw: Generator) -> tuple[Doubles, Doubles]:
    y = np.arange(rows) % 2
    angle, radius = draw.uniform(0, 2 * np.pi, rows), np.where(y == 1, 0.7, 1.6)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return x + _jitter(x, noise, draw), y.astype(np.float64)


def _spirals(rows: int, noise: float, draw: Generator) -> tuple[Doubles, Doubles]:
    y = np.arange(rows) % 2
    along = np.sqrt(draw.uniform(0.02, 1, rows))
    angle = 3.2 * np.pi * along + np.pi * y
    x = 2 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return x + 0.5 * _jitter(x, noise, draw), y.astype(np.float64)


def _blobs(rows: int, noise: float, draw: Generator) -> tuple[Doubles, Doubles]:
    corner = np.arange(rows) % 4
    centers = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])[corner]
    x = centers + (0.25 + noise) * draw.standard_normal((rows, 2))
    return x, (corner % 2).astype(np.float64)


def _curve(rows: int, noise: float, draw: Generator) -> tuple[Doubles, Doubles]:
    x = draw.uniform(-2, 2, (rows, 1))
    y = np.sin(2.6 * x[:, 0]) + 0.4 * x[:, 0]
    return x, y + noise * draw.standard_normal(rows)


def _hills(rows: int, noise: float, draw: Generator) -> tuple[Doubles, Doubles]:
    x = draw.uniform(-2, 2, (rows, 2))
    y = np.sin(1.6 * x[:, 0]) * np.cos(1.3 * x[:, 1]) + 0.3 * x[:, 0]
    return x, y + noise * draw.standard_normal(rows)


def _jitter(x: Doubles, noise: float, draw: Generator) -> Doubles:
    return noise * draw.standard_normal(x.shape)


#: Name -> the toy.
TOYS = {
    "moons": Toy("Two moons", "binary", 2, _moons),
    "circles": Toy("Circle in a circle", "binary", 2, _circles),
    "spirals": Toy("Two spirals", "binary", 2, _spirals),
    "blobs": Toy("Four blobs (exclusive or)", "binary", 2, _blobs),
    "curve": Toy("A noisy curve", "regression", 1, _curve),
    "hills": Toy("Hills", "regression", 2, _hills),
}


def toy(name: str, *, rows: int = 300, noise: float = 0.2, seed: int = 0) -> tuple[Floats, Floats]:
    """The rows of a toy, in random order.

    Args:
        name: ``moons``, ``circles``, ``spirals`` or ``blobs``, whose targets are classes 0 and 1;
            ``curve`` or ``hills``, whose targets are numbers.
        rows: how many, 40 to 5,000.
        noise: standard deviation of what is added to the points of classes, and to the targets of
            others; 0 to 1.
        seed: of the draw.

    Returns:
        ``x (rows, inputs)`` and ``y (rows,)``, float32; ``curve`` has one input, the others two.

    Raises:
        InvalidArgument: there is no such toy, or a number is out of range.

    Example:
        >>> from trimtab.play import toy
        >>> x, y = toy("moons", rows=100)
        >>> x.shape, sorted(set(y.tolist()))
        ((100, 2), [0.0, 1.0])
        >>> toy("moon")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: name must be one of 'moons', 'circles', 'spirals', \
'blobs', 'curve', 'hills', received 'moon'. Did you mean 'moons'?
    """
    made = TOYS[checks.choice("name", name, TOYS)]
    checks.integer("rows", rows, minimum=FEWEST_ROWS, maximum=MOST_ROWS)
    if not 0 <= checks.number("noise", noise) <= 1:
        raise InvalidArgument(f"noise must be from 0 to 1, received {noise!r}. Use noise=0.2.")
    if checks.seed("seed", seed) is None:
        raise InvalidArgument("seed must be an integer, received None. Use seed=0.")
    draw = np.random.default_rng(seed)
    x, y = made.make(rows, noise, draw)
    order = draw.permutation(rows)
    return np.ascontiguousarray(x[order], np.float32), np.ascontiguousarray(y[order], np.float32)
