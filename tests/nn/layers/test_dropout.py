"""Dropout: lowering, rates and schedules of rates, noise shapes, refusals."""

import math

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data
from trimtab import Sequential
from trimtab.errors import InvalidArgument, InvalidProgram
from trimtab.nn import layers, schedules
from trimtab.program import Builder


def lowered(*stack, width=3):
    builder, value = Builder(width), 0
    for layer in stack:
        layer.build(width)
        value = layer.lower(builder, value)
    return builder.finish(value)


def test_lowering():
    assert str(lowered(layers.Dropout(0.3, seed=7))) == (
        "%0 = input (3)\n"
        "%1 = dropout(%0, rate=0.3, stream=0, seed=7, share_rows=False, share_columns=False) (3)\n"
        "output %1"
    )


def test_rate_0_lowers_to_nothing_and_moves_no_other_stream():
    program = lowered(layers.Dropout(0), layers.Dropout(0.5))
    assert [op.stream for op in program.ops] == [1]


@pytest.mark.parametrize("rate", [0, 1, 0.0, 1.0, np.float32(0.5), np.int64(1)])
def test_rates(rate):
    assert layers.Dropout(rate).rate == float(rate)


@pytest.mark.parametrize("rate", [1.3, -0.1, 30, math.nan, math.inf, "0.5", None, True, [0.5]])
def test_rate_refused(rate):
    assert_refused(
        InvalidArgument,
        f"rate must be a float between 0 and 1, received {rate!r}. "
        "Use rate=0.3 to drop 30 % of the units.",
        lambda: layers.Dropout(rate),
    )


@pytest.mark.parametrize(
    ("noise_shape", "rows", "columns"),
    [
        (None, False, False),
        ((None, None), False, False),
        ((None, 3), False, False),
        ((None, 1), False, True),
        ((1, None), True, False),
        ([1, 3], True, False),
        ((1, 1), True, True),
        (np.array([1, 3]), True, False),
    ],
)
def test_noise_shape(noise_shape, rows, columns):
    op = lowered(layers.Dropout(0.5, noise_shape=noise_shape)).ops[0]
    assert (op.share_rows, op.share_columns) == (rows, columns)


@pytest.mark.parametrize(
    ("noise_shape", "text"),
    [
        (
            "none",
            "noise_shape must be None or a pair of sizes, received 'none'. "
            "Use noise_shape=(None, 1) to drop whole rows.",
        ),
        (
            1,
            "noise_shape must be None or a pair of sizes, received 1. "
            "Use noise_shape=(None, 1) to drop whole rows.",
        ),
        (
            (None, 1.5),
            "noise_shape must hold integers or None, received 1.5 (float) in (None, 1.5).",
        ),
        ((None, "1"), "noise_shape must hold integers or None, received '1' (str) in (None, '1')."),
        ((None, 0), "noise_shape must hold positive integers or None, received 0 in (None, 0)."),
        ((-1, 1), "noise_shape must hold positive integers or None, received -1 in (-1, 1)."),
        ((1,), "noise_shape must have two entries, rows and columns, received (1,)."),
        ((1, 1, 3), "noise_shape must have two entries, rows and columns, received (1, 1, 3)."),
        (
            (32, 1),
            "noise_shape must start with None or 1, received (32, 1): the last batch may have "
            "fewer rows.",
        ),
    ],
)
def test_noise_shape_refused(noise_shape, text):
    assert_refused(InvalidArgument, text, lambda: layers.Dropout(0.5, noise_shape=noise_shape))


def test_noise_shape_that_does_not_fit_the_input():
    layer = layers.Dropout(0.5, noise_shape=(1, 4), name="d")
    assert_refused(
        InvalidArgument,
        "d: noise_shape (1, 4) is for 4 columns, the input has 3. Use None for the input's own "
        "size.",
        lambda: layer.build(3),
    )
    layer.build(4)


def test_seed_refused():
    assert_refused(
        InvalidArgument,
        "seed must be None or an integer from 0 to 2**64 - 1, received 1.5.",
        lambda: layers.Dropout(0.5, seed=1.5),
    )


