"""Averages of weights: the sums behind them, their statistics, and who sees them."""

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import load_model
from trimtab.errors import InvalidArgument
from trimtab.training.callbacks import (
    Callback,
    EarlyStopping,
    ExponentialMovingAverage,
    LambdaCallback,
    ModelCheckpoint,
    StochasticWeightAveraging,
)

QUIET = {"verbose": 0, "batch_size": 16}


def parameters(model):
    return [weight.numpy() for weight in model.weights if not weight.is_state]


def state(model):
    return [weight.numpy() for weight in model.weights if weight.is_state]


class Keep(Callback):
    """The weights at the ends of epochs, and after steps."""

    def __init__(self, steps=False):
        super().__init__()
        self.kept = []
        self.steps = steps

    def on_epoch_end(self, epoch, logs=None):
        if not self.steps:
            self.kept.append(parameters(self.model))

    def on_train_batch_end(self, batch, logs=None):
        if self.steps:
            self.kept.append(parameters(self.model))


def assert_refreshed(model, x):
    """The statistics are those of its weights."""
    before = state(model)
    model.refresh_statistics(x)
    for one, other in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("every", [1, 2])
def test_the_mean_over_late_epochs(engine, every):
    x, y = small_data()
    model, usual = small_model(engine=engine), small_model(engine=engine)
    keep = Keep()
    usual_history = usual.fit(x, y, epochs=6, callbacks=[keep], **QUIET).history
    average = StochasticWeightAveraging(start_epoch=2, every=every)
    history = model.fit(x, y, epochs=6, callbacks=[average], **QUIET).history
    assert history == usual_history
    assert average.averaged == 4 // every
    for number, found in enumerate(parameters(model)):
        expected = np.mean([kept[number] for kept in keep.kept[2::every]], axis=0, dtype=float)
        assert_close(found, expected, 1e-7)
    assert_refreshed(model, x)


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_the_moving_average_over_steps(momentum):
    x, y = small_data()
    model, usual = small_model(), small_model()
    keep = Keep(steps=True)
    usual.fit(x, y, epochs=3, callbacks=[keep], **QUIET)
    model.fit(x, y, epochs=3, callbacks=[ExponentialMovingAverage(momentum)], **QUIET)
    for number, found in enumerate(parameters(model)):
        expected = keep.kept[0][number].astype(float)
        for kept in keep.kept[1:]:
            expected = expected * momentum + kept[number] * (1 - momentum)
        assert_close(found, expected, 1e-6)
    assert_refreshed(model, x)


AVERAGES = [
    lambda **options: StochasticWeightAveraging(1, **options),
    lambda **options: ExponentialMovingAverage(0.9, **options),
]


@pytest.mark.parametrize("make", AVERAGES)
def test_validated_in_place_of_the_weights(make):
    x, y = small_data()
    valid = small_data(20, seed=1)
    settings = {"epochs": 5, "validation_data": valid, **QUIET}
    model, usual, plain = small_model(), small_model(), small_model()
    plain_history = plain.fit(x, y, **settings).history
    after = usual.fit(x, y, callbacks=[make()], **settings).history
    seen = []
    look = LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(
            (logs["val_loss"], model.evaluate(*valid, verbose=0))
        )
    )
    history = model.fit(x, y, callbacks=[make(validate=True), look], **settings).history
    # Training goes on from the weights themselves.
    assert history["loss"] == after["loss"] == plain_history["loss"]
    assert after["val_loss"] == plain_history["val_loss"] != history["val_loss"]
    assert all(logged == there for logged, there in seen)
    # What is left in the end is the same, and what was validated last.
    assert_same_state(model, usual)
    assert model.evaluate(*valid, verbose=0) == history["val_loss"][-1]


