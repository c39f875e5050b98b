"""How far two trainings lie apart, and how far one lies from itself.

What "relative" means here: a tensor (a weight, a moving statistic, an optimizer slot) is one
object, so its difference is measured in its own norm, ``|actual - expected| / |expected|``.
Elements that happen to lie near 0 are no reason to fail, and a single wrong element still is: it
changes the norm by far more than 1e-6.

Long runs are chaotic, so a run is measured by how far the reference parts from itself when its
initial kernels are moved by one unit in the last place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: One step from the same state.
TOLERANCE = 1e-6
#: A run's distance from the reference, over the reference's from itself.
ALLOWED = 10
#: A drift below one unit in the last place of float32 cannot be seen in a History.
LEAST_DRIFT = 1.2e-7


def distance(actual: Any, expected: Any) -> float:
    """``|actual - expected| / |expected|``, nan where either is not finite."""
    a, e = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert a.shape == e.shape, f"shape {a.shape}, expected {e.shape}"
    norm = float(np.sqrt(np.sum(np.square(e))))
    off = float(np.sqrt(np.sum(np.square(a - e))))
    return off / norm if norm else off


def nudged(weights: Sequence[Any], towards: float) -> list[Any]:
    """Every kernel moved by one unit in the last place."""
    return [np.nextafter(w, np.float32(towards)) if w.ndim == 2 else w for w in weights]


def parted(one: dict[str, Any], other: dict[str, Any]) -> NDArray[np.float64]:
    """How far two Histories lie apart, by epoch: the worst key so far."""
    assert one.keys() == other.keys()
    epochs = [
        max(distance(one[key][epoch], other[key][epoch]) for key in other)
        for epoch in range(len(other["loss"]))
    ]
    return np.maximum.accumulate(epochs)
