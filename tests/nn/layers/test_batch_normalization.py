"""Batch normalization: lowering, weights, the trainable switch, refusals."""

import math

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.keras import ARRAY_COPY, import_keras
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.nn import layers
from trimtab.program import Builder


def lowered(layer, width=3):
    layer.build(width)
    builder = Builder(width)
    return builder.finish(layer.lower(builder, 0))


def test_lowering():
    program = lowered(layers.BatchNormalization(name="b"))
    assert str(program) == (
        "%0 = input (3)\n"
        "%1 = batch_normalization(%0, b/gamma, b/beta, b/moving_mean, b/moving_variance, "
        "momentum=0.99, epsilon=0.001, scale=True, center=True, frozen=False, "
        "synchronized=True, debias=False, virtual_batch_size=None, weighted=False) (3)\n"
        "output %1"
    )
    assert [slot.trainable for slot in program.parameters] == [True, True]
    assert [slot.trainable for slot in program.state] == [False, False]


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
def test_scale_and_center(scale, center):
    layer = layers.BatchNormalization(scale=scale, center=center)
    program = lowered(layer)
    names = ["gamma"] * scale + ["beta"] * center
    assert [slot.name.split("/")[1] for slot in program.parameters] == names
    assert len(layer.weights) == len(names) + 2


def test_trainable_off_freezes():
    layer = layers.BatchNormalization()
    layer.trainable = False
    program = lowered(layer)
    assert program.ops[0].frozen and program.trainable_count == 0
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 4


def test_synchronized():
    layer = layers.BatchNormalization(synchronized=False)
    assert not lowered(layer).ops[0].synchronized
    assert not layers.BatchNormalization.from_config(layer.get_config()).synchronized


def test_penalties():
    program = lowered(layers.BatchNormalization(beta_regularizer="l1", gamma_regularizer="l2"))
    assert [(slot.l1, slot.l2) for slot in program.parameters] == [(0.0, 0.01), (0.01, 0.0)]


@pytest.mark.filterwarnings(ARRAY_COPY)
@pytest.mark.parametrize("rows", [1, 2, 7])
@pytest.mark.parametrize("settings", [{}, {"momentum": 0.5, "epsilon": 0.1, "center": False}])
def test_called(rows, settings):
    """Two calls in training, one in inference; statistics and values as in Keras."""
    keras = import_keras()
    ours, theirs = (
        layers.BatchNormalization(**settings),
        keras.layers.BatchNormalization(**settings),
    )
    generator = np.random.default_rng(rows)
    for training in (True, True, False):
        x = generator.normal(3.0, 2.0, (rows, 5)).astype(np.float32)
        expected = np.asarray(theirs(x, training=training))
        # A lone row is all rounding: it minus itself, times 30.
        assert_close(ours(x, training=training), expected, 2e-6, scale=1.0 + np.abs(expected))
    for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close(mine, its, 2e-6)


def test_frozen_uses_and_keeps_the_moving_statistics():
    layer = layers.BatchNormalization(trainable=False, epsilon=1e-6)
    x = np.array([[1.0], [3.0]], np.float32)
    assert_close(layer(x, training=True), x, 1e-6)
    assert [w.tolist() for w in layer.get_weights()] == [[1.0], [0.0], [0.0], [1.0]]


OURS = {"debias": True, "virtual_batch_size": 16, "weighted": True}


def test_what_keras_does_not_have():
    program = lowered(layers.BatchNormalization(name="b", **OURS))
    op = program.ops[0]
    assert (op.debias, op.virtual_batch_size, op.weighted) == (True, 16, True)
    assert [(slot.name, slot.shape) for slot in program.state] == [
        ("b/moving_mean", (3,)),
        ("b/moving_variance", (3,)),
        ("b/count", (1,)),
    ]


