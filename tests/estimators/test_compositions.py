"""What scikit-learn's tools do with the estimators."""

from __future__ import annotations

import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import StackingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    cross_val_score,
    cross_validate,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import trimtab
from tests.estimators.support import classifier, labels, mixed, numbers, regressor
from tests.support.close import assert_same_bits
from trimtab.errors import InvalidArgument


def test_a_pipeline_behind_a_column_transformer():
    frame, price = mixed()
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["area"]), ("words", OneHotEncoder(), ["town"])],
        sparse_threshold=1.0,
    )
    model = make_pipeline(columns, regressor()).fit(frame, price)
    assert np.isfinite(model.predict(frame)).all()
    assert model.score(frame, price) <= 1


#: Polars 2 has no longer the protocol by which scikit-learn 1.6 and 1.7 read names of columns.
OLD = tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 8)
FRAMES = ["pandas"] if OLD else ["pandas", "polars"]


@pytest.mark.parametrize("kind", FRAMES)
def test_set_output_hands_over_names(kind):
    x, y = numbers()
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    model = make_pipeline(StandardScaler(), regressor()).set_output(transform=kind).fit(frame, y)
    assert model[-1].feature_names_in_.tolist() == ["a", "b", "c"]
    assert [each.name for each in model[-1].predictor_.schema.features] == ["a", "b", "c"]
    plain = make_pipeline(StandardScaler(), regressor()).fit(frame, y)
    np.testing.assert_allclose(model.predict(frame), plain.predict(frame), rtol=1e-6)


def test_searches():
    x, y = numbers()
    grid = {"layers": ["4 relu", "16 relu"], "lr": [1e-5, 1e-2]}
    found = GridSearchCV(regressor(), grid, cv=3).fit(x, y)
    assert found.best_params_["lr"] == 1e-2
    assert found.best_estimator_.predictor_.options["lr"] == 1e-2
    halved = HalvingGridSearchCV(regressor(), grid, cv=2, min_resources=40, random_state=0).fit(
        x, y
    )
    assert halved.best_params_["lr"] == 1e-2
    named = {"tabularregressor__layers": ["4 relu"], "standardscaler": [StandardScaler(), None]}
    assert GridSearchCV(make_pipeline(StandardScaler(), regressor()), named, cv=2).fit(x, y)


def test_two_workers_give_the_numbers_of_one():
    """Processes and threads alike."""
    x, y = numbers()
    alone = cross_val_score(regressor(), x, y, cv=3)
    for kind in ("loky", "threading"):
        with joblib.parallel_config(kind):
            assert_same_bits(cross_val_score(regressor(), x, y, cv=3, n_jobs=2), alone)
    assert_same_bits(cross_val_score(regressor(n_jobs=1), x, y, cv=3), alone)


def test_two_scores():
    found = cross_validate(
        classifier(), *labels(), cv=2, scoring=["accuracy", "neg_log_loss"], return_estimator=True
    )
    assert np.isfinite(found["test_neg_log_loss"]).all() and len(found["estimator"]) == 2


def test_stacked():
    x, y = numbers()
    model = StackingRegressor([("net", regressor()), ("line", Ridge())], cv=2).fit(x, y)
    assert np.isfinite(model.predict(x)).all()


def test_calibrated():
    x, y = labels()
    model = CalibratedClassifierCV(classifier(), cv=2).fit(x, y)
    np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1)


def test_a_transformed_target():
    x, y = numbers()
    model = TransformedTargetRegressor(regressor(), func=np.exp, inverse_func=np.log).fit(x, y)
    assert np.isfinite(model.predict(x)).sum() > 70


def test_permutation_importance():
    x, y = numbers()
    model = regressor(epochs=60).fit(x, y)
    found = permutation_importance(model, x, y, n_repeats=3, random_state=0).importances_mean
    assert found.argmax() == 0 and found.argmin() == 2
    ours = model.explain(x, y, repeats=3)
    assert ours.columns[0].column == "0"


def test_several_targets():
    x, y = numbers()
    both = np.column_stack([y, -y])
    model = regressor().fit(x, both)
    assert model.predict(x).shape == (80, 2) and model.n_outputs_ == 2
    named = pd.DataFrame(both, columns=["up", "down"])
    assert regressor().fit(x, named).predictor_.targets == ("up", "down")
    assert_same_bits(regressor().fit(x, named).predict(x), model.predict(x))
    assert MultiOutputRegressor(regressor()).fit(x, both).predict(x).shape == (80, 2)


