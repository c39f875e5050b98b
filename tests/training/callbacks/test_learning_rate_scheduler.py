"""LearningRateScheduler: the rate of each epoch, in effect and in the logs."""

import types
import warnings

import numpy as np
import pytest

from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers, schedules
from trimtab.training.callbacks import LearningRateScheduler


def run(schedule, epochs=3, **options):
    x, y = small_data()
    model = small_model(optimizer="sgd")
    callback = LearningRateScheduler(schedule, **options)
    return model, model.fit(x, y, epochs=epochs, verbose=0, callbacks=[callback]).history


def test_sets_the_rate_of_each_epoch():
    model, history = run(lambda epoch, rate: rate / 2)
    assert history["learning_rate"] == [float(np.float32(0.01) / 2**k) for k in (1, 2, 3)]
    x, y = small_data()
    by_hand = small_model(optimizer="sgd")
    for epoch, rate in enumerate(history["learning_rate"]):
        by_hand.optimizer.learning_rate = rate
        by_hand.fit(x, y, epochs=epoch + 1, initial_epoch=epoch, verbose=0)
    assert_same_state(model, by_hand)


def test_a_function_of_the_epoch_alone():
    assert run(lambda epoch: 0.25 * (epoch + 1))[1]["learning_rate"] == [0.25, 0.5, 0.75]


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), np.array(0.5), 0.5])
def test_numbers_that_are_floats(value):
    assert run(lambda epoch, rate: value, epochs=1)[1]["learning_rate"] == [0.5]


@pytest.mark.parametrize("value", [None, "0.1", 1, [0.1]])
def test_other_results_are_refused(value):
    assert_refused(
        InvalidArgument,
        f"LearningRateScheduler: the schedule must return a float, received {value!r} for epoch 0.",
        lambda: run(lambda epoch, rate: value),
    )


def test_an_error_inside_the_schedule_is_not_hidden():
    with pytest.raises(TypeError, match="mine"):
        run(lambda epoch, rate: (_ for _ in ()).throw(TypeError("mine")))


def test_refusals():
    assert_refused(
        InvalidArgument,
        "LearningRateScheduler: schedule must be a function of (epoch, learning_rate), received "
        "0.1. Schedules of trimtab.schedules belong in the optimizer: "
        "Adam(learning_rate=schedule).",
        lambda: LearningRateScheduler(0.1),
    )
    x, y = small_data()
    model = small_model(optimizer=optimizers.Adam(schedules.CosineDecay(0.1, 10)))
    callback = LearningRateScheduler(lambda epoch, rate: rate)
    assert_refused(
        InvalidArgument,
        "LearningRateScheduler sets the learning rate, but the optimizer has a schedule "
        "(CosineDecay). Use one of the two: a number as the optimizer's learning_rate, or no such "
        "callback.",
        lambda: model.fit(x, y, verbose=0, callbacks=[callback]),
    )


@pytest.mark.parametrize(
    "schedule", [lambda epoch, rate: rate * 0.3, lambda epoch: np.float32(0.1), lambda epoch: 0.125]
)
def test_prints_what_keras_prints(capsys, schedule):
    keras = import_keras()
    printed = []
    for family in (keras.callbacks.LearningRateScheduler, LearningRateScheduler):
        callback = family(schedule, verbose=1)
        module = optimizers if family is LearningRateScheduler else keras.optimizers
        callback.set_model(types.SimpleNamespace(optimizer=module.SGD(0.01)))
        with warnings.catch_warnings():  # Keras' own, about NumPy
            warnings.simplefilter("ignore")
            for epoch in range(2):
                callback.on_epoch_begin(epoch)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != ""