@pytest.mark.parametrize("make", AVERAGES)
def test_what_stops_and_saves_takes_the_validated_average(make, tmp_path):
    x, y = small_data()
    valid = small_data(20, seed=1)
    model = small_model(optimizer="sgd")
    stop = EarlyStopping(patience=1, restore_best_weights=True, mode="max")
    save = ModelCheckpoint(tmp_path / "{epoch}.trimtab")
    history = model.fit(
        x, y, epochs=9, validation_data=valid, callbacks=[make(validate=True), stop, save], **QUIET
    ).history
    best = int(np.argmax(history["val_loss"]))
    assert len(history["val_loss"]) == best + 2
    assert model.evaluate(*valid, verbose=0) == history["val_loss"][best]
    for epoch, logged in enumerate(history["val_loss"], start=1):
        saved = load_model(tmp_path / f"{epoch}.trimtab")
        assert saved.evaluate(*valid, verbose=0) == logged


def test_with_population_statistics():
    x, y = small_data()
    model, usual = small_model(), small_model()
    settings = {"epochs": 4, "validation_split": 0.2, **QUIET}
    for each, kind in ((model, "population"), (usual, "moving")):
        average = StochasticWeightAveraging(1)
        each.fit(x, y, statistics=kind, callbacks=[average], **settings)
    assert_same_state(model, usual)


def test_frozen_statistics_stay():
    x, y = small_data()
    model, usual = small_model(), small_model()
    usual.fit(x, y, epochs=1, **QUIET)
    average = StochasticWeightAveraging(2)
    model.fit(x, y, epochs=4, freeze_statistics_after=1, callbacks=[average], **QUIET)
    for one, other in zip(state(model), state(usual), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", AVERAGES)
def test_ctrl_c_ends_with_the_average(make):
    x, y = small_data()

    def stop(epoch, logs):
        if epoch == 3:
            raise KeyboardInterrupt

    model, whole = small_model(), small_model()
    stopping = LambdaCallback(on_epoch_begin=stop)
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=9, callbacks=[make(), stopping], **QUIET)
    whole.fit(x, y, epochs=3, callbacks=[make()], **QUIET)
    assert_same_state(model, whole)


def test_nothing_averaged_leaves_the_weights():
    x, y = small_data()
    model, usual = small_model(), small_model()
    average = StochasticWeightAveraging(5, validate=True)
    settings = {"epochs": 3, "validation_split": 0.2, **QUIET}
    model.fit(x, y, callbacks=[average], **settings)
    usual.fit(x, y, **settings)
    assert average.averaged == 0
    assert_same_state(model, usual)


def test_an_error_leaves_the_weights_themselves():
    x, y = small_data()
    model, usual = small_model(), small_model()

    def fail(epoch, logs):
        raise RuntimeError("stop")

    callbacks = [StochasticWeightAveraging(0, validate=True), LambdaCallback(on_epoch_end=fail)]
    with pytest.raises(RuntimeError, match="stop"):
        model.fit(x, y, validation_split=0.2, callbacks=callbacks, **QUIET)
    usual.fit(x, y, validation_split=0.2, **QUIET)
    assert_same_state(model, usual)


def test_nothing_is_kept_after_fit():
    x, y = small_data()
    average = StochasticWeightAveraging(0)
    model = small_model()
    model.fit(x, y, epochs=2, callbacks=[average], **QUIET)
    assert average._rows is None and average._average == []
    before = model.get_weights()
    model.evaluate(x, y, verbose=0, callbacks=[average])  # not in fit: nothing of its business
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    model.fit(x, y, epochs=1, callbacks=[average], **QUIET)
    assert average.averaged == 1


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: StochasticWeightAveraging(-1),
            "start_epoch must be an integer from 0 to 2147483648, received -1.",
        ),
        (
            lambda: StochasticWeightAveraging(0, every=0),
            "every must be a positive integer, received 0.",
        ),
        (
            lambda: ExponentialMovingAverage(1.0),
            "momentum must be a float of at least 0 and below 1, received 1.0.",
        ),
        (
            lambda: ExponentialMovingAverage(validate="yes"),
            "validate must be True or False, received 'yes'.",
        ),
    ],
)
def test_refusals(make, text):
    assert_refused(InvalidArgument, text, make)
