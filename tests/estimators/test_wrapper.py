"""Estimators around a network of one's own."""

from __future__ import annotations

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import trimtab
from tests.estimators.support import labels, numbers
from tests.support.close import assert_same_bits
from trimtab import Sequential, callbacks, config, layers, losses, optimizers
from trimtab.errors import InvalidArgument, InvalidData, UnknownArgument


def build(units=8, activation="relu", meta=None):
    return Sequential(
        [layers.Dense(units, activation=activation), layers.Dense(meta["n_outputs_"])]
    )


def build_classes(units=8, meta=None):
    ends = {"binary": "sigmoid", "multiclass": "softmax"}
    return Sequential(
        [
            layers.Dense(units, activation="relu"),
            layers.Dense(meta["n_outputs_"], activation=ends[meta["target_type_"]]),
        ]
    )


def regressor(**arguments):
    given = {"epochs": 4, "random_state": 0, **arguments}
    return trimtab.KerasRegressor(build, **given)


def classifier(**arguments):
    given = {"epochs": 40, "random_state": 0, "optimizer__learning_rate": 0.01, **arguments}
    return trimtab.KerasClassifier(build_classes, **given)


def test_arguments_reach_what_they_are_for():
    x, y = numbers()
    model = regressor(
        units=5,
        model__activation="tanh",
        optimizer="sgd",
        optimizer__learning_rate=0.03,
        loss="huber" if hasattr(losses, "Huber") else "mae",
        metrics=["mae"],
        fit__last_batch="even",
        callbacks=callbacks.EarlyStopping,
        callbacks__monitor="loss",
        callbacks__patience=1,
        predict__batch_size=7,
    ).fit(x, y)
    assert model.model_.layers[0].units == 5
    assert model.model_.layers[0].activation is not model.model_.layers[1].activation
    assert isinstance(model.model_.optimizer, optimizers.SGD)
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.03)
    assert list(model.history_) == ["loss", "mae"]
    assert model.learning_curve_["loss"].tolist() == model.history_["loss"]


def test_a_search_over_routed_arguments():
    grid = {
        "units": [2, 16],
        "optimizer__learning_rate": [1e-6, 0.05],
        "optimizer": ["adam", "sgd"],
    }
    found = GridSearchCV(regressor(), grid, cv=2).fit(*numbers())
    assert found.best_params_["optimizer__learning_rate"] == 0.05
    piped = make_pipeline(StandardScaler(), regressor()).set_params(
        kerasregressor__model__units=3, kerasregressor__optimizer__learning_rate=0.1
    )
    assert piped.fit(*numbers())[-1].model_.layers[0].units == 3


def test_clones_and_parameters():
    model = regressor(units=5, optimizer__learning_rate=0.03)
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert model.get_params()["units"] == 5
    assert model.set_params(activation="tanh", loss__name="own").get_params()["loss__name"] == "own"
    with pytest.raises(
        UnknownArgument, match=r"KerasRegressor has no argument 'unit'\. Did you mean"
    ):
        model.set_params(unit=3)
    assert "units=5" in repr(model)


def test_what_is_passed_stays_as_it_was():
    x, y = numbers()
    network = Sequential([layers.Dense(1, input_shape=[3])], seed=1)
    stop = callbacks.EarlyStopping(monitor="loss", patience=1)
    before = [each.copy() for each in network.get_weights()], copy.deepcopy(vars(stop))
    optimizer = optimizers.Adam(0.1)
    model = trimtab.KerasRegressor(network, optimizer=optimizer, callbacks=[stop], epochs=3)
    model.fit(x, y)
    for now, then in zip(network.get_weights(), before[0], strict=True):
        assert_same_bits(now, then)
    assert vars(stop) == before[1] and optimizer.iterations == 0
    assert model.model_.optimizer.iterations == 9


@pytest.mark.parametrize("classes", [2, 3])
def test_classes(classes):
    x, y = labels(classes=classes)
    model = classifier(metrics=["accuracy"]).fit(x, y)
    assert model.score(x, y) > 0.8
    assert model.predict(x).dtype == y.dtype
    assert model.predict_proba(x).shape == (90, classes)
    assert model.history_["accuracy"][-1] > 0.8


