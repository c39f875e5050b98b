"""Types of arrays that all rooms share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Doubles", "Floats"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
