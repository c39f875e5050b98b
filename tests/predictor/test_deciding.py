"""Thresholds: what they predict, and the one that is best on some rows."""

import numpy as np
import pytest

from trimtab.errors import InvalidArgument
from trimtab.predictor.classes.deciding import (
    Threshold,
    best_threshold,
    checked_threshold,
    decided,
)


@pytest.mark.parametrize("positive", [0, 1])
def test_at_the_threshold_the_positive_class_is_predicted(positive):
    p = np.array([0.2, 0.3, 0.31])
    both = np.stack([p, 1 - p], axis=1) if positive == 0 else np.stack([1 - p, p], axis=1)
    found = decided(both, positive, 0.3)
    assert found.tolist() == [1 - positive, positive, positive]
    assert decided(both, positive, 0.0).tolist() == [positive] * 3
    assert decided(both, positive, None).tolist() == [1 - positive] * 3


def goodness(p, own, weights, aim, threshold, costs):
    named = p >= threshold
    hit, alarm = (float(weights[named & which].sum()) for which in (own, ~own))
    total, other = float(weights[own].sum()), float(weights[~own].sum())
    if aim == "cost":
        return -(costs[0] * (total - hit) + costs[1] * alarm)
    return 2 * hit / (hit + alarm + total) if aim == "f1" else hit / total - alarm / other


@pytest.mark.parametrize("aim", ["balanced", "f1", "cost"])
@pytest.mark.parametrize("seed", range(6))
def test_no_threshold_is_better(aim, seed):
    generator = np.random.default_rng(seed)
    own = generator.random(80) < 0.2
    own[:2] = True, False
    p = np.clip(generator.normal(0.3 + 0.2 * own, 0.2), 0, 1).round(2)
    weights, costs = generator.random(80), (float(1 + 10 * generator.random()), 1.0)
    found = best_threshold(p, own, weights, aim, costs=costs)
    best = max(goodness(p, own, weights, aim, each, costs) for each in [*np.unique(p), 1.1, 0.0])
    assert 0 <= found <= 1
    assert goodness(p, own, weights, aim, found, costs) >= best - 1e-9


def test_of_equals_the_one_that_theory_names():
    p, own = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True])
    assert best_threshold(p, own, np.ones(4), "balanced", middle=0.5) == 0.5
    assert best_threshold(p, own, np.ones(4), "balanced", middle=0.25) == 0.25
    assert best_threshold(p, own, np.ones(4), "balanced", middle=0.05) == 0.5  # halfway


def test_what_thresholds_need():
    assert checked_threshold(None, "y", ()) is None
    assert checked_threshold(0.3, "y", ("a", "b")) == 0.3
    for threshold, classes, message in [
        (0.3, (), "threshold needs two classes, and 'y' is predicted as a number. Leave it out."),
        (
            0.3,
            ("a", "b", "c"),
            "threshold needs two classes, and 'y' has 3. Leave it out: the most likely class is "
            "predicted. predict_proba (--proba) gives the probability of each.",
        ),
        (
            30,
            ("a", "b"),
            "threshold must be a float between 0 and 1, received 30. Use 0.3 for 30 %.",
        ),
        (
            "f1",
            ("a", "b"),
            "threshold must be a float between 0 and 1, received 'f1'. A threshold is chosen in "
            "training: train(..., threshold='f1').",
        ),
    ]:
        with pytest.raises(InvalidArgument) as refusal:
            checked_threshold(threshold, "y", classes)
        assert str(refusal.value) == message


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": 1.5},
        {"value": float("nan")},
        {"value": 0.5, "why": "luck"},
        {"value": 0.5, "part": "train"},
        {"value": 0.5, "costs": (1.0,)},
        {"value": 0.5, "costs": (1.0, -1.0)},
    ],
)
def test_damaged(wrong):
    with pytest.raises(ValueError, match=r"threshold|costs"):
        Threshold(**wrong)
