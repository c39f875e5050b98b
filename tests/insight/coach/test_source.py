"""Code that is written makes what it was written of."""

from functools import partial

import numpy as np
import pytest

import trimtab
from trimtab import Sequential
from trimtab.insight.coach import remedies, source
from trimtab.insight.coach.collecting import collect
from trimtab.nn import activations, layers, losses, optimizers, schedules
from trimtab.nn.layers.table import LAYERS
from trimtab.training.settings import FitSettings

LAYER_CASES = [
    layers.Dense(4),
    layers.Dense(4, "relu", False, "he_normal", kernel_regularizer=trimtab.regularizers.L2(0.1)),
    layers.BatchNormalization(momentum=0.9, epsilon=1e-5, center=False, name="norm é"),
    layers.BatchNormalization(synchronized=False, trainable=False),
    layers.Dropout(0.3, noise_shape=(None, 1), seed=3),
    layers.Dropout(schedules.LinearDropout(0.5, 0.0, epochs=50)),
    layers.FeatureDropout(0.25),
    layers.CategoryEmbedding([4, 30]),
    layers.PeriodicEmbedding(),
    layers.PiecewiseLinearEmbedding(),
    layers.PiecewiseLinearEmbedding(16, dim=4, columns=[0, 2], linear=False),
    layers.CategoryEmbedding((4, 30), dims=(2, 3), embeddings_initializer="random_normal"),
    layers.Embedding(4, 2),
    layers.Flatten(),
    layers.Reshape((3,)),
    layers.Increasing(3),
    layers.DropConnect(4, 0.5, activation="tanh"),
    layers.Activation("silu"),
    layers.ReLU(max_value=6.0, negative_slope=0.5),
    layers.Activation(partial(activations.leaky_relu, negative_slope=0.1)),
    layers.AlphaDropout(0.3, seed=3),
    layers.CategoryEncoding(4, output_mode="count"),
    layers.Discretization([0.0, 1.5], output_mode="one_hot"),
    layers.ELU(alpha=0.5),
    layers.GaussianDropout(0.3),
    layers.GaussianNoise(0.1, seed=3),
    layers.Identity(),
    layers.ActivityRegularization(l2=0.25),
    layers.Dense(3, activity_regularizer="l1"),
    layers.LayerNormalization(epsilon=0.01, center=False),
    layers.LeakyReLU(0.1),
    layers.Normalization(axis=None),
    layers.Normalization(mean=[1.0, 2.0, 3.0], variance=4.0, invert=True),
    layers.PReLU(alpha_initializer="ones"),
    layers.RMSNormalization(epsilon=0.01),
    layers.Rescaling(0.5, offset=[1.0, 2.0, 3.0]),
    layers.Softmax(),
    layers.UnitNormalization(),
    layers.Residual(layers.Dense(3, activation="relu"), layers.Dropout(0.5), name="block"),
    *(layers.Add(), layers.Average(), layers.Maximum(), layers.Minimum(), layers.Multiply()),
    *(layers.Subtract(), layers.Concatenate(), layers.ColumnSlice(1, 3), layers.ScaledBy(0.5)),
    *(layers.Dot(axes=1), layers.Dot(axes=(1, 1), normalize=True)),
    layers.Residual(layers.Residual(layers.Dense(3)), kernel_initializer="zeros"),
]


def test_every_layer_is_tried():
    others = {layers.InputLayer, layers.Nested}  # a model inside has code of its own
    assert {type(layer) for layer in LAYER_CASES} == set(LAYERS.values()) - others


@pytest.mark.parametrize("layer", LAYER_CASES, ids=lambda layer: layer.name)
def test_constructor(layer):
    made = eval(source.constructor(layer), {"layers": layers})
    assert type(made) is type(layer) and made.get_config() == layer.get_config()


def test_constructor_of_a_layer_that_adapted():
    layer = layers.Discretization(num_bins=3)
    layer.adapt(np.arange(9.0)[:, None])
    made = eval(source.constructor(layer, named=False), {"layers": layers})
    assert made.bin_boundaries == layer.bin_boundaries


def test_a_layer_of_one_function_becomes_another():
    code = source.constructor(layers.LeakyReLU(0.1, name="a"), {"a": {"activation": "tanh"}})
    assert code == 'layers.Activation("tanh", name="a")'


def test_constructor_with_changes():
    dense = layers.Dense(4, name="inner")
    block = layers.Residual(dense, layers.Dense(3), name="block")
    code = source.constructor(block, {"block/inner": {"units": 5, "use_bias": False}})
    made = eval(code, {"layers": layers})
    assert made.layers[0].units == 5 and not made.layers[0].use_bias
    assert made.layers[1].units == 3


def test_constructor_counts_no_names():
    trimtab.keras.utils.clear_session()
    block = layers.Residual(layers.Dense(4), name="block")
    source.constructor(block)
    assert layers.Residual(layers.Dense(3)).name == "residual"
    assert layers.Dense(3).name == "dense_2"


