"""Threefry-2x32 with 20 rounds in NumPy (Salmon et al. 2011, section 4): the independent twin."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint32]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)


def threefry2x32(
    key0: int, key1: int, counter0: ArrayLike, counter1: ArrayLike
) -> tuple[Words, Words]:
    """Both words of the result, for every counter."""
    keys = (np.uint32(key0), np.uint32(key1), np.uint32(key0) ^ np.uint32(key1) ^ _PARITY)
    x0, x1 = np.broadcast_arrays(np.asarray(counter0, np.uint32), np.asarray(counter1, np.uint32))
    with np.errstate(over="ignore"):  # words wrap around
        x0, x1 = x0 + keys[0], x1 + keys[1]
        for group in range(5):
            for turn in _ROTATIONS[group % 2]:
                x0 = x0 + x1
                x1 = (x1 << np.uint32(turn)) | (x1 >> np.uint32(32 - turn))
                x1 = x1 ^ x0
            x0 = x0 + keys[(group + 1) % 3]
            x1 = x1 + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x0, x1


def words(number: int) -> tuple[int, int]:
    """Low and high word of a 64-bit number."""
    return number & 0xFFFFFFFF, number >> 32 & 0xFFFFFFFF


def mix(seed: int, stream: int) -> int:
    """The key word of one stream of a seed."""
    return int(threefry2x32(*words(seed), stream, 0)[0])


def keep_mask(
    shape: tuple[int, int],
    rate: float,
    *,
    seed: int,
    stream: int,
    step: int,
    share_rows: bool = False,
    share_columns: bool = False,
) -> NDArray[np.bool_]:
    """Dropout's mask as the op declares it, element by element."""
    row, column = np.indices(shape)
    row = np.zeros_like(row) if share_rows else row
    column = np.zeros_like(column) if share_columns else column
    word0, word1 = threefry2x32(mix(seed, stream), step & 0xFFFFFFFF, row, column // 4)
    lanes = np.stack([word0 & 0xFFFF, word0 >> 16, word1 & 0xFFFF, word1 >> 16])
    lane = np.take_along_axis(lanes, (column % 4)[None], axis=0)[0]
    return lane >= round(rate * 65536)


def normals(shape: tuple[int, int], *, seed: int, stream: int, step: int) -> NDArray[np.float64]:
    """The normal numbers of noise as the op declares them, element by element."""
    row, column = np.indices(shape)
    pair = threefry2x32(mix(seed, stream), step & 0xFFFFFFFF, row, column // 2)
    first, second = (((word >> np.uint32(9)).astype(np.float64) + 0.5) / 2**23 for word in pair)
    turn = 2 * np.pi * second
    wave = np.where(column % 2 == 0, np.cos(turn), np.sin(turn))
    return np.sqrt(-2 * np.log(first)) * wave
