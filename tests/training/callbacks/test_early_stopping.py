"""EarlyStopping: when it stops, what it restores, and the same decisions as Keras."""

import math
import types
import warnings

import numpy as np
import pytest

from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab.errors import InvalidArgument
from trimtab.training.callbacks import EarlyStopping, LambdaCallback

nan = math.nan


class Script:
    """A model without weights, whose epochs end with given numbers."""

    def __init__(self):
        self.stop_training = False
        self.weights = 0

    def get_weights(self):
        return [self.weights]

    def set_weights(self, weights):
        self.weights = weights[0]


def play(callback, values, key="val_loss", model=None):
    """Epochs that ran, and the weights (the epoch they are from) at the end."""
    model = model or Script()
    callback.set_model(model)
    callback.on_train_begin()
    epoch = -1
    for epoch, value in enumerate(values):
        model.weights = epoch
        callback.on_epoch_end(epoch, {key: value})
        if model.stop_training:
            break
    callback.on_train_end({})
    return epoch + 1, model.weights


def test_stops_after_patience():
    assert play(EarlyStopping(), [3, 2, 2.5]) == (3, 2)
    assert play(EarlyStopping(), [3, 2, 1]) == (3, 2)
    assert play(EarlyStopping(patience=1), [3, 2, 2.5, 1.9]) == (3, 2)
    assert play(EarlyStopping(patience=2), [3, 2, 2.5, 1.9, 2, 2]) == (6, 5)
    assert play(EarlyStopping(patience=2), [3, 2, 2.5, 2.6, 1]) == (4, 3)


def test_a_tie_is_no_improvement():
    assert play(EarlyStopping(), [2, 2, 1]) == (2, 1)


def test_min_delta():
    assert play(EarlyStopping(min_delta=0.5), [3, 2.4, 2.0]) == (3, 2)
    assert play(EarlyStopping(min_delta=-0.5), [3, 2.4, 2.0]) == (3, 2)
    assert play(EarlyStopping(min_delta=0.5, mode="max"), [1, 1.6, 2.0]) == (3, 2)


def test_baseline():
    assert play(EarlyStopping(baseline=1.0, patience=2), [3, 3, 3, 3]) == (2, 1)
    assert play(EarlyStopping(baseline=1.0, patience=2), [0.5, 3, 3, 3]) == (3, 2)


def test_start_from_epoch():
    assert play(EarlyStopping(start_from_epoch=3), [1, 2, 3, 4, 5, 6]) == (5, 4)


def test_restores_the_best_epoch_however_training_ends():
    stop = EarlyStopping(patience=1, restore_best_weights=True)
    assert play(stop, [3, 1, 2, 2]) == (3, 1)
    assert stop.stopped_epoch == 2 and stop.best_epoch == 1 and stop.best == 1
    assert play(EarlyStopping(patience=9, restore_best_weights=True), [3, 1, 2, 2]) == (4, 1)


def test_nan_never_counts_as_best():
    restoring = {"restore_best_weights": True}
    assert play(EarlyStopping(patience=5, **restoring), [nan, 2, 3, nan]) == (4, 1)
    # Nothing was best: the weights stay.
    assert play(EarlyStopping(patience=5, **restoring), [nan, nan, nan]) == (3, 2)
    assert play(EarlyStopping(patience=2, **restoring), [nan, nan, nan]) == (2, 1)


def test_state_resets_at_each_fit():
    stop = EarlyStopping(patience=1, restore_best_weights=True)
    assert play(stop, [3, 1, 2, 2]) == (3, 1)
    assert play(stop, [9, 8, 8.5, 7]) == (3, 1)
    assert stop.best == 8


def random_settings(generator):
    return {
        "patience": int(generator.integers(0, 4)),
        "min_delta": float(generator.choice([0, 0.3])),
        "mode": str(generator.choice(["min", "max"])),
        "baseline": generator.choice([None, 2.0]),
        "start_from_epoch": int(generator.choice([0, 2])),
        "restore_best_weights": bool(generator.integers(0, 2)),
    }


def test_decides_as_keras_does():
    keras = import_keras()
    generator = np.random.default_rng(0)
    for _ in range(200):
        settings = random_settings(generator)
        values = generator.integers(0, 9, size=12) / 2  # halves: sums and ties are exact
        theirs = keras.callbacks.EarlyStopping(**settings)
        expected = play(theirs, values.tolist())
        assert play(EarlyStopping(**settings), values.tolist()) == expected, (settings, values)