class TestCalled:
    x = np.arange(1.0, 601.0, dtype=np.float32).reshape(200, 3)

    def test_inference_is_the_identity(self):
        assert np.array_equal(layers.Dropout(0.5)(self.x), self.x)

    def test_rate_0_and_1(self):
        assert np.array_equal(layers.Dropout(0)(self.x, training=True), self.x)
        assert not layers.Dropout(1)(self.x, training=True).any()

    @pytest.mark.parametrize("seed", [None, 3])
    @pytest.mark.parametrize("trainable", [True, False])
    def test_survivors_are_scaled_and_masks_differ(self, seed, trainable):
        layer = layers.Dropout(0.5, seed=seed, trainable=trainable)
        first, second = (layer(self.x, training=True) for _ in range(2))
        for values in (first, second):
            kept = values != 0
            assert np.array_equal(values[kept], 2 * self.x[kept])
            assert 0.3 <= kept.mean() <= 0.7  # 10 standard errors
        assert not np.array_equal(first, second)

    def test_shared_masks(self):
        rows = layers.Dropout(0.5, noise_shape=(None, 1))(self.x, training=True) != 0
        columns = layers.Dropout(0.5, noise_shape=(1, 3))(self.x, training=True) != 0
        assert (rows == rows[:, :1]).all() and len(np.unique(rows)) == 2
        assert (columns == columns[:1]).all()


def test_features_are_dropped_whole():
    program = lowered(layers.FeatureDropout(0.25, seed=7))
    assert str(program) == str(lowered(layers.Dropout(0.25, noise_shape=(1, None), seed=7)))
    assert lowered(layers.FeatureDropout(0), layers.FeatureDropout(0.5)).ops[0].stream == 1
    x = np.arange(1.0, 2001.0, dtype=np.float32).reshape(10, 200)
    layer = layers.FeatureDropout(0.25)
    assert np.array_equal(layer(x), x)
    y = layer(x, training=True)
    kept = y != 0
    assert (kept == kept[:1]).all() and 0.5 <= kept.mean() <= 0.95
    assert_close(y[kept], x[kept] / 0.75, 1e-6)
    assert not np.array_equal(kept, layer(x, training=True) != 0)
    for rate in (2, "a"):
        with pytest.raises(InvalidArgument, match="rate must be a float between 0 and 1"):
            layers.FeatureDropout(rate)


# -- rates on a schedule --------------------------------------------------------------------------


def scheduled(rate, engine="native", metrics=None, name="drop"):
    """A model with one dropout whose rate follows a schedule."""
    stack = [
        layers.Dense(8, activation="relu", input_shape=[3]),
        layers.BatchNormalization(),
        layers.Dropout(rate, name=name),
        layers.Dense(1),
    ]
    model = Sequential(stack, seed=5)
    model.compile(optimizer="adam", loss="mae", metrics=metrics, engine=engine)
    return model


#: 50 rows in batches of 16 are 4 steps an epoch.
SETTINGS = {"batch_size": 16, "verbose": 0}
RATES = [
    schedules.LinearDropout(0.5, 0.0, epochs=2),
    schedules.EarlyDropout(0.5, steps=6),
    schedules.CosineDecay(0.5, decay_steps=8),
]


def test_lowering_of_a_schedule():
    schedule = schedules.LinearDropout(0.5, 0.0, steps=4)
    program = lowered(layers.Dropout(schedule, name="a"), layers.Dropout(0.5))
    assert [op.rate for op in program.ops] == [0.5, 0.5]  # that of the first step
    ((value, name, found),) = ((s.value, s.name, s.schedule) for s in program.schedules)
    assert (value, name) == (1, "a") and found is schedule
    rates = program.dropout_rates(1, 4)
    assert list(rates) == [1] and rates[1].tolist() == [0.375, 0.25, 0.125, 0.0]
    assert lowered(layers.Dropout(0.5)).dropout_rates(0, 4) is None
    # From 0 on as well: the op has to be there.
    program = lowered(layers.Dropout(schedules.LateDropout(0.5, epochs=3)))
    assert [op.rate for op in program.ops] == [0.0]


@pytest.mark.parametrize("engine", ["native", "jax"])
@pytest.mark.parametrize("rate", RATES, ids=repr)
def test_training_goes_by_the_rates(engine, rate):
    """Step by step as a model whose rate is set by hand to what the schedule says."""
    x, y = small_data(50)
    model, by_hand = scheduled(rate, engine), scheduled(0.25, engine)
    history = model.fit(x, y, shuffle=False, epochs=3, **SETTINGS).history
    expected = rate.rates(0, 12, 4)
    for step, start in enumerate([0, 16, 32, 48] * 3):
        # A rate of 0 would be another program: a step with a vanishing one is the same.
        by_hand.layers[2].rate = float(expected[step]) or 1e-9
        by_hand.train_on_batch(x[start : start + 16], y[start : start + 16])
    for one, other in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        if engine == "native":
            np.testing.assert_array_equal(one, other)
        else:  # another number of rows is another compiled function
            assert_close(one, other, 1e-4)
    assert history["drop_rate"] == [float(expected[step]) for step in (3, 7, 11)]
    assert sorted(history) == ["drop_rate", "loss"]


