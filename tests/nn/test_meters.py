"""Metrics of a model, together."""

import numpy as np

from tests.support.close import assert_close
from trimtab.nn.meters import Meters
from trimtab.nn.metrics import resolve_metric

Y = np.arange(10, dtype=np.float32).reshape(-1, 1)
P = Y + np.linspace(-1, 2, 10, dtype=np.float32).reshape(-1, 1)
W = np.arange(10, dtype=np.float32)
EDGES = [0, 4, 8, 10]


def largest(y_true, y_pred):
    return float(np.abs(y_true - y_pred).max())


def meters(*plain, weighted=()):
    return Meters(
        [resolve_metric(m, None, 1) for m in plain], [resolve_metric(m, None, 1) for m in weighted]
    )


def test_names():
    assert meters("mae", weighted=["mae", "mse"]).names == ["mae", "weighted_mae", "mse"]
    assert not meters() and meters("mae")


def test_weights_reach_weighted_metrics_only():
    result = meters("mae", weighted=["mae"]).measure(Y, P, W, EDGES)
    error = np.abs(Y - P)[:, 0].astype(float)
    assert_close(result["mae"], error.mean(), 1e-12)
    assert_close(result["weighted_mae"], (error * W).sum() / W.sum(), 1e-12)


def test_functions_see_batches_and_all_others_everything():
    result = meters(largest, "mae").measure(Y, P, None, EDGES)
    error = np.abs(Y - P)[:, 0].astype(float)
    expected = np.mean([error[:4].max(), error[4:8].max(), error[8:].max()])
    assert_close(result["largest"], expected, 1e-6)
    assert result["mae"] == meters("mae").measure(Y, P, None, range(len(Y) + 1))["mae"]


def test_batches_one_by_one_come_to_the_same():
    one, other = meters("mse", largest), meters("mse", largest)
    for start in range(0, 10, 4):
        one.update(Y[start : start + 4], P[start : start + 4], None)
    for key, value in other.measure(Y, P, None, EDGES).items():
        assert_close(one.results()[key], value, 1e-12)
    one.reset()
    assert one.results() == {"mse": 0.0, "largest": 0.0}


def test_metrics_of_one_name_are_numbered():
    twice = meters("mae", "mae", weighted=["mae", "mae"])
    assert twice.names == ["mae", "mae_1", "weighted_mae", "weighted_mae_1"]
    assert list(twice.measure(Y, P, W, EDGES)) == twice.names
