"""Averages of the weights that optimizers keep: when weights become them, files, freezing."""

import numpy as np
import pytest

import trimtab
from tests.support.engines import ENGINES
from tests.support.small import small_data, small_model
from trimtab.nn import averages, optimizers

QUIET = {"verbose": 0, "batch_size": 16, "shuffle": False}


def averaging(momentum=0.9, engine="native", **options):
    model = small_model()
    optimizer = optimizers.SGD(0.1, use_ema=True, ema_momentum=momentum, **options)
    model.compile(optimizer=optimizer, loss="mse", engine=engine)
    return model


def parameters(model):
    return [weight.numpy() for weight in model.weights if not weight.is_state]


class Steps(trimtab.callbacks.Callback):
    """The weights after each step."""

    def on_train_begin(self, logs=None):
        self.kept = []

    def on_train_batch_end(self, batch, logs=None):
        self.kept.append(parameters(self.model))


@pytest.mark.parametrize("engine", ENGINES)
def test_fit_ends_with_the_average(engine):
    x, y = small_data()
    model, steps = averaging(engine=engine), Steps()
    model.fit(x, y, epochs=2, callbacks=[steps], **QUIET)
    mean = [value.astype(np.float64) for value in steps.kept[0]]
    for later in steps.kept[1:]:
        mean = [0.9 * a + 0.1 * w for a, w in zip(mean, later, strict=True)]
    for weight, expected in zip(parameters(model), mean, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-7)


def test_a_fit_of_no_epochs_changes_nothing():
    x, y = small_data()
    model = averaging()
    model.fit(x, y, epochs=2, **QUIET)
    for layer in model.layers:
        for weight in layer.weights:
            weight.assign(weight.numpy() + 1)
    before = model.get_weights()
    model.fit(x, y, epochs=2, initial_epoch=2, **QUIET)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_ctrl_c_keeps_the_weights_of_the_last_step():
    x, y = small_data()

    class Interrupt(Steps):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            if len(self.kept) == 3:
                raise KeyboardInterrupt

    model, steps = averaging(), Interrupt()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, callbacks=[steps], **QUIET)
    for one, other in zip(parameters(model), steps.kept[-1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_overwriting():
    x, y = small_data()
    model, steps = averaging(ema_overwrite_frequency=2), Steps()
    model.fit(x, y, callbacks=[steps], **QUIET)
    plain, of_plain = averaging(), Steps()
    plain.fit(x, y, callbacks=[of_plain], **QUIET)
    for number, same in ((0, True), (1, False)):
        pairs = zip(steps.kept[number], of_plain.kept[number], strict=True)
        assert all(np.array_equal(*pair) for pair in pairs) == same


def test_a_file_keeps_them(tmp_path):
    x, y = small_data()
    first = averaging()
    first.fit(x, y, epochs=2, **QUIET)
    first.save(tmp_path / "model.trimtab")
    again = trimtab.load_model(tmp_path / "model.trimtab")
    assert again.optimizer.use_ema and again.optimizer.ema_momentum == 0.9
    for model in (first, again):
        model.fit(x, y, epochs=4, initial_epoch=2, **QUIET)
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_another_optimizer_load_without_its_state(tmp_path):
    x, y = small_data()
    model = averaging()
    model.fit(x, y, **QUIET)
    model.save_weights(tmp_path / "some.trimtab")
    other = small_model()
    other.compile(optimizer="sgd", loss="mse")
    other.load_weights(tmp_path / "some.trimtab")
    assert other.runner.step == 0 and other.runner.slots == {}
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_layer_that_thaws_begins_its_average_with_its_weights():
    x, y = small_data()
    model = averaging(0.999)
    layer = model.layers[0]
    layer.trainable = False
    model.fit(x, y, epochs=2, **QUIET)
    before = layer.get_weights()
    layer.trainable = True
    model.fit(x, y, epochs=1, **QUIET)
    for one, other in zip(before, layer.get_weights(), strict=True):
        assert np.abs(one - other).max() <= 0.01 * max(1.0, np.abs(one).max())


def test_exchanging_twice_changes_nothing():
    x, y = small_data()
    model = averaging()
    model.fit(x, y, **QUIET)
    model.train_on_batch(x, y)
    model.pull()
    before = model.get_weights()
    averages.exchange(model)
    between = model.get_weights()
    averages.exchange(model)
    assert not all(np.array_equal(*pair) for pair in zip(before, between, strict=True))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_averages_nothing_is_exchanged():
    model = small_model()
    model.compile(optimizer="adam", loss="mse")
    x, y = small_data()
    model.fit(x, y, **QUIET)
    before = model.get_weights()
    averages.take(model)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