@pytest.mark.parametrize("engine", ["native", "jax"])
def test_a_schedule_that_stays_is_a_fixed_rate(engine):
    x, y = small_data(50)
    runs = []
    for rate in (0.5, schedules.LinearDropout(0.5, 0.5, epochs=2)):
        model = scheduled(rate, engine, metrics=["mse"])
        runs.append((model, model.fit(x, y, epochs=3, validation_split=0.2, **SETTINGS).history))
    rates = runs[1][1].pop("drop_rate")
    assert rates == [0.5] * 3
    assert runs[0][1] == runs[1][1]
    assert_same_state(runs[0][0], runs[1][0])


def test_nothing_is_compiled_again():
    pytest.importorskip("jax", reason="JAX is not installed")
    x, y = small_data(50)
    model = scheduled(schedules.LinearDropout(0.5, 0.0, epochs=2), "jax")
    model.fit(x, y, **SETTINGS)
    engine = model.runner._engine
    compiled = engine._call.train._cache_size()
    model.fit(x, y, epochs=4, initial_epoch=1, **SETTINGS)
    other = scheduled(schedules.LateDropout(0.25, epochs=1), "jax")
    other.fit(x, y, epochs=2, **SETTINGS)
    assert model.runner._engine is engine and other.runner._engine._call is engine._call
    assert engine._call.train._cache_size() == compiled


@pytest.mark.parametrize("engine", ["native", "jax"])
@pytest.mark.parametrize("rate", RATES, ids=repr)
def test_a_run_in_parts_is_one_run(engine, rate, tmp_path):
    x, y = small_data(50)
    whole, parts = scheduled(rate, engine), scheduled(rate, engine)
    history = whole.fit(x, y, epochs=4, **SETTINGS).history
    first = parts.fit(x, y, epochs=2, **SETTINGS).history
    parts.save(tmp_path / "model")
    parts = trimtab.load_model(tmp_path / "model.trimtab")
    parts.compile(parts.optimizer, "mae", engine=engine)
    rest = parts.fit(x, y, epochs=4, initial_epoch=2, **SETTINGS).history
    assert {key: first[key] + rest[key] for key in history} == history
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_batch_by_batch_is_the_same_run():
    x, y = small_data(50)
    runs = []
    for callbacks in (
        [],
        [trimtab.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)],
    ):
        model = scheduled(schedules.CosineDropout(0.1, 0.6, epochs=2.5), metrics=["mse"])
        history = model.fit(x, y, epochs=3, callbacks=callbacks, **SETTINGS)
        runs.append((model, history.history))
    assert runs[0][1] == runs[1][1]
    assert_same_state(runs[0][0], runs[1][0])


def test_the_rate_as_a_number():
    x, y = small_data(50)
    rate = schedules.LinearDropout(0.5, 0.0, epochs=4)
    model = scheduled(rate)
    layer = model.layers[2]
    assert layer.schedule is rate and layer.rate == 0.5
    model.fit(x, y, epochs=2, **SETTINGS)
    assert layer.rate == 0.25 and layer.schedule is rate
    model.layers[2].rate = 0.75
    assert layer.rate == 0.75 and layer.schedule is None
    model.fit(x, y, **SETTINGS)
    assert list(model.history.history) == ["loss"]
    layer.rate = schedules.EarlyDropout(0.25, steps=13)
    assert layer.rate == 0.25
    assert model.fit(x, y, **SETTINGS).history["drop_rate"] == [0.0]
    with pytest.raises(InvalidArgument, match="rate must be a float between 0 and 1"):
        layer.rate = 3


def test_calling_in_training_mode_takes_the_rate_of_the_next_batch():
    x, y = small_data(50)
    ones = np.ones((50, 3), np.float32)
    layer = layers.Dropout(schedules.EarlyDropout(0.5, epochs=1), input_shape=[3])
    assert (layer(ones, training=True) == 0).any()
    model = Sequential([layer, layers.Dense(1)], seed=1)
    model.compile("sgd", "mse")
    dropped = model(ones, training=True)
    assert len(np.unique(dropped)) > 1
    model.fit(x, y, **SETTINGS)
    assert len(np.unique(model(ones, training=True))) == 1  # the epoch is over: nothing drops
    assert np.array_equal(layer(ones, training=True), ones)