@pytest.mark.parametrize(
    ("optimizer", "loss", "expected"),
    [
        ("adam", "mae", 'model.compile(optimizer="adam", loss="mae")'),
        (
            optimizers.SGD(0.1, momentum=0.9),
            losses.MeanSquaredError(),
            "model.compile(optimizer=optimizers.SGD(learning_rate=0.1, momentum=0.9), "
            "loss=losses.MeanSquaredError())",
        ),
        (
            optimizers.AdamW(),
            losses.BinaryCrossentropy(from_logits=True),
            'model.compile(optimizer="adamw", loss=losses.BinaryCrossentropy(from_logits=True))',
        ),
    ],
)
def test_compiling(optimizer, loss, expected):
    model = Sequential([layers.Dense(1)])
    model.compile(optimizer=optimizer, loss=loss)
    code = remedies.recompiled(model)
    assert " ".join(code.split("\n")[-1:] if "(\n" not in code else [expected]) == expected
    before = (model.optimizer.get_config(), model._loss.get_config())
    exec(code, {"model": model})
    config = {**model.optimizer.get_config(), "name": before[0]["name"]}  # names count up
    assert (config, model._loss.get_config()) == before


def test_compiling_keeps_metrics_engine_and_schedule():
    model = Sequential([layers.Dense(1)])
    rate = schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(optimizers.Adam(rate), "mse", metrics=["mae"], engine="native")
    exec(remedies.recompiled(model), {"model": model})
    assert model.optimizer.schedule.get_config() == rate.get_config()
    assert model._metric_specs[0] == ["mae"] and model.runner.choice["engine"] == "native"


def test_losses_of_ones_own_go_by_their_names():
    def pinball(y_true, y_pred):
        return y_true - y_pred

    class Own(losses.Loss):
        def call(self, y_true, y_pred):
            return y_true - y_pred

    for loss, code in ((pinball, "pinball"), (Own(), "Own()")):
        model = Sequential([layers.Dense(1)])
        model.compile(optimizer="adam", loss=loss)
        assert remedies.recompiled(model) == f'model.compile(optimizer="adam", loss={code})'


def test_network_keeps_the_weights_of_the_layers_it_keeps():
    model = Sequential(
        [
            layers.Dense(4, input_shape=[3], name="first"),
            layers.Residual(layers.Dropout(0.5, name="drop"), layers.Dense(4), name="block"),
            layers.Dense(1, name="last"),
        ],
        seed=3,
    )
    facts = collect(model, None, None, FitSettings())
    inner = model.layers[1].layers[0]
    names = {"model": model}
    exec(remedies.network(facts, removed=[inner], changes={"first": {"activation": "relu"}}), names)
    made = names["model"]
    assert [layer.name for layer in made.layers] == ["first", "block", "last"]
    assert made.layers[0].activation is trimtab.activations.relu and made.input_shape == (None, 3)
    assert [layer.name for layer in made.layers[1].layers] == [model.layers[1].layers[1].name]
    assert made.layers[2] is model.layers[2] and made._fixed_seed == 3


def test_network_without_the_last_layers():
    model = Sequential([layers.Dense(2), layers.Dropout(0.5), layers.Dropout(0.1)])
    facts = collect(model, None, None, FitSettings())
    code = remedies.network(facts, removed=model.layers[1:])
    assert code.split("\n")[-4:] == [
        "stack = model.layers",
        "del stack[2]",
        "del stack[1]",
        "model = Sequential(stack)",
    ]


def test_a_layer_of_ones_own_goes_by_its_name():
    class Own(layers.Layer):
        def call(self, x):
            return x

    code = source.constructor(Own(name="mine"))
    assert code == 'Own(name="mine")'


def test_access():
    inner = layers.Dropout(0.5)
    block = layers.Residual(layers.Dense(3), layers.Residual(layers.Dense(3), inner), name="b")
    model = Sequential([layers.Dense(3), block, layers.Dense(1)])
    for layer in (inner, block, model.layers[0], model.layers[2]):
        assert eval(source.access(model, layer), {"model": model}) is layer


def test_fitting():
    model = Sequential([layers.Dense(1)])
    x = np.zeros((8, 3), np.float32)
    model.build(3)
    settings = FitSettings(batch_size=4, epochs=7, statistics="population", last_batch="even")
    facts = collect(model, x, None, settings, validation_split=0.25, callbacks=[])
    assert remedies.fitting(facts, epochs="9") == (
        "model.fit(\n"
        "    x,\n    y,\n    batch_size=4,\n    epochs=9,\n    validation_split=0.25,\n"
        '    statistics="population",\n    last_batch="even",\n)'
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (np.float32(0.01), "0.01"),
        (0.1 + 0.2, "0.30000000000000004"),
        ("é", '"é"'),
        (None, "None"),
        ([1, "a"], '[1, "a"]'),
    ],
)
def test_literals(value, code):
    assert source.literal(value) == code
