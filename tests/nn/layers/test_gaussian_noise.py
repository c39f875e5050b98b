"""Noise and alpha dropout: moments as in Keras, the same on both engines, off in inference."""

import math

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES, THREADS, engine
from tests.support.refusals import assert_refused
from tests.support.threefry import keep_mask, normals
from trimtab import Sequential
from trimtab.errors import InvalidArgument
from trimtab.nn import layers, schedules
from trimtab.program import Builder

X = np.random.default_rng(0).normal(size=(9, 7)).astype(np.float32)


def program(layer, width=7):
    layer.build(width)
    builder = Builder(width)
    return builder.finish(layer.lower(builder, 0))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("step", [0, 3, 2**32 - 1])
def test_noise_is_pinned(name, step):
    """A function of seed, stream, step and place alone, the same on every engine."""
    z = normals(X.shape, seed=11, stream=0, step=step)
    call = {"training": True, "seed": 11, "step": step}
    added = engine(name, program(layers.GaussianNoise(0.25))).forward(X, **call)
    assert_close(added, X + 0.25 * z, 1e-6, scale=4.0)
    times = engine(name, program(layers.GaussianDropout(0.2))).forward(X, **call)
    assert_close(times, X * (1 + 0.5 * z), 1e-6, scale=8.0)


@pytest.mark.parametrize("name", ENGINES)
def test_alpha_dropout_is_pinned(name):
    made = engine(name, program(layers.AlphaDropout(0.25)))
    keep = keep_mask(X.shape, 0.25, seed=11, stream=0, step=2)
    actual = made.forward(X, training=True, seed=11, step=2)
    end = -1.0507009873554805 * 1.6732632423543772
    a = ((1 - 0.25) * (1 + 0.25 * end**2)) ** -0.5
    assert_close(actual, a * np.where(keep, X, end) - a * end * 0.25, 1e-6, scale=4.0)


@pytest.mark.parametrize(
    "layer",
    [layers.GaussianNoise(0.5), layers.GaussianDropout(0.5), layers.AlphaDropout(0.5)],
    ids=lambda layer: type(layer).__name__,
)
def test_any_number_of_threads_draws_the_same(layer):
    made = program(layer, 40)
    x = np.resize(X, (70, 40))
    drawn = [
        engine("native", made, threads=threads).forward(x, training=True, seed=3, step=1)
        for threads in THREADS
    ]
    for other in drawn[1:]:
        assert_same_bits(other, drawn[0])


def test_moments_are_those_of_keras():
    """Mean and variance of what comes out of ones, or of standard normal rows."""
    rows, columns = 400, 500
    ones = np.ones((rows, columns), np.float32)
    five = 5 / math.sqrt(rows * columns)
    noise = layers.GaussianNoise(0.3, seed=1)(ones, training=True)
    assert abs(noise.mean() - 1) <= 0.3 * five and abs(noise.std() - 0.3) <= 0.3 * five
    for rate in (0.1, 0.5):
        deviation = math.sqrt(rate / (1 - rate))
        times = layers.GaussianDropout(rate, seed=1)(ones, training=True)
        assert abs(times.mean() - 1) <= deviation * five
        assert abs(times.std() - deviation) <= deviation * five
        normal = np.random.default_rng(0).normal(size=ones.shape)
        kept = layers.AlphaDropout(rate, seed=1)(normal, training=True)
        assert abs(kept.mean()) <= 2 * five and abs(kept.var() - 1) <= 4 * five


@pytest.mark.parametrize(
    "layer",
    [layers.GaussianNoise(0.0), layers.GaussianDropout(0.0), layers.AlphaDropout(0.0)],
    ids=lambda layer: type(layer).__name__,
)
def test_none_lowers_to_nothing_and_moves_no_other_stream(layer):
    builder = Builder(3)
    assert layer.lower(builder, 0) == 0 and builder.random_stream() == 1


def test_alpha_dropout_of_rate_1_gives_zeros_and_takes_shapes_and_schedules():
    assert not layers.AlphaDropout(1.0)(X, training=True).any()
    rows = layers.AlphaDropout(0.5, noise_shape=(None, 1), seed=3)(np.zeros((8, 4)), training=True)
    assert (rows == rows[:, :1]).all() and len(np.unique(rows)) == 2
    layer = layers.AlphaDropout(schedules.LinearDropout(0.5, 0.0, steps=10), name="drop")
    model = Sequential([layers.Input((7,)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X, X[:, :1], epochs=2, batch_size=3, verbose=0).history
    assert history["drop_rate"][0] > history["drop_rate"][1]


def test_two_calls_draw_other_noise_and_a_seed_repeats_it():
    layer = layers.GaussianNoise(0.5)
    assert (layer(X, training=True) != layer(X, training=True)).all()
    first, again = (layers.GaussianNoise(0.5, seed=5)(X, training=True) for _ in range(2))
    assert_same_bits(first, again)


def test_a_fit_repeats_and_loads(tmp_path):
    def trained(engine_name):
        trimtab.config.set_random_seed(4)
        stack = [
            layers.GaussianNoise(0.1),
            layers.Dense(6, activation="selu"),
            layers.AlphaDropout(0.1),
            layers.GaussianDropout(0.1),
            layers.Dense(1),
        ]
        model = Sequential([layers.Input((7,)), *stack])
        model.compile("sgd", "mse", engine=engine_name)
        model.fit(X, X[:, :1], epochs=2, batch_size=4, verbose=0)
        return model

    first, again = trained("native"), trained("native")
    for ours, theirs in zip(first.get_weights(), again.get_weights(), strict=True):
        assert_same_bits(ours, theirs)
    for engine_name in ENGINES:
        for ours, theirs in zip(
            first.get_weights(), trained(engine_name).get_weights(), strict=True
        ):
            assert_close(ours, theirs, 1e-5)
    first.save(tmp_path / "model.trimtab")
    loaded = trimtab.load_model(tmp_path / "model.trimtab")
    assert_same_bits(loaded.predict(X, verbose=0), first.predict(X, verbose=0))
    assert [layer.get_config() for layer in loaded.layers] == [
        layer.get_config() for layer in first.layers
    ]


@pytest.mark.parametrize("value", [-0.1, 1.5, math.nan, "much", None, True])
def test_stddev_refused(value):
    assert_refused(
        InvalidArgument,
        f"stddev must be a float between 0 and 1, received {value!r}. Standardize the columns, and "
        "use stddev=0.1 for noise of a tenth of their deviation.",
        lambda: layers.GaussianNoise(value),
    )


@pytest.mark.parametrize("value", [-0.1, 1, math.nan, "0.3", None])
def test_rate_refused(value):
    assert_refused(
        InvalidArgument,
        f"rate must be a float from 0 to below 1, received {value!r}. Use rate=0.3 for the "
        "variance of a dropout of 30 %.",
        lambda: layers.GaussianDropout(value),
    )
