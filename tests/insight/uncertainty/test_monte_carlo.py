"""Monte Carlo dropout: which masks, which statistics, and that nothing else changes."""

import numpy as np
import pytest

from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from tests.support.small import everything, small_data, small_model
from trimtab import Sequential, config, set_random_seed
from trimtab.errors import InvalidArgument
from trimtab.insight.uncertainty import calibrate, monte_carlo
from trimtab.nn import layers, schedules


def fitted(**options):
    model = small_model(**options)
    x, y = small_data()
    model.fit(x, y, epochs=2, verbose=0)
    return model


def test_samples_are_passes_with_frozen_statistics():
    """By hand: dense, normalization with moving statistics, mask, dense."""
    model = fitted(dropout=0.3)
    x, _ = small_data(7)
    samples = model.predict_samples(x, samples=400, seed=2)
    assert samples.shape == (400, 7, 1) and samples.dtype == np.float32
    kernel, bias, gamma, beta, mean, variance, last, last_bias = (
        weight.astype(np.float64) for weight in model.get_weights()
    )
    hidden = np.maximum(x @ kernel + bias, 0)
    hidden = (hidden - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    # Every sample is one of the outputs that masks can give.
    masks = np.array(np.meshgrid(*[[0.0, 1.0]] * 8)).reshape(8, -1).T
    possible = (hidden[:, None, :] * masks / 0.7) @ last + last_bias
    distance = np.abs(samples[None].transpose(2, 1, 0, 3) - possible[:, None]).min(axis=(2, 3))
    assert distance.max() <= 1e-5
    # Their mean is that of the masks, within sampling error.
    expected = hidden @ last + last_bias
    deviation = np.sqrt(np.square(hidden * last[:, 0]).sum(axis=1) * 0.3 / 0.7)
    assert (np.abs(samples.mean(axis=0) - expected)[:, 0] <= 5 * deviation / 20).all()
    assert_close(samples.std(axis=0)[:, 0], deviation, 0.2)


def test_nothing_changes():
    model = fitted()
    before, run_seed = everything(model), model.run_seed()
    x, y = small_data()
    model.predict_samples(x, samples=3)
    for one, other in zip(before, everything(model), strict=True):
        assert_same_bits(one, other)
    assert model.run_seed() == run_seed
    again = fitted()
    for each in (model, again):
        each.fit(x, y, initial_epoch=2, epochs=3, verbose=0)
    for one, other in zip(everything(model), everything(again), strict=True):
        assert_same_bits(one, other)


def test_same_seed_same_bits():
    model = fitted()
    x, _ = small_data()
    first = model.predict_samples(x, samples=6, seed=4)
    assert_same_bits(model.predict_samples(x, samples=6, seed=4), first)
    assert_same_bits(model.predict_samples(x, samples=2, seed=4), first[:2])
    assert_same_bits(model.predict_samples(x[:9], samples=6, seed=4), first[:, :9])
    threads = config.get_threads()
    try:
        config.set_threads(1)
        assert_same_bits(model.predict_samples(x, samples=6, seed=4), first)
    finally:
        config.set_threads(threads)
    assert (model.predict_samples(x, samples=6, seed=5) != first).any()
    set_random_seed(3)
    drawn = model.predict_samples(x, samples=6)
    assert (drawn != model.predict_samples(x, samples=6)).any()
    set_random_seed(3)
    assert_same_bits(model.predict_samples(x, samples=6), drawn)


def test_in_pieces(monkeypatch):
    """However samples and rows are cut, a sample of a row is the same."""
    model = fitted()
    x = np.random.default_rng(0).normal(size=(monte_carlo.ROWS + 50, 3)).astype(np.float32)
    whole = model.predict_samples(x, samples=5, seed=1)
    monkeypatch.setattr(monte_carlo, "_NUMBERS", 2 * monte_carlo.ROWS)
    assert_same_bits(model.predict_samples(x, samples=5, seed=1), whole)
    # Masks go by the place in the batch.
    again = model.predict_samples(x[monte_carlo.ROWS :], samples=5, seed=1)
    assert_same_bits(again, whole[:, monte_carlo.ROWS :])


def test_present_weights():
    model = fitted()
    x, y = small_data()
    before = model.predict_samples(x, samples=2, seed=1)
    model.fit(x, y, epochs=1, verbose=0)
    after = model.predict_samples(x, samples=2, seed=1)
    assert (before != after).any()
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    assert not model.predict_samples(x, samples=2, seed=1).any()


def test_seeds_of_layers_have_no_part():
    x, _ = small_data()
    stack = [layers.Dense(8, input_shape=[3]), layers.Dropout(0.5, seed=7), layers.Dense(1)]
    model = Sequential(stack, seed=1)
    one, other = (model.predict_samples(x, samples=2, seed=seed) for seed in (1, 2))
    assert (one != other).any()


def test_whole_columns_are_one_network_a_sample():
    """A mask of whole columns is that of all rows, in all batches."""
    stack = [layers.Dropout(0.5, noise_shape=(1, None), input_shape=[3]), layers.Dense(1)]
    model = Sequential(stack, seed=1)
    x = np.ones((monte_carlo.ROWS + 3, 3), np.float32)
    samples = model.predict_samples(x, samples=9, seed=1)
    assert_same_bits(samples, np.broadcast_to(samples[:, :1], samples.shape).copy())
    assert len(np.unique(samples)) > 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rate_on_a_schedule_is_the_present_one(engine):
    x, y = small_data()

    def fitted_with(rate, epochs):
        stack = [layers.Dense(8, "relu"), layers.Dropout(rate), layers.Dense(1)]
        model = Sequential(stack, seed=1)
        model.compile("adam", "mse", engine=engine)
        model.fit(x, y, epochs=epochs, batch_size=25, verbose=0)
        return model

    model = fitted_with(schedules.LinearDropout(0.8, 0.2, steps=4), 1)
    assert_close(model.layers[1].rate, 0.5, 1e-6)
    plain = fitted_with(0.5, 1)
    plain.set_weights(model.get_weights())
    expected = plain.predict_samples(x, samples=5, seed=1)
    assert_close(model.predict_samples(x, samples=5, seed=1), expected, 1e-5)
    model.fit(x, y, epochs=2, initial_epoch=1, batch_size=25, verbose=0)
    plain.layers[1].rate = 0.2
    plain.set_weights(model.get_weights())
    expected = plain.predict_samples(x, samples=5, seed=1)
    assert_close(model.predict_samples(x, samples=5, seed=1), expected, 1e-5)


def test_a_schedule_that_ended_at_0_leaves_nothing():
    x, y = small_data()
    stack = [layers.Dense(8), layers.Dropout(schedules.LinearDropout(0.5, 0.0, steps=4))]
    model = Sequential([*stack, layers.Dense(1)], seed=1)
    model.compile("adam", "mse")
    model.fit(x, y, epochs=3, batch_size=25, verbose=0)
    with pytest.raises(InvalidArgument, match="a rate above 0"):
        model.predict_samples(x)
    assert calibrate(model, small_data(30, seed=9)[0], np.zeros(30)).spread == "none"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_kernels_mask_is_one_for_all_rows(engine):
    model = Sequential([layers.DropConnect(4, 0.5, input_shape=[3]), layers.Dense(1)], seed=1)
    model.compile("adam", "mse", engine=engine)
    samples = model.predict_samples(np.ones((5, 3), np.float32), samples=9, seed=1)
    assert_close(samples, np.broadcast_to(samples[:, :1], samples.shape), 1e-6)
    assert len(np.unique(samples[:, 0])) > 2


@pytest.mark.skipif("jax" not in ENGINES, reason="JAX is not installed")
@pytest.mark.parametrize("devices", [None, "all"])
def test_engines_agree(monkeypatch, devices):
    native, jax = fitted(engine="native"), fitted(engine="jax", devices=devices)
    jax.set_weights(native.get_weights())
    x, _ = small_data(300)
    expected = native.predict_samples(x, samples=20, seed=3)
    assert_close(jax.predict_samples(x, samples=20, seed=3), expected, 1e-5)
    monkeypatch.setattr(monte_carlo, "_NUMBERS", 300 * 7)
    assert_close(jax.predict_samples(x, samples=20, seed=3), expected, 1e-5)


@pytest.mark.skipif("jax" not in ENGINES, reason="JAX is not installed")
def test_own_layers_run_as_in_training():
    from tests.support.own import own_model

    model = own_model()
    steps = model.get_weights()
    x, _ = small_data(11)
    samples = model.predict_samples(x, samples=4, seed=1)
    assert samples.shape == (4, 11, 1) and (samples[0] != samples[1]).any()
    for one, other in zip(steps, model.get_weights(), strict=True):
        assert_same_bits(one, other)


def test_refusals():
    model = small_model(dropout=0)
    assert_refused(
        InvalidArgument,
        f"{model.name} has no dropout with a rate above 0, so all samples would be the same. Add "
        "layers.Dropout(0.2) and train it, or use predict_interval, which needs no dropout.",
        lambda: model.predict_samples(small_data()[0]),
    )
    assert_refused(
        InvalidArgument,
        "samples must be an integer from 1 to 4294967295, received 0. Use samples=200.",
        lambda: small_model().predict_samples(small_data()[0], samples=0),
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_rates_on_a_schedule_are_those_of_the_next_batch(engine):
    if engine == "jax":
        pytest.importorskip("jax", reason="JAX is not installed")
    x, _ = small_data(7)
    model = fitted(dropout=schedules.LinearDropout(0.75, 0.25, epochs=4), engine=engine)
    fixed = small_model(dropout=0.5, engine=engine)  # two of four epochs are over
    fixed.set_weights(model.get_weights())
    for _ in range(2):
        assert_same_bits(
            model.predict_samples(x, samples=5, seed=2), fixed.predict_samples(x, samples=5, seed=2)
        )
    data, target = small_data()
    model.fit(data, target, initial_epoch=2, epochs=4, verbose=0)
    fixed = small_model(dropout=0.25, engine=engine)
    fixed.set_weights(model.get_weights())
    assert_same_bits(
        model.predict_samples(x, samples=5, seed=2), fixed.predict_samples(x, samples=5, seed=2)
    )


def test_rates_that_have_come_to_0_are_refused():
    x, _ = small_data()
    model = fitted(dropout=schedules.EarlyDropout(0.5, epochs=1))
    assert_refused(
        InvalidArgument,
        f"{model.name} has no dropout with a rate above 0, so all samples would be the same. Add "
        "layers.Dropout(0.2) and train it, or use predict_interval, which needs no dropout.",
        lambda: model.predict_samples(x, samples=3),
    )
    interval = model.predict_interval(x, level=0.5, calibration=small_data(seed=1))
    assert np.isfinite(interval.lower).all()


def test_kernels_are_masked_in_samples():
    model = Sequential([layers.DropConnect(1, 0.5, input_shape=[3], use_bias=False)], seed=1)
    samples = model.predict_samples(np.eye(3, dtype=np.float32), samples=200, seed=2)[:, :, 0]
    kernel = model.get_weights()[0][:, 0]
    for column, weight in zip(samples.T, kernel, strict=True):
        assert set(column.tolist()) == {0.0, float(2 * weight)}
    assert (np.abs((samples == 0).mean(axis=0) - 0.5) <= 5 * 0.5 / np.sqrt(200)).all()
