"""Pinned random numbers of the host: initial weights and row orders.

Threefry-2x32 with 20 rounds (Salmon et al. 2011) in the native extension, never NumPy's
generators, whose streams may change between versions. Every draw is a function of
``(seed, stream, index)`` alone, so nothing depends on what was drawn before.
"""

from __future__ import annotations

import enum
import math

import numpy as np
from numpy.typing import NDArray

from trimtab.core import _native
from trimtab.core.types import Floats


class Stream(enum.IntEnum):
    """What a draw is for. Numbers are pinned: changing one changes every seeded run.

    Dropout ops use the streams 0, 1, 2, ... (one per op of a program); the host's own start high.
    """

    WEIGHTS = 0x7700_0000
    ORDER = 0x7700_0001
    MODELS = 0x7700_0002
    SPLIT = 0x7700_0003
    IMPORTANCE = 0x7700_0004


def derive(seed: int, stream: int, index: int) -> int:
    """A new 64-bit seed."""
    return int(_native.derive(seed, int(stream), index))


def uniform(seed: int, stream: int, index: int, shape: tuple[int, ...]) -> Floats:
    """Uniform in [0, 1), 24 bits."""
    return _native.uniform(seed, int(stream), index, math.prod(shape)).reshape(shape)


def normal(
    seed: int, stream: int, index: int, shape: tuple[int, ...], *, truncated: bool = False
) -> Floats:
    """Standard normal; ``truncated`` at two standard deviations."""
    return _native.normal(seed, int(stream), index, math.prod(shape), truncated).reshape(shape)


def permutation(seed: int, stream: int, index: int, n: int) -> NDArray[np.int64]:
    """A permutation of ``0 .. n - 1``."""
    return _native.permutation(seed, int(stream), index, n)