def test_configuration():
    """What is not set stays out of it, so that Keras takes it."""
    plain = layers.BatchNormalization().get_config()
    assert not {"synchronized", *OURS} & plain.keys()
    config = layers.BatchNormalization(**OURS).get_config()
    assert {name: config[name] for name in OURS} == OURS
    again = layers.BatchNormalization.from_config(config)
    assert again.get_config() == config


def test_the_count_is_the_last_weight():
    layer = layers.BatchNormalization(debias=True)
    layer.build(2)
    names = [weight.name for weight in layer.weights]
    assert names == ["gamma", "beta", "moving_mean", "moving_variance", "count"]
    assert layer.count_params() == 9
    assert [weight.trainable for weight in layer.weights] == [True, True, False, False, False]
    x = np.array([[1.0, 5.0], [3.0, 5.0]], np.float32)
    assert_close(layer(x), x / math.sqrt(1.001), 1e-6)  # before the first batch: 0 and 1
    layer(x, training=True)
    assert [w.tolist() for w in layer.get_weights()[2:]] == [[2.0, 5.0], [1.0, 0.0], [1.0]]
    layer(x + 2, training=True)
    # 0.99 and 1, normalized.
    assert_close(layer.get_weights()[2], x.mean(axis=0) + 2 / 1.99, 1e-6)
    assert layer.get_weights()[4] == [2.0]
    # Set with count 0 the averages are replaced, with a large count they are kept.
    given = [np.ones(2), np.zeros(2), np.full(2, 8.0), np.full(2, 9.0)]
    for count, expected in ((0, [2.0, 5.0]), (10**6, [7.94, 7.97])):
        layer.set_weights([*given, np.array([count])])
        layer(x, training=True)
        assert_close(layer.get_weights()[2], expected, 1e-6)
        assert layer.get_weights()[4] == [count + 1.0]
    with pytest.raises(InvalidArgument, match="has 5 weights, received 4 arrays"):
        layer.set_weights(given)


def test_a_file_keeps_the_count(tmp_path):
    model = trimtab.Sequential([layers.BatchNormalization(**OURS), layers.Dense(1)], seed=1)
    model.compile(optimizer="sgd", loss="mse")
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    weight = np.linspace(0, 1, 40)
    model.fit(x, x[:, 0], sample_weight=weight, batch_size=8, epochs=2, verbose=0)
    assert model.layers[0].count.numpy().tolist() == [10.0]
    model.save(tmp_path / "model.trimtab")
    loaded = trimtab.load_model(tmp_path / "model.trimtab")
    for each in (model, loaded):
        each.fit(
            x, x[:, 0], sample_weight=weight, batch_size=8, initial_epoch=2, epochs=3, verbose=0
        )
    for mine, its in zip(model.get_weights(), loaded.get_weights(), strict=True):
        assert_same_bits(mine, its)
    assert loaded.layers[0].count.numpy().tolist() == [15.0]


def test_fit_weighs_rows_in_the_statistics():
    """Sample weights and class weights multiply; a layer that is not asked ignores them."""
    x = np.array([[1.0], [3.0], [100.0], [7.0]], np.float32)
    y = np.array([0, 1, 1, 0])
    for weighted, expected in ((True, (2 * 1 + 3 + 2 * 7) / 5), (False, 111 / 4)):
        layer = layers.BatchNormalization(momentum=0.0, weighted=weighted)
        model = trimtab.Sequential([layer, layers.Dense(1, activation="sigmoid")], seed=1)
        model.compile(optimizer="sgd", loss="binary_crossentropy")
        model.fit(
            x, y, sample_weight=[1, 1, 0, 1], class_weight={0: 2.0, 1: 1.0}, batch_size=4, verbose=0
        )
        assert_close(layer.moving_mean.numpy(), [expected], 1e-6)


