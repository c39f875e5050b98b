"""warm_start and partial_fit: one network that is trained on."""

from __future__ import annotations

import numpy as np
import pytest

import trimtab
from tests.estimators.support import classifier, labels, numbers, regressor
from tests.support.close import assert_same_bits
from trimtab.errors import InvalidArgument, InvalidData


def test_warm_start_goes_on_with_the_network_and_its_preparation():
    x, y = numbers()
    warm, cold = (regressor(warm_start=each, early_stopping=False) for each in (True, False))
    for model in (warm, cold):
        model.fit(x, y).fit(10 * x, y)
    assert warm.n_iter_ == 12 and cold.n_iter_ == 6
    assert warm.learning_curve_.index.tolist() == list(range(1, 13))
    first = regressor().set_params(early_stopping=False).fit(x, y)
    assert warm.predictor_.preprocessor.columns == first.predictor_.preprocessor.columns
    means = [each.predictor_.preprocessor.steps[0].scaling.scale for each in (warm, cold, first)]
    assert means[0] == means[2] != means[1]
    losses = [each.fit(x, y).learning_curve_["loss"].iloc[-1] for each in (warm, cold)]
    assert losses[0] < losses[1]


def test_warm_start_holds_rows_out_as_well():
    x, y = numbers()
    model = regressor(warm_start=True, fold=None).fit(x, y).fit(x, y)
    assert list(model.learning_curve_) == ["loss", "val_loss"]
    assert isinstance(model.predictor_.model, trimtab.Sequential)


def test_what_has_changed_between_is_refused():
    x, y = numbers()
    model = regressor(warm_start=True).fit(x, y)
    with pytest.raises(InvalidArgument, match="its layers differ from those asked for"):
        model.set_params(layers="7 relu").fit(x, y)
    with pytest.raises(ValueError, match="X has 2 features, but TabularRegressor is expecting 3"):
        model.fit(x[:, :2], y)
    with pytest.raises(InvalidData, match="y must have 1 columns, as in the first call, received"):
        model.fit(x, np.column_stack([y, y]))


def test_of_an_average_the_first_network_goes_on():
    x, y = numbers()
    averaged = regressor(fold=2, epochs=30).fit(x, y)
    with pytest.warns(UserWarning, match="the last fit averaged 2 networks; training goes on with"):
        averaged.partial_fit(x, y)
    assert isinstance(averaged.predictor_.model, trimtab.Sequential)
    assert averaged.score(x, y) > regressor().partial_fit(x, y).score(x, y)


def test_partial_fit_learns_from_pieces():
    x, y = numbers(rows=300)
    model = regressor(layers="32 relu", lr=0.01)
    for _ in range(20):
        for piece in range(0, 300, 60):
            model.partial_fit(x[piece : piece + 60], y[piece : piece + 60])
    assert model.score(x, y) > 0.9
    assert model.n_iter_ == 100 and len(model.learning_curve_) == 100
    assert model.predictor_.split["valid"] == 0
    assert np.isfinite(model.partial_fit(x[:1], y[:1]).predict(x)).all()


def test_pieces_with_classes_of_their_own():
    x, y = labels(rows=300, classes=3)
    model = classifier(layers="32 relu", lr=0.01)
    with pytest.raises(InvalidArgument, match="classes must be passed on the first call"):
        model.partial_fit(x, y)
    for _ in range(15):
        for name in np.unique(y):
            own = y == name
            model.partial_fit(x[own], y[own], classes=np.unique(y))
    assert model.classes_.tolist() == ["ash", "birch", "cedar"]
    for _ in range(10):
        model.partial_fit(x, y)
    assert model.score(x, y) > 0.8
    with pytest.raises(InvalidArgument, match="classes must be those of the first call"):
        model.partial_fit(x, y, classes=["ash", "oak"])
    with pytest.raises(InvalidData, match="y holds 'oak', which are none of the classes"):
        model.partial_fit(x[:2], ["oak", "ash"])


def test_two_halves_of_partial_fit_are_the_whole():
    """The optimizer goes on; with whole batches no order of rows is drawn."""
    x, y = numbers()
    one = regressor(batch_size=100)
    for _ in range(4):
        one.partial_fit(x, y)
    two = regressor(batch_size=100).set_params(random_state=0)
    for _ in range(2):
        two.partial_fit(x, y)
    import pickle

    two = pickle.loads(pickle.dumps(two))
    for _ in range(2):
        two.partial_fit(x, y)
    assert_same_bits(two.predict(x), one.predict(x))


def test_partial_fit_after_fit():
    x, y = numbers()
    model = regressor(epochs=20).fit(x, y)
    assert model.partial_fit(x, y).n_iter_ == 21