def test_what_looks_inside_sees_the_rate_of_the_next_batch():
    """Behind a dropout that is over, training and inference have one variance."""
    x, y = small_data(50)
    stack = [
        layers.Dropout(schedules.EarlyDropout(0.5, epochs=2), input_shape=[3]),
        layers.BatchNormalization(name="bn"),
        layers.Dense(1),
    ]
    model = Sequential(stack, seed=1)
    model.compile("sgd", "mse")
    history = model.fit(x, y, epochs=3, track=["statistics", "layers"], **SETTINGS).history
    # After the first epoch it still drops; after the second the next batch is without.
    first, second, third = history["bn/variance_ratio"]
    assert first <= 0.8
    assert_close([second, third], [1.0, 1.0], 1e-6)
    table = model.probe(x, y)
    assert_close(table["bn"].variance_ratio, 1.0, 1e-6)


def test_inference_knows_no_schedule():
    x, y = small_data(50)
    model = scheduled(schedules.LinearDropout(0.5, 0.25, epochs=2))
    model.fit(x, y, **SETTINGS)
    weights = model.get_weights()
    other = scheduled(0.5)
    other.set_weights(weights)
    assert np.array_equal(model.predict(x), other.predict(x))
    assert model.evaluate(x, y, verbose=0) == other.evaluate(x, y, verbose=0)


def test_schedules_in_epochs_need_to_know_epochs():
    x, y = small_data(50)
    model = scheduled(schedules.LinearDropout(0.5, 0.0, epochs=2))
    model.train_on_batch(x, y)  # the first rate is known
    with pytest.raises(InvalidArgument, match="counts in epochs, and it is not known how many"):
        model.train_on_batch(x, y)
    assert model.runner.step == 1
    model = scheduled(schedules.LinearDropout(0.5, 0.0, epochs=2))
    model.fit(x, y, **SETTINGS)
    model.train_on_batch(x, y)  # its epochs are those of the fit
    assert model.runner.step == 5 and model.layers[2].rate == 0.1875
    in_steps = scheduled(schedules.LinearDropout(0.5, 0.0, steps=8))
    in_steps.train_on_batch(x, y)
    assert in_steps.layers[2].rate == 0.4375


def test_two_layers_of_one_name():
    """In blocks there may be such; then the paths tell them apart."""
    x, y = small_data(50)

    def block(name, rate):
        dropout = layers.Dropout(rate, name="drop")
        return layers.Residual([layers.Dense(3), dropout], name=name)

    rate = schedules.EarlyDropout(0.5, epochs=1)
    for second, keys in (
        (0.5, ["loss", "drop_rate"]),
        (rate, ["loss", "a/drop_rate", "b/drop_rate"]),
    ):
        model = Sequential([block("a", rate), block("b", second), layers.Dense(1)], seed=1)
        model.compile("sgd", "mae")
        assert sorted(model.fit(x, y, **SETTINGS).history) == sorted(keys)


@pytest.mark.parametrize("verbose", [1, 2])
def test_the_rate_is_shown(verbose, capsys):
    x, y = small_data(50)
    model = scheduled(schedules.LinearDropout(0.5, 0.0, epochs=2), name="dropout")
    model.fit(x, y, batch_size=16, verbose=verbose)
    assert "dropout_rate: 0.3125" in capsys.readouterr().out


def test_rates_beyond_1_are_refused_in_the_step_that_has_them():
    class Rising(schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.3 * (step + 1)

    x, y = small_data(50)
    model = scheduled(Rising())
    with pytest.raises(
        InvalidArgument, match=r"drop: rate must be between 0 and 1, .* gives 1\.2 for step 3\."
    ):
        model.fit(x, y, **SETTINGS)
    with pytest.raises(InvalidArgument, match=r"rate at step 0 of .* received 2\.0"):
        layers.Dropout(schedules.CosineDecay(2.0, decay_steps=10))


def test_what_has_no_rate_has_no_schedule():
    builder = Builder(3)
    value = builder.emit("softmax", [0])
    builder.schedule(value, "mine", schedules.EarlyDropout(0.5, steps=1))
    with pytest.raises(
        InvalidProgram, match="a schedule names %1, which is not the output of an op with a rate"
    ):
        builder.finish(value)
    builder = Builder(3)
    value = layers.Dropout(schedules.EarlyDropout(0.5, steps=1)).lower(builder, 0)
    builder.schedule(value, "again", schedules.EarlyDropout(0.5, steps=1))
    with pytest.raises(InvalidProgram, match="a rate must not have two schedules"):
        builder.finish(value)


def test_not_inside_a_layer_of_ones_own():
    pytest.importorskip("jax", reason="JAX is not installed")

    class Own(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.drop = layers.Dropout(schedules.EarlyDropout(0.5, steps=1))

        def call(self, x):
            return self.drop(x)

    with pytest.raises(
        trimtab.errors.Unsupported,
        match="own/drop: a rate on a schedule is not supported inside the",
    ):
        Own(name="own")(np.ones((2, 3)), training=True)
