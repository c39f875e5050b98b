"""Hashes of rows and checksums of data: the same data, the same number, on every machine.

Model files hold them (row prints, fingerprints), so none of these functions may ever change.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Floats

__all__ = ["checksum", "mix", "salted"]

Hashes = NDArray[np.uint64]

#: Numbers that are hashed at a time: columns of a block stay in cache, and no table is copied.
_BLOCK = 1 << 20

#: Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators": the multiplier of
#: MurmurHash3's finalizer, and the finalizer of SplitMix64, variant 13 of Stafford's.
_FACTOR, _SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(33)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = np.uint64(30), np.uint64(27), np.uint64(31)


def checksum(arrays: Iterable[NDArray[Any] | None], start: int = 0) -> int:
    """CRC-32 of arrays one after another; None is skipped.

    Args:
        arrays: of any type but objects.
        start: the checksum of what came before.

    Example:
        >>> checksum([np.frombuffer(b"123456789", np.uint8)]) == 0xCBF43926
        True
    """
    for array in arrays:
        if array is not None:
            start = zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data, start)
    return start


def salted(tables: Iterable[Floats], salt: int) -> Hashes:
    """64 bits of each row of some tables side by side; other bits with another salt.

    Args:
        tables: ``(rows, columns)`` each, with the same rows.
        salt: 64 bits.

    Example:
        >>> x = np.array([[1, 2], [1, 2], [2, 1]], np.float32)
        >>> first, second, third = salted([x], salt=7)
        >>> bool(first == second), bool(first == third)
        (True, False)
    """
    tables = list(tables)
    state = np.full(len(tables[0]), salt, np.uint64)
    step = max(1, _BLOCK // max(1, tables[0].shape[1]))
    for start in range(0, len(state), step):
        block = state[start : start + step]
        for table in tables:
            for column in np.ascontiguousarray(table[start : start + step].T).view(np.uint32):
                block ^= column
                block *= _FACTOR  # wraps around
                block ^= block >> _SHIFT
    return state


def mix(state: Hashes, bits: Hashes) -> None:
    """Takes 64 more bits of each row into its hash, in place.

    Example:
        >>> state = np.zeros(3, np.uint64)
        >>> mix(state, np.array([5, 5, 6], np.uint64))
        >>> bool(state[0] == state[1]), bool(state[0] == state[2])
        (True, False)
    """
    state ^= bits
    for shift, factor in zip(_SHIFTS, (_FIRST, _SECOND, None), strict=True):
        state ^= state >> shift
        if factor is not None:
            state *= factor  # wraps around
    state += _FIRST  # zero would stay zero
