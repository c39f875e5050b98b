"""ReduceLROnPlateau: when it reduces, and the same decisions as Keras."""

import math
import types
import warnings

import numpy as np
import pytest

from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers, schedules
from trimtab.training.callbacks import ReduceLROnPlateau


def play(callback, values, optimizer):
    """The learning rates the epochs were trained with."""
    callback.set_model(types.SimpleNamespace(optimizer=optimizer))
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        logs = {"val_loss": value}
        callback.on_epoch_end(epoch, logs)
        rates.append(logs["learning_rate"])
    return rates


def ours(values, **settings):
    return play(ReduceLROnPlateau(**settings), values, optimizers.SGD(1.0))


def test_reduces_after_patience():
    assert ours([3, 2, 2, 2, 2, 2], factor=0.5, patience=2) == [1, 1, 1, 1, 0.5, 0.5]


def test_cooldown_and_lower_bound():
    assert ours([1, 2, 2, 2, 2, 2], factor=0.5, patience=1) == [1, 1, 0.5, 0.25, 0.125, 0.0625]
    assert ours([1, 2, 2, 2, 2, 2], factor=0.5, patience=1, min_lr=0.25)[-1] == 0.25
    assert ours([1, 2, 2, 2, 2, 2], factor=0.5, patience=1, cooldown=2) == [
        1,
        1,
        0.5,
        0.5,
        0.25,
        0.25,
    ]


def test_nan_is_no_improvement():
    assert ours([1, math.nan, math.nan, math.nan], factor=0.5, patience=2)[-1] == 0.5


def test_decides_as_keras_does():
    keras = import_keras()
    generator = np.random.default_rng(1)
    for _ in range(100):
        settings = {
            "factor": float(generator.choice([0.5, 0.1])),
            "patience": int(generator.integers(1, 4)),
            "mode": str(generator.choice(["min", "max"])),
            "cooldown": int(generator.integers(0, 3)),
            "min_lr": float(generator.choice([0.0, 0.2])),
            "min_delta": float(generator.choice([0.0, 0.3])),
        }
        values = (generator.integers(0, 9, size=14) / 2).tolist()
        theirs = keras.callbacks.ReduceLROnPlateau(**settings)
        with warnings.catch_warnings():  # Keras' own, about NumPy
            warnings.simplefilter("ignore")
            expected = play(theirs, values, keras.optimizers.SGD(1.0))
        np.testing.assert_allclose(ours(values, **settings), expected, rtol=1e-6)


def test_state_resets_at_each_fit():
    callback = ReduceLROnPlateau(factor=0.5, patience=1)
    play(callback, [1, 2, 2], optimizers.SGD(1.0))
    assert play(callback, [5, 4, 3], optimizers.SGD(1.0)) == [1, 1, 1]


def test_in_a_fit():
    x, y = small_data()
    model = small_model(optimizer="sgd")
    model.optimizer.learning_rate = 0.5
    callback = ReduceLROnPlateau("loss", mode="max", factor=0.5, patience=1)
    history = model.fit(x, y, epochs=3, verbose=0, callbacks=[callback]).history
    assert list(history) == ["loss", "learning_rate"]
    assert history["learning_rate"][0] == 0.5
    assert float(model.optimizer.learning_rate) < 0.5


def test_refusals():
    assert_refused(
        InvalidArgument,
        "ReduceLROnPlateau: factor must be at least 0 and below 1, received 1.0. "
        "Use factor=0.5 to halve the learning rate.",
        lambda: ReduceLROnPlateau(factor=1.0),
    )
    x, y = small_data()
    model = small_model(optimizer=optimizers.SGD(schedules.ExponentialDecay(0.1, 10, 0.9)))
    assert_refused(
        InvalidArgument,
        "ReduceLROnPlateau sets the learning rate, but the optimizer has a schedule "
        "(ExponentialDecay). Use one of the two: a number as the optimizer's learning_rate, or no "
        "such callback.",
        lambda: model.fit(x, y, verbose=0, callbacks=[ReduceLROnPlateau()]),
    )


def test_a_metric_that_is_not_there_warns():
    x, y = small_data()
    text = (
        "ReduceLROnPlateau monitors 'val_loss', which is not in the logs. They have: "
        "loss, learning_rate."
    )
    with pytest.warns(UserWarning, match=f"^{text}$"):
        small_model().fit(x, y, verbose=0, callbacks=[ReduceLROnPlateau()])


def test_prints_what_keras_prints(capsys):
    keras = import_keras()
    values, settings = [1, 2, 3, 4], {"factor": 0.3, "patience": 1, "min_lr": 0.05, "verbose": 1}
    ours(values, **settings)
    printed = capsys.readouterr().out
    assert printed.startswith("\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.3.\n")
    with warnings.catch_warnings():  # Keras' own, about NumPy
        warnings.simplefilter("ignore")
        play(keras.callbacks.ReduceLROnPlateau(**settings), values, keras.optimizers.SGD(1.0))
    assert printed == capsys.readouterr().out