def test_auto_mode_knows_its_metrics():
    x, y = small_data(40)
    y = (y > 0).astype(float)

    def run(monitor, metrics):
        model = small_model(loss="mse", metrics=metrics)
        stop = EarlyStopping(monitor, patience=5)
        model.fit(x, y, epochs=1, verbose=0, validation_split=0.2, callbacks=[stop])
        return stop.direction()

    assert run("loss", []) == run("val_loss", []) == 1
    assert run("mae", ["mae"]) == run("val_mse", ["mse"]) == 1
    assert run("val_accuracy", ["accuracy"]) == run("binary_accuracy", ["binary_accuracy"]) == -1


def mine(y_true, y_pred):
    return 0.0


@pytest.mark.parametrize("monitor", ["val_mine", "val_los"])
def test_auto_mode_refuses_what_it_does_not_know(monitor):
    x, y = small_data()
    model = small_model(metrics=[mine])
    assert_refused(
        InvalidArgument,
        f"EarlyStopping cannot tell whether {monitor!r} should go up or down. "
        "Use mode='max' if more is better, mode='min' if less is.",
        lambda: model.fit(x, y, verbose=0, callbacks=[EarlyStopping(monitor)]),
    )
    model.fit(
        x, y, verbose=0, validation_split=0.2, callbacks=[EarlyStopping("val_mine", mode="max")]
    )


def test_a_metric_that_is_not_there_warns():
    x, y = small_data()
    text = "EarlyStopping monitors 'val_loss', which is not in the logs. They have: loss."
    with pytest.warns(UserWarning, match=f"^{text}$"):
        small_model().fit(x, y, verbose=0, callbacks=[EarlyStopping()])


def test_mode_refused():
    assert_refused(
        InvalidArgument,
        "EarlyStopping: mode must be one of auto, min, max, received 'low'.",
        lambda: EarlyStopping(mode="low"),
    )


def test_restored_weights_give_back_the_logged_validation_loss():
    x, y = small_data(200)
    model = small_model(metrics=["mse"])
    stop = EarlyStopping(patience=2, restore_best_weights=True)
    model.optimizer.learning_rate = 0.3
    history = model.fit(
        x, y, epochs=40, batch_size=16, verbose=0, validation_data=(x[:50], y[:50]),
        callbacks=[stop],
    ).history  # fmt: skip
    assert len(history["loss"]) < 40  # it did stop
    logs = model.evaluate(x[:50], y[:50], verbose=0, return_dict=True)
    assert logs["loss"] == history["val_loss"][stop.best_epoch] == min(history["val_loss"])
    assert logs["mse"] == history["val_mse"][stop.best_epoch]


def test_says_what_it_does(capsys):
    play(EarlyStopping(verbose=1, restore_best_weights=True), [2, 1, 3])
    assert capsys.readouterr().out == (
        "Epoch 3: early stopping\nRestoring the weights of the best epoch: 2.\n"
    )


def test_stops_a_fit():
    x, y = small_data()
    seen = []
    stop = EarlyStopping("loss", mode="max", patience=1)
    model = small_model(optimizer="sgd", dropout=0)
    spy = LambdaCallback(on_train_end=seen.append)
    history = model.fit(x, y, epochs=50, verbose=0, callbacks=[stop, spy])
    assert history.epoch == [0, 1]
    assert [logs.keys() for logs in seen] == [{"loss": 0}.keys()]


def test_no_warning_is_left_behind():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        play(EarlyStopping(), [1.0, 2.0], model=types.SimpleNamespace(stop_training=False))


@pytest.mark.parametrize("left", range(1, 7))
def test_a_run_that_was_left_goes_on_with_what_it_remembered(left):
    """At whatever epoch it is left: it stops where it would have, with the same best weights."""
    losses = [3.0, 2.0, 2.5, 1.9, nan, 2.0, 2.0, 1.0]

    def decided(parts):
        stop = EarlyStopping(patience=3, restore_best_weights=True)
        model, epoch, state = Script(), 0, None
        stop.set_model(model)
        for part in parts:
            if state is not None:
                stop.set_state(state)
            stop.on_train_begin()
            for value in part:
                model.weights = epoch
                stop.on_epoch_end(epoch, {"val_loss": value})
                epoch += 1
                if model.stop_training:
                    break
            state = stop.get_state()
            stop.on_train_end()
        return epoch, model.weights, state

    epochs, weights, _ = whole = decided([losses])
    assert (epochs, weights) == (7, 3)
    assert decided([losses[:left], losses[left:]]) == whole


def test_a_fit_after_the_one_that_went_on_starts_over():
    stop = EarlyStopping(restore_best_weights=True)
    stop.set_state({"best": 1.0, "best_epoch": 4, "wait": 2, "best_weights": [7]})
    stop.on_train_begin()
    assert stop.get_state() == {"best": 1.0, "best_epoch": 4, "wait": 2, "best_weights": [7]}
    stop.on_train_begin()
    assert stop.get_state() == {"best": None, "best_epoch": 0, "wait": 0, "best_weights": None}
