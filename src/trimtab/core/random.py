"""Reproducible random numbers for initial weights, row orders and seeds.

Threefry-2x32 with 20 rounds (Salmon et al. 2011), in the native extension. NumPy's generators are
not used, because their streams may change between versions. Every draw is a function of
``(seed, stream, index)``, so it does not depend on earlier draws.
"""

from __future__ import annotations

import enum
import math

import numpy as np
from numpy.typing import NDArray

from trimtab.core import _native
from trimtab.core.types import Floats


class Stream(enum.IntEnum):
    """What a draw is for. The numbers are fixed: changing one changes every seeded run.

    Dropout ops use the streams 0, 1, 2, ..., one for each op of a program, so these start high.
    """

    WEIGHTS = 0x7700_0000
    ORDER = 0x7700_0001
    MODELS = 0x7700_0002
    SPLIT = 0x7700_0003
    IMPORTANCE = 0x7700_0004
    TRIALS = 0x7700_0005


def derive(seed: int, stream: int, index: int) -> int:
    """A 64-bit seed, derived from another one."""
    return int(_native.derive(seed, int(stream), index))


def uniform(seed: int, stream: int, index: int, shape: tuple[int, ...]) -> Floats:
    """Uniform numbers in [0, 1), with 24 random bits."""
    return _native.uniform(seed, int(stream), index, math.prod(shape)).reshape(shape)


def normal(
    seed: int, stream: int, index: int, shape: tuple[int, ...], *, truncated: bool = False
) -> Floats:
    """Standard normal numbers, ``truncated`` at two standard deviations."""
    return _native.normal(seed, int(stream), index, math.prod(shape), truncated).reshape(shape)


def permutation(seed: int, stream: int, index: int, n: int) -> NDArray[np.int64]:
    """A permutation of ``0 .. n - 1``."""
    return _native.permutation(seed, int(stream), index, n)
