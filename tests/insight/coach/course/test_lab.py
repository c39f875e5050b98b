"""What is measured beside the network: losses and their errors, a few steps more, the reference."""

import math

import numpy as np
import pytest

import trimtab
from tests.insight.coach.course.runs import curve, plain, table
from trimtab import Sequential, layers
from trimtab.engines.base import Rows
from trimtab.insight.coach.course.facts import Curves, end_of, jitter_of, smoothed
from trimtab.insight.coach.course.lab import Lab, Losses, part_of
from trimtab.insight.coach.course.reference import reference
from trimtab.training.settings import FitSettings


def trained(**options):
    """A network with batch normalization, dropout and a penalty, its rows, and a lab."""
    trimtab.keras.utils.clear_session()
    made = [
        layers.Dense(16, activation="relu", kernel_regularizer="l2"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.Dense(1),
    ]
    model = Sequential(made, seed=2)
    model.compile(optimizer="adam", loss="mse")
    x, y, x_valid, y_valid = (np.float32(part) for part in plain(310)())
    model.fit(x, y, epochs=3, verbose=0, **options)
    settings = FitSettings(epochs=3, **options)
    rows, valid = Rows(x, y[:, None]), Rows(x_valid, y_valid[:, None])
    return model, rows, Lab(model, settings, rows, valid)


@pytest.mark.parametrize("options", [{}, {"last_batch": "even"}, {"shuffle": False}])
def test_steps_more_are_those_that_fit_would_make(options):
    """Bit for bit: the same orders, batches, masks, moments."""
    model, rows, lab = trained(**options)
    steps = lab.settings.cut(len(rows)).steps
    found = lab.continued(steps, 0.001)
    before = [weight.copy() for weight in model.get_weights()]
    for now, weight in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, weight)
    model.fit(rows.x, rows.y, initial_epoch=3, epochs=4, verbose=0, **options)
    np.testing.assert_array_equal(found.parameters, lab.state.parameters)
    np.testing.assert_array_equal(found.state, lab.state.state)
    assert found.step == lab.state.step


def test_losses_are_without_penalties():
    model, _, lab = trained()
    found = lab.losses(lab.valid)
    whole = model.evaluate(lab.valid.x, lab.valid.y, verbose=0)
    penalties = lab.penalties(lab.state)
    assert penalties > 0
    assert found.mean == pytest.approx(whole - penalties, rel=1e-4)
    squares = np.square(model.predict(lab.valid.x, verbose=0) - lab.valid.y)
    assert found.error == pytest.approx(squares.std() / math.sqrt(len(squares)), rel=0.35)


def test_the_error_is_that_of_a_mean():
    """Over many samples, the errors agree with how far the means scatter."""
    generator = np.random.default_rng(0)
    means, errors = [], []
    for _ in range(300):
        values = generator.exponential(size=(32, 10)).mean(axis=1)
        found = Losses(values, np.full(32, 10), 320)
        means.append(found.mean)
        errors.append(found.error)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.15)
    assert Losses(np.ones(1), np.ones(1, int), 5).error == math.inf


def test_population_statistics_are_those_of_refresh():
    model, rows, lab = trained()
    found = lab.with_population(lab.state)
    model.refresh_statistics(rows.x)
    np.testing.assert_allclose(found.state, lab.state.state, rtol=1e-5, atol=1e-6)


# -- the reference --------------------------------------------------------------------------------


def lab_of(y, activation="linear", loss="mse", units=4, epochs=1):
    trimtab.keras.utils.clear_session()
    x = np.float32(table(len(y), 0))
    last = int(y.max()) + 1 if "sparse" in loss else 1
    model = Sequential([layers.Dense(units), layers.Dense(last, activation=activation)], seed=0)
    model.compile(optimizer="adam", loss=loss)
    model.fit(x, y, epochs=epochs, verbose=0)
    own = Rows(x, np.float32(y).reshape(len(y), -1))
    return Lab(model, FitSettings(), own, None), model.loss_function.lower()


def test_a_network_that_has_not_learned_is_behind_the_reference():
    y = curve(table(600, 0))
    for given, *more in (
        (y,),
        (y, "linear", "mae"),
        ((y > 0).astype(int), "sigmoid", "binary_crossentropy"),
        (np.digitize(y, [-0.5, 0.5]), "softmax", "sparse_categorical_crossentropy"),
    ):
        found = reference(*lab_of(given, *more))
        assert found is not None and found.better, more
        assert 0 < found.reference < found.network and found.error > 0


def test_where_nothing_can_be_learned_no_network_is_behind():
    noise = np.random.default_rng(3).normal(size=600)
    found = reference(*lab_of(noise, epochs=20))
    assert found is not None and not found.better


def test_a_reference_that_meets_easier_rows_is_not_better():
    """Rows trained on are noisy, the others are not: all models have a smaller loss there."""
    x, noise = table(600, 0), np.random.default_rng(3).normal(size=600)
    y = x[:, 0] - x[:, 1] + noise * np.where(np.arange(600) < 400, 3.0, 0.1)
    lab, loss = lab_of(y, epochs=60)
    rows = lab.rows
    own, easy = part_of(rows, np.arange(400)), part_of(rows, np.arange(400, 600))
    found = reference(Lab(lab.model, FitSettings(), own, easy), loss)
    assert found is not None and not found.better
    assert found.network - found.reference > 10 * found.error


def test_first_weights_are_those_that_training_began_with():
    y = curve(table(300, 0))
    lab, _ = lab_of(y, epochs=3)
    other, _ = lab_of(y, epochs=0)
    assert lab.first is not None
    np.testing.assert_array_equal(lab.first.parameters, other.state.parameters)
    assert lab.loss_in_training(lab.first) == other.loss_in_training(other.state)
    assert lab.loss_in_training(lab.first) > lab.loss_in_training(lab.state)


def test_few_rows_have_no_reference():
    assert reference(*lab_of(np.arange(20.0))) is None


# -- curves ---------------------------------------------------------------------------------------


def test_curves_line_up_at_the_end():
    curves = Curves.of([3.0, 2.0, 1.0], [5.0, None], first=4)
    assert curves.epochs.tolist() == [4, 5, 6]
    np.testing.assert_array_equal(curves.val_loss, [math.nan, 5.0, math.nan])
    assert not curves.validated and curves.finite
    assert curves.judged is curves.loss
    assert not Curves.of([1.0, math.inf]).finite and not Curves.of([1.0], [math.inf]).finite


def test_levels_and_jitter():
    generator = np.random.default_rng(0)
    values = np.linspace(5, 1, 400) + 0.2 * generator.normal(size=400)
    assert end_of(values) == pytest.approx(1.0, abs=0.3)
    assert jitter_of(values) == pytest.approx(0.2, rel=0.25)
    assert jitter_of(np.linspace(5, 1, 40)) == pytest.approx(0.0, abs=1e-12)
    spiked = np.ones(30)
    spiked[7] = 100.0
    assert smoothed(spiked).max() == 1.0