def test_logits_become_probabilities():
    x, y = labels(classes=2)
    model = trimtab.KerasClassifier(
        lambda: Sequential([layers.Dense(1)]),
        loss=losses.BinaryCrossentropy,
        loss__from_logits=True,
        epochs=20,
    ).fit(x, y)
    p = model.predict_proba(x)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(p.sum(axis=1), 1)


def test_seeds_are_the_estimators_own():
    """Whatever the process draws, and in threads and processes alike."""
    x, y = numbers()
    one, other = regressor().fit(x, y), regressor(random_state=1).fit(x, y)
    config.next_seed()
    assert_same_bits(regressor().fit(x, y).predict(x), one.predict(x))
    assert (other.predict(x) != one.predict(x)).any()
    assert_same_bits(regressor(n_jobs=1).fit(x, y).predict(x), one.predict(x))
    alone = cross_val_score(regressor(), x, y, cv=4)
    with joblib.parallel_config("threading"):
        assert_same_bits(cross_val_score(regressor(), x, y, cv=4, n_jobs=2), alone)


def test_further_training():
    x, y = numbers()
    model = regressor(warm_start=True).fit(x, y).fit(x, y)
    assert model.n_iter_ == 8 and model.model_.optimizer.iterations == 24
    parts = regressor()
    for _ in range(3):
        parts.partial_fit(x, y)
    assert parts.n_iter_ == 3
    assert_same_bits(pickle.loads(pickle.dumps(parts)).predict(x), parts.predict(x))
    both = regressor().fit(x, np.column_stack([y, -y]))
    assert both.predict(x).shape == (80, 2)
    words = classifier()
    with pytest.raises(InvalidArgument, match="classes must be passed on the first call"):
        words.partial_fit(*labels())
    words.partial_fit(*labels(), classes=["ash", "birch", "cedar", "dogwood"])
    assert words.predict_proba(labels()[0]).shape == (90, 4)


def test_class_weights():
    x, y = numbers(rows=200)
    rare = np.where(y > np.quantile(y, 0.9), "rare", "usual")
    plain, balanced, told = (
        (classifier(class_weight=each, epochs=15).fit(x, rare).predict(x) == "rare").sum()
        for each in (None, "balanced", {"rare": 100.0, "usual": 1.0})
    )
    assert plain <= balanced <= told and plain < told


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: trimtab.KerasRegressor(),
            "needs a function that builds a network, received model",
        ),
        (lambda: trimtab.KerasRegressor(build, build_fn=build), "needs a function that builds"),
        (lambda: trimtab.KerasRegressor(3), "a function that returns one, received 3"),
        (lambda: regressor(unit=3), "build has no argument 'unit', which is passed to it. Did you"),
        (lambda: regressor(optimizer__rate=3), "Adam has no argument 'rate'"),
        (lambda: regressor(optimizer="adma"), "Did you mean 'adam'"),
        (lambda: regressor(callbacks__patience=3), "callbacks__patience needs a class to make"),
        (lambda: regressor(epochs=0), "epochs"),
        (
            lambda: trimtab.KerasRegressor(compiled, optimizer__learning_rate=0.1),
            "optimizer__learning_rate would change nothing: the network is compiled where it is",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, says):
    with pytest.raises((InvalidArgument, TypeError), match=says):
        make().fit(*numbers())


def compiled():
    model = Sequential([layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def test_outputs_of_another_number_are_refused():
    x, y = numbers()
    wide = trimtab.KerasRegressor(lambda: Sequential([layers.Dense(2)]))
    with pytest.raises(ValueError, match="2"):
        wide.fit(x, y)
    four = trimtab.KerasClassifier(lambda: Sequential([layers.Dense(4, activation="softmax")]))
    four.fit(*labels())
    with pytest.raises(InvalidData, match="the network has 4 outputs for 3 classes"):
        four.predict_proba(labels()[0])
