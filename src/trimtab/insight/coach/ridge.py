"""Ridge regression on the columns and on random relu features of them, in milliseconds.

Its penalty is chosen by generalized cross-validation.

Source: Rahimi & Recht 2007, "Random features for large-scale kernel machines"; Golub, Heath &
Wahba 1979, "Generalized cross-validation as a method for choosing a good ridge parameter".
"""

from __future__ import annotations

import math

import numpy as np

from trimtab.core.types import Doubles, Floats

__all__ = ["ridge"]

#: Random features.
FEATURES = 96


def ridge(x: Floats, y: Floats, new: Floats) -> Doubles:
    """Predictions for new rows, from rows of which no more than a few thousand are needed.

    Args:
        x, y: ``(rows, columns)`` and ``(rows, targets)``, all finite.
        new: ``(n, columns)``.

    Returns:
        ``(n, targets)``.
    """
    center, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1
    random = np.random.Generator(np.random.PCG64(2))
    weights = random.normal(size=(x.shape[1], FEATURES)) / math.sqrt(x.shape[1])
    shift = random.normal(size=FEATURES)

    def features(values: Floats) -> Doubles:
        plain = np.clip((values - center) / scale, -5, 5)
        return np.concatenate([plain, np.maximum(plain @ weights + shift, 0)], axis=1)

    own = features(x)
    middle, mean = own.mean(axis=0), y.mean(axis=0, dtype=np.float64)
    own, encoded = own - middle, y - mean
    size, axes = np.linalg.eigh(own.T @ own)  # the squares of the singular values
    size, inner = np.maximum(size, 0.0), axes.T @ (own.T @ encoded)
    total, chosen, best = float(np.square(encoded).sum()), 1.0, math.inf
    for penalty in len(x) * 10.0 ** np.arange(-4, 2.5, 0.5):
        kept = 1 / (size + penalty)
        left = len(x) - 1 - float((size * kept).sum())
        explained = (2 * kept - size * kept**2)[:, None] * np.square(inner)
        score = (total - float(explained.sum())) / left**2 if left > 0 else math.inf
        if score < best:
            best, chosen = score, penalty
    weights_of = axes @ (inner / (size + chosen)[:, None])
    predicted: Doubles = mean + (features(new) - middle) @ weights_of
    return predicted
