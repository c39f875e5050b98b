"""A trained network takes rows as they are, whatever scales it was trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.coaching.handing import can_hand_over, handed_over
from trimtab.trials.network_trial import fit_network
from trimtab.trials.recipe import Recipe


def recipe(**changes):
    model = trimtab.Sequential([layers.Dense(6, "relu"), layers.Dropout(0.1), layers.Dense(1)])
    model.compile("adam", "mae")
    return replace(Recipe.of(model, {"epochs": 2}), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"standardized": True},
        {"target": "standard"},
        {"dropped": (1,)},
        {"standardized": True, "target": "standard", "dropped": (0, 2)},
    ],
)
def test_it_predicts_the_same(changes):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(80, 4)) * [1, 50, 3, 200] + 10).astype(np.float32)
    y = (x[:, 0] * 100 + 7000).astype(np.float32)
    own = recipe(**changes)
    assert can_hand_over(own)
    fitted = fit_network(own, 1, slice(None), x, y)
    plain = handed_over(fitted, 4).predict(x, verbose=0)
    wanted = fitted.predict(x)
    assert np.abs(plain - wanted).max() <= 1e-4 * np.abs(wanted).max()


def test_a_network_that_cannot_take_them_is_not_tried():
    model = trimtab.Sequential([layers.BatchNormalization(), layers.Dense(1, "sigmoid")])
    model.compile("adam", "mae")
    own = Recipe.of(model)
    assert not can_hand_over(replace(own, standardized=True))
    assert not can_hand_over(replace(own, target="standard"))
    assert can_hand_over(replace(own, target="log"))