def test_clones_are_as_new():
    x, y = numbers()
    model = regressor(metric=("rmse",), types={"0": "numeric"}).fit(x, y)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "predictor_")
    assert_same_bits(copy.fit(x, y).predict(x), model.predict(x))


def test_files_and_pickles(tmp_path):
    x, y = labels()
    model = classifier().fit(x, y)
    expected = model.predict_proba(x)
    assert_same_bits(pickle.loads(pickle.dumps(model)).predict_proba(x), expected)
    joblib.dump(model, buffer := io.BytesIO())
    buffer.seek(0)
    assert_same_bits(joblib.load(buffer).predict_proba(x), expected)
    path = model.save(tmp_path / "trees")
    assert_same_bits(trimtab.load(path).predict_proba(x), expected)
    assert len(pickle.dumps(model)) < 100_000


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_weights_and_groups_are_routed(routing):
    x, y = numbers()
    groups = np.arange(80) // 8
    weights = np.linspace(0.5, 2, 80)
    model = regressor().set_fit_request(sample_weight=True, groups=True)
    model.set_score_request(sample_weight=True)
    found = cross_validate(
        model,
        x,
        y,
        cv=GroupKFold(2),
        params={"sample_weight": weights, "groups": groups},
        return_estimator=True,
    )
    for fitted in found["estimator"]:
        predictor = fitted.predictor_
        assert predictor.schema.role("group") == ("groups",)
        assert predictor.schema.role("weight") == ("sample_weight",)
        assert "group" in predictor.split["how"]
    piped = make_pipeline(StandardScaler(), model).fit(x, y, groups=groups)
    assert piped[-1].predictor_.schema.role("group") == ("groups",)


def test_groups_stay_on_one_side_of_the_inner_split():
    """Rows of a group are near copies: the validation loss of a split by rows is too good."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 10)
    x = rng.normal(size=(20, 4))[groups] + 1e-3 * rng.normal(size=(200, 4))
    y = rng.normal(size=20)[groups]
    options = {"epochs": 60, "layers": "64 relu", "lr": 0.01}
    apart = regressor(**options).fit(x, y, groups=groups)
    mixed_up = regressor(**options).fit(x, y)
    losses = [each.learning_curve_["val_loss"].min() for each in (apart, mixed_up)]
    assert losses[0] > 2 * losses[1]


def test_class_weights():
    x, y = numbers(rows=200)
    rare = np.where(y > np.quantile(y, 0.9), "rare", "usual")
    plain, balanced, told = (
        (classifier(class_weight=each, epochs=30).fit(x, rare).predict(x) == "rare").sum()
        for each in (None, "balanced", {"rare": 100.0, "usual": 1.0})
    )
    assert plain <= balanced <= told and plain < told


def test_what_it_hands_out():
    x, y = numbers(rows=100)
    model = regressor(metric="rmse").fit(x, y)
    curve = model.learning_curve_
    assert curve.columns.tolist() == ["loss", "rmse", "val_loss", "val_rmse"]
    assert curve.index.tolist() == list(range(1, 7)) and curve.index.name == "epoch"
    assert [line.get_label() for line in model.plot("rmse").get_lines()] == ["rmse", "val_rmse"]
    bounds = model.predict_interval(x, 0.8)
    assert (bounds.lower[:, 0] <= model.predict(x)).all()
    sets = classifier().fit(*labels()).predict_interval(labels()[0], 0.8)
    assert len(sets.sets) == 90


def test_verbose_prints_what_the_command_prints(capsys):
    regressor(epochs=2).fit(*numbers())
    assert capsys.readouterr().out == ""
    regressor(epochs=2, verbose=1).fit(*numbers())
    said = capsys.readouterr().out
    assert "3 numeric columns: standard" in said and "epoch 2/2" not in said
    regressor(epochs=2, verbose=2).fit(*numbers())
    assert "epoch 2/2" in capsys.readouterr().out
    with pytest.raises(InvalidArgument, match="verbose must be 'auto', 0, 1 or 2"):
        regressor(verbose=7).fit(*numbers())


def test_ctrl_c_ends_a_search_and_keeps_the_network(monkeypatch):
    from trimtab.predictor.training.limits import Limits

    monkeypatch.setattr(Limits, "reason", property(lambda limits: "interrupted"))
    model = regressor()
    with pytest.raises(KeyboardInterrupt):
        model.fit(*numbers())
    assert model.n_iter_ == 1 and np.isfinite(model.predict(numbers()[0])).all()
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(regressor(), {"lr": [0.1, 0.2]}, cv=2).fit(*numbers())
