"""Weights of rows mean how often they are there, where nothing is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils import shuffle

from tests.estimators.support import classifier, numbers, regressor


@pytest.mark.parametrize(
    ("make", "method"), [(regressor, "predict"), (classifier, "predict_proba")]
)
def test_weights_are_repetitions(make, method):
    """With whole batches and neither dropout nor batch normalization; to float32.

    Measured: 1.3e-5 of numbers of size 8, 4e-8 of probabilities.
    """
    x, y = numbers()
    if make is classifier:
        y = (y > 5).astype(int)
    often = np.random.default_rng(0).integers(0, 5, 80)
    options = {"batch_size": 1000, "early_stopping": False, "epochs": 40}
    repeated = make(**options).fit(x.repeat(often, axis=0), y.repeat(often))
    xs, ys, weights = shuffle(x, y, often, random_state=0)
    weighted = make(**options).fit(xs, ys, sample_weight=weights)
    expected = getattr(repeated, method)(x)
    np.testing.assert_allclose(getattr(weighted, method)(x), expected, atol=5e-5)
    unweighted = getattr(make(**options).fit(x, y), method)(x)
    assert np.abs(unweighted - expected).max() > 1e-3
