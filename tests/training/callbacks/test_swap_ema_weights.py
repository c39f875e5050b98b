"""Averages in the place of weights: who sees them, and that training does not."""

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab.errors import InvalidArgument
from trimtab.nn import optimizers
from trimtab.training.callbacks import Callback, ModelCheckpoint, SwapEMAWeights

QUIET = {"verbose": 0, "batch_size": 16}


def averaging():
    model = small_model()
    model.compile(optimizer=optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8), loss="mse")
    return model


def same(one, other):
    return all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_training_is_the_same(swap_on_epoch):
    x, y = small_data()
    plain, swapped = averaging(), averaging()
    options = {"epochs": 3, "validation_data": (x[:9], y[:9]), **QUIET}
    expected = plain.fit(x, y, **options).history
    actual = swapped.fit(x, y, callbacks=[SwapEMAWeights(swap_on_epoch)], **options).history
    assert actual["loss"] == expected["loss"]
    assert actual["val_loss"] != expected["val_loss"]
    assert same(plain.get_weights(), swapped.get_weights())
    assert swapped.evaluate(x[:9], y[:9], verbose=0) == actual["val_loss"][-1]
    assert not swapped.runner.averages_in_place


def test_callbacks_behind_it_see_the_averages(tmp_path):
    x, y = small_data()
    seen = []

    class Look(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(self.model.get_weights())

    model = averaging()
    path = tmp_path / "last.trimtab"
    listed = [Look(), SwapEMAWeights(swap_on_epoch=True), Look(), ModelCheckpoint(path)]
    model.fit(x, y, epochs=2, callbacks=listed, **QUIET)
    assert not same(seen[0], seen[1])
    assert same(seen[-1], model.get_weights())
    again = averaging()
    again.load_weights(path)
    assert same(again.get_weights(), model.get_weights())


def test_predictions_and_evaluations():
    x, y = small_data()
    model = averaging()
    model.fit(x, y, **QUIET)
    for _ in range(5):
        model.train_on_batch(x, y)
    before, own = model.get_weights(), model.predict(x)
    averaged = model.predict(x, callbacks=[SwapEMAWeights()])
    assert not np.array_equal(own, averaged)
    assert model.evaluate(x, y, verbose=0, callbacks=[SwapEMAWeights()]) == pytest.approx(
        float(np.mean((averaged[:, 0] - y.reshape(-1)) ** 2)), rel=1e-4
    )
    assert same(before, model.get_weights())


class Fail(Callback):
    def on_test_begin(self, logs=None):
        self.seen = self.model.get_weights()
        raise ZeroDivisionError


def test_an_error_puts_the_weights_back():
    x, y = small_data()
    model, fail = averaging(), Fail()
    with pytest.raises(ZeroDivisionError):
        model.fit(x, y, validation_data=(x, y), callbacks=[SwapEMAWeights(), fail], **QUIET)
    assert not model.runner.averages_in_place
    assert not same(fail.seen, model.get_weights())


def test_refused():
    x, y = small_data()
    model = small_model()
    model.compile(optimizer="adam", loss="mse")
    for run in (model.fit, model.evaluate):
        assert_refused(
            InvalidArgument,
            "SwapEMAWeights needs the averages that an optimizer with use_ema=True keeps; this "
            "Adam keeps none. Use compile(optimizer=optimizers.Adam(use_ema=True)).",
            lambda run=run: run(x, y, verbose=0, callbacks=[SwapEMAWeights()]),
        )
    assert_refused(
        InvalidArgument,
        "swap_on_epoch must be True or False, received 1.",
        lambda: SwapEMAWeights(swap_on_epoch=1),
    )