@pytest.mark.filterwarnings(ARRAY_COPY)
def test_masked_rows_as_in_keras():
    keras = import_keras()
    ours, theirs = layers.BatchNormalization(), keras.layers.BatchNormalization()
    x = np.random.default_rng(3).normal(3.0, 2.0, (9, 4)).astype(np.float32)
    for mask in ([True] * 4 + [False] * 5, [False] + [True] * 8):
        expected = np.asarray(theirs(x, training=True, mask=np.array(mask)))
        assert_close(ours(x, training=True, mask=mask), expected, 2e-6, scale=1 + np.abs(expected))
    for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close(mine, its, 2e-6)


def test_all_rows_masked_gives_beta():
    """Keras' averages move towards 0 then; ours stay."""
    layer = layers.BatchNormalization(beta_initializer="ones")
    x = np.array([[4.0], [6.0]], np.float32)
    assert layer(x, training=True, mask=[0, 0]).tolist() == [[1.0], [1.0]]
    assert [w.tolist() for w in layer.get_weights()] == [[1.0], [1.0], [0.0], [1.0]]


def test_a_model_hands_the_mask_on():
    x = np.array([[1.0], [3.0], [50.0]], np.float32)
    for engine in ("native", "jax"):
        if engine == "jax":
            pytest.importorskip("jax", reason="JAX is not installed")
        model = trimtab.Sequential([layers.BatchNormalization(momentum=0.0)], seed=1)
        model.compile(optimizer="sgd", loss="mse", engine=engine)
        y = model(x, training=True, mask=[1, 1, 0])
        assert_close(y, (x - 2) / math.sqrt(1.001), 1e-6)
        assert model.layers[0].moving_mean.numpy().tolist() == [2.0]


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        ([True], "mask must have one entry a row, shape (2,), received shape (1,)."),
        ([[1], [0]], "mask must have one entry a row, shape (2,), received shape (2, 1)."),
        (
            [1.0, 0.5],
            "mask must hold True and False, or 1 and 0, received 0.5. Weights go to "
            "fit(sample_weight=...) and BatchNormalization(weighted=True).",
        ),
    ],
)
def test_mask_refused(mask, text):
    x = np.ones((2, 3), np.float32)
    layer = layers.BatchNormalization()
    assert_refused(InvalidData, text, lambda: layer(x, training=True, mask=mask))
    model = trimtab.Sequential([layer])
    assert_refused(InvalidData, text, lambda: model(x, mask=mask))


@pytest.mark.parametrize("axis", [0, 2, [1], "last", True])
def test_axis_refused(axis):
    assert_refused(
        Unsupported,
        f"BatchNormalization: axis must be -1, the columns of a table, received {axis!r}.",
        lambda: layers.BatchNormalization(axis=axis),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("renorm", True),
        ("renorm_clipping", {"rmax": 3.0}),
        ("renorm_momentum", 0.9),
    ],
)
def test_not_there(name, value):
    assert_refused(
        Unsupported,
        f"BatchNormalization: {name} is not supported, received {name}={value!r}. Leave it out.",
        lambda: layers.BatchNormalization(**{name: value}),
    )


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"momentum": 1.5}, "momentum must be a float between 0 and 1, received 1.5."),
        ({"momentum": math.nan}, "momentum must be a float between 0 and 1, received nan."),
        ({"epsilon": 0}, "epsilon must be a number above 0, received 0."),
        ({"center": 1}, "center must be True or False, received 1."),
        ({"scale": None}, "scale must be True or False, received None."),
        ({"synchronized": 1}, "synchronized must be True or False, received 1."),
        ({"debias": 1}, "debias must be True or False, received 1."),
        ({"weighted": None}, "weighted must be True or False, received None."),
        *(
            (
                {"virtual_batch_size": size},
                f"virtual_batch_size must be an integer from 2 to 2147483647, received {size!r}. "
                "A row by itself has no variance; None normalizes the batch as a whole.",
            )
            for size in (0, 1, -3, 2.0, True, "16")
        ),
        ({"gamma_initializer": "on"}, "no initializer is called 'on'. Did you mean 'one'?"),
    ],
)
def test_refused(settings, text):
    assert_refused(InvalidArgument, text, lambda: layers.BatchNormalization(**settings))
