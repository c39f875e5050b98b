"""The estimators' ``coach``: what helps are their own arguments, or a network of one's own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

import trimtab
from tests.support.close import assert_same_bits
from tests.support.coaching import SLOW, TRIALS, improvable
from trimtab import layers
from trimtab.errors import InvalidArgument

TABLE = improvable()
X, Y = TABLE[["a", "c"]], TABLE["y"]


def build(meta):
    end = layers.Dense(meta.get("n_outputs_", 1), activation=meta.get("activation"))
    return trimtab.Sequential([layers.Dense(8, activation="relu"), end])


def classify(meta):
    stack = [layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")]
    return trimtab.Sequential(stack)


def test_what_helps_are_arguments():
    model = trimtab.TabularRegressor(**SLOW, random_state=3)
    before = model.get_params()
    found = model.coach(X, Y, trials=TRIALS)
    assert model.get_params() == before and not hasattr(model, "predictor_")
    assert found.winner != "base"
    better = clone(model).set_params(**found.options()).fit(X, Y)
    assert_same_bits(better.predict(X), found.predictor.predict(X))
    names = {"model": model, "X": X, "y": Y}
    exec(found.code(), names)
    assert_same_bits(model.predict(X), better.predict(X))
    assert "model.set_params(" in str(found.record()["code"])


def test_it_is_the_coaching_of_the_same_options():
    model = trimtab.TabularRegressor(**SLOW, random_state=3)
    own = model.coach(X, Y, trials=12)
    same = trimtab.coach(TABLE, "y", trials=12, seed=3, jobs=1, task="regression", **SLOW)
    assert own.comparison.to_frame()["mae"].tolist() == same.comparison.to_frame()["mae"].tolist()


def test_labels_groups_and_weights():
    labels = np.array(["low", "mid", "high"])[np.digitize(Y, [19, 21])]
    groups = np.arange(len(Y)) // 4
    model = trimtab.TabularClassifier(layers="8 relu", epochs=2, fold=0, random_state=0)
    found = model.coach(X, labels, np.ones(len(Y)), groups, trials=12)
    assert found.comparison.metric == "log_loss"
    assert "whole groups" in str(found)
    if found.edits:
        assert not {"group", "weight", "target", "types"} & set(found.options())


def test_a_network_for_numbers():
    x = TABLE[["a"]]
    model = trimtab.KerasRegressor(build, loss="mae", epochs=3, batch_size=16, random_state=0)
    found = model.coach(x[:200], Y[:200], validation_data=(x[200:], Y[200:]), trials=TRIALS)
    assert not hasattr(model, "model_")
    assert found.comparison.metric == "mae"
    assert found.winner != "base" and found.held.after < found.held.before
    assert found.model.predict(x[200:].to_numpy("float32"), verbose=0).shape == (40, 1)


def test_a_network_for_classes():
    labels = np.array(["low", "mid", "high"])[np.digitize(Y, [19, 21])]
    x = TABLE[["a"]].to_numpy()
    how = {"epochs": 2, "random_state": 0, "class_weight": "balanced"}
    found = trimtab.KerasClassifier(classify, **how).coach(x, labels, trials=12)
    assert found.comparison.metric == "log_loss"
    assert np.isfinite(found.comparison.to_frame()["log_loss"]).all()


def test_weights_of_classes_reach_the_trials():
    labels = np.where(np.arange(len(Y)) % 8, "often", "seldom")
    x = TABLE[["a"]].to_numpy()

    def losses(weight):
        model = trimtab.KerasClassifier(
            lambda: trimtab.Sequential([layers.Dense(1, activation="sigmoid")]),
            epochs=2,
            random_state=0,
            class_weight=weight,
        )
        trials = model.coach(x, labels, trials=10).comparison.to_frame()
        return trials[trials["variant"] == "base"]["log_loss"].tolist()

    assert losses(None) != losses("balanced")
    assert losses({"often": 1.0, "seldom": 1.0}) == losses(None)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"trials": 0}, "trials must be"),
        ({"time_limit": "soon"}, "time_limit must be a positive number of seconds"),
        ({"metric": "accuracy"}, "metric"),
    ],
)
def test_refusals(asked, message):
    for model, x in (
        (trimtab.TabularRegressor(**SLOW), X),
        (trimtab.KerasRegressor(build), TABLE[["a"]]),
    ):
        with pytest.raises(InvalidArgument, match=message):
            model.coach(x, Y, **asked)
