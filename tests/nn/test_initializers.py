"""Statistics against Keras, streams, configurations, refusals."""

import json

import numpy as np
import pytest

from tests.support.keras import import_keras, plain
from tests.support.refusals import assert_refused
from trimtab import Sequential, config, layers, load_model
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import initializers

CLASSES = initializers.REGISTRY.classes
RANDOM = sorted(set(CLASSES) - {"Zeros", "Ones", "Constant", "Identity"})
SHAPE = (300, 200)

#: Beside each class' defaults.
SETTINGS = [
    ("Constant", {"value": 0.5}),
    ("Constant", {"value": np.arange(200.0).tolist()}),
    ("Identity", {"gain": 1.5}),
    ("Orthogonal", {"gain": 1.5, "seed": 4}),
    ("RandomUniform", {"minval": -2.0, "maxval": 1.0, "seed": 3}),
    ("RandomNormal", {"mean": 1.0, "stddev": 2.0}),
    ("TruncatedNormal", {"mean": 1.0, "stddev": 2.0}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_out", "distribution": "uniform"}),
    ("VarianceScaling", {"mode": "fan_avg", "distribution": "untruncated_normal"}),
    ("VarianceScaling", {"input_axes": [1], "output_axes": [0]}),
    ("VarianceScaling", {"input_axes": [0, 1], "output_axes": [-1], "mode": "fan_avg"}),
    ("HeNormal", {"seed": 7}),
    *((name, {}) for name in CLASSES),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_config(name, settings):
    keras = import_keras()
    ours = CLASSES[name](**settings)
    record = initializers.serialize(ours)
    assert initializers.deserialize(record) == ours
    theirs = plain(keras.initializers.serialize(getattr(keras.initializers, name)(**settings)))
    if name == "Identity":  # Keras forgets its gain
        assert theirs == {"class_name": name, "config": {}}
        assert record["config"] == {"gain": settings.get("gain", 1.0)}
        return
    for key, value in record["config"].items():
        assert theirs["config"][key] == value
    assert initializers.deserialize(theirs) == ours
    assert plain(keras.initializers.serialize(keras.initializers.get(record))) == theirs


def test_named_ones_keep_their_axes():
    """In Keras, their configuration forgets them."""
    keras = import_keras()
    settings = {"input_axes": [1], "output_axes": [0], "seed": 3}
    ours = initializers.HeUniform(**settings)
    assert initializers.deserialize(initializers.serialize(ours)) == ours
    assert ours.get_config() == settings
    theirs = np.asarray(keras.initializers.HeUniform(**settings)((300, 20)))
    limit = np.sqrt(6 / 20)
    for values in (theirs, ours((300, 20))):
        assert 0.99 * limit <= np.abs(values).max() <= limit


@pytest.mark.parametrize("name", sorted({*initializers.REGISTRY.names} - {"Constant", "constant"}))
def test_keras_knows_the_name(name):
    keras = import_keras()
    theirs = keras.initializers.get(name)
    assert type(theirs).__name__ == type(initializers.get(name)).__name__


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_statistics(name, settings):
    """Mean, standard deviation and bounds against Keras, on 60,000 numbers.

    The standard error of a mean is sigma / 245, of a standard deviation at most sigma / 346;
    two samples differ by 6 standard errors in one of 10^8 cases.
    """
    keras = import_keras()
    theirs = np.asarray(getattr(keras.initializers, name)(**{**settings, **_seed(name, 11)})(SHAPE))
    ours = CLASSES[name](**settings)(SHAPE, seed=5, index=0)
    assert ours.shape == SHAPE and ours.dtype == np.float32
    sigma = theirs.std()
    assert abs(ours.mean() - theirs.mean()) <= 6 * 1.5 * sigma / 245
    assert abs(ours.std() - sigma) <= 6 * 1.5 * sigma / 346
    if "Uniform" in name or "Truncated" in name or name in ("GlorotNormal", "HeNormal"):
        reach = np.abs(theirs - theirs.mean()).max()
        assert np.abs(ours - ours.mean()).max() <= 1.02 * reach


def _seed(name, seed):
    return {"seed": seed} if name in RANDOM else {}


@pytest.mark.parametrize(
    ("name", "variance"),
    [("HeNormal", 2.0), ("GlorotNormal", 4 / 3), ("LecunNormal", 1.0), ("GlorotUniform", 4 / 3)],
)
def test_variance(name, variance):
    """Truncation is made up for: 500,000 numbers know a standard deviation to 0.1 %."""
    drawn = CLASSES[name]()((1000, 500), seed=1).astype(np.float64)
    assert abs(drawn.std() / np.sqrt(variance / 1000) - 1) <= 0.005


@pytest.mark.parametrize("name", RANDOM)
def test_a_draw_depends_on_seed_and_index_alone(name):
    initializer = CLASSES[name]()
    first = initializer((5, 4), seed=1, index=2)
    assert np.array_equal(first, initializer((5, 4), seed=1, index=2))
    assert not np.array_equal(first, initializer((5, 4), seed=1, index=3))
    assert not np.array_equal(first, initializer((5, 4), seed=2, index=2))


@pytest.mark.parametrize("name", RANDOM)
def test_own_seed(name):
    initializer = CLASSES[name](seed=9)
    first = initializer((5, 4), seed=1, index=2)
    assert np.array_equal(first, initializer((5, 4), seed=3, index=4))


def test_without_a_seed_the_next_one_is_drawn():
    config.set_random_seed(1)
    first, second = (initializers.GlorotUniform()((3, 2)) for _ in range(2))
    config.set_random_seed(1)
    assert np.array_equal(first, initializers.GlorotUniform()((3, 2)))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("shape", [(7, 7), (9, 4), (4, 9), (2, 3, 5), (1, 1)])
def test_orthogonal(shape):
    """At right angles, of length ``gain``."""
    drawn = initializers.Orthogonal(gain=1.5)(shape, seed=3)
    assert drawn.shape == shape and drawn.dtype == np.float32
    flat = drawn.reshape(-1, shape[-1]).astype(np.float64)
    products = flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T
    assert np.abs(products - 1.5**2 * np.eye(len(products))).max() <= 1e-5


def test_orthogonal_matrices_are_uniform():
    """The first entry has mean 0 and variance 1/3 in three dimensions, turns and mirrors alike.

    Of 2,000: standard errors 0.013 and 0.0067; mirrors are half, give or take 0.011.
    """
    drawn = np.array([initializers.Orthogonal()((3, 3), seed=1, index=i) for i in range(2000)])
    first = drawn[:, 0, 0]
    assert abs(first.mean()) <= 0.06 and abs(first.var() - 1 / 3) <= 0.03
    assert abs((np.linalg.det(drawn) > 0).mean() - 0.5) <= 0.05


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_identity_is_that_of_keras(shape):
    keras = import_keras()
    ours = initializers.Identity(0.3)(shape)
    assert ours.dtype == np.float32
    assert np.array_equal(ours, np.asarray(keras.initializers.Identity(0.3)(shape)))


@pytest.mark.parametrize(
    "value", [0.1, np.float32(0.1), np.array(0.1), np.ones((2, 1)) / 3, [1, 2]]
)
def test_constants_are_those_of_keras(value):
    keras = import_keras()
    ours = initializers.Constant(value)
    given = np.asarray(value, np.float32)
    assert np.array_equal(
        ours((2, 2)), np.asarray(keras.initializers.Constant(given)((2, 2), dtype="float32"))
    )
    again = initializers.deserialize(json.loads(json.dumps(initializers.serialize(ours))))
    assert again == ours and hash(again) == hash(ours)
    assert np.array_equal(again((2, 2)), ours((2, 2)))
    written = keras.initializers.serialize(keras.initializers.Constant(given))
    assert np.array_equal(initializers.deserialize(written)((2, 2)), ours((2, 2)))
    assert initializers.Constant([1, 2]) != initializers.Constant([1, 3])


@pytest.mark.parametrize(
    "initializer",
    [
        initializers.Orthogonal(0.5),
        initializers.Identity(),
        initializers.Constant([[1, 2], [3, 4], [5, 6]]),
    ],
)
def test_a_layer_begins_with_it(initializer, tmp_path):
    model = Sequential(
        [layers.Input((3,)), layers.Dense(2, kernel_initializer=initializer, name="dense")], seed=4
    )
    kernel = model.get_weights()[0]
    assert np.array_equal(kernel, initializer((3, 2), seed=4, index=0))
    model.save(tmp_path / "model.trimtab")
    layer = load_model(tmp_path / "model.trimtab").get_layer("dense")
    assert layer.kernel_initializer == initializer
    assert np.array_equal(layer.get_weights()[0], kernel)


def test_vectors_and_scalars():
    assert initializers.HeUniform()((3,), seed=1).shape == (3,)
    assert initializers.HeUniform()((), seed=1).shape == ()
    assert initializers.Zeros()(3).shape == (3,)


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: initializers.get("glorot_unifrm"),
            InvalidArgument,
            "no initializer is called 'glorot_unifrm'. Did you mean 'glorot_uniform'?",
        ),
        (
            lambda: initializers.get(len),
            Unsupported,
            "initializer: custom functions are not supported, received "
            "<built-in function len>. Set the values with layer.set_weights([...]).",
        ),
        (
            lambda: initializers.HeNormal(seed="a"),
            InvalidArgument,
            "seed must be None or an integer from 0 to 2**64 - 1, received 'a'.",
        ),
        (
            lambda: initializers.HeNormal(input_axes=[0]),
            InvalidArgument,
            "input_axes and output_axes go together, received input_axes=[0] and output_axes=None. "
            "Use input_axes=[0] and output_axes=[1], or leave both out.",
        ),
        (
            lambda: initializers.HeNormal(input_axes="a", output_axes=[1]),
            InvalidArgument,
            "input_axes must be a list of axes, received 'a'. Use input_axes=[0].",
        ),
        (
            lambda: initializers.HeNormal(input_axes=[0], output_axes=[2])((3, 2)),
            InvalidArgument,
            "output_axes must name axes of the weight, which has the shape (3, 2), received 2. Use "
            "output_axes=[0].",
        ),
        (
            lambda: initializers.Constant("a"),
            InvalidArgument,
            "value must be a finite number, received 'a'.",
        ),
        (
            lambda: initializers.Constant([1.0, float("nan")]),
            InvalidArgument,
            "value must be a number or an array of finite numbers, received [1.0, nan].",
        ),
        (
            lambda: initializers.Constant([[1.0], [2.0, 3.0]]),
            InvalidArgument,
            "value must be a number or an array of finite numbers, received [[1.0], [2.0, 3.0]].",
        ),
        (
            lambda: initializers.Constant([1, 2, 3])((3, 2)),
            InvalidArgument,
            "value must have the shape of the weight, (3, 2), or one that NumPy stretches to it, "
            "received the shape (3,). A kernel has a row for each input and a column for each "
            "unit.",
        ),
        (
            lambda: initializers.Identity("a"),
            InvalidArgument,
            "gain must be a finite number, received 'a'.",
        ),
        (
            lambda: initializers.Identity()((2, 2, 2)),
            InvalidArgument,
            "identity must draw a matrix, received the shape (2, 2, 2). Use 'orthogonal' there.",
        ),
        (
            lambda: Sequential(
                [layers.Input((3,)), layers.Dense(2, bias_initializer="orthogonal")]
            ).get_weights(),
            InvalidArgument,
            "orthogonal must draw a matrix, received the shape (2,). Use it as "
            "kernel_initializer, and 'zeros' for a bias.",
        ),
        (
            lambda: initializers.RandomUniform(1.0, -1.0),
            InvalidArgument,
            "minval must not be above maxval, received minval=1.0, maxval=-1.0.",
        ),
        (
            lambda: initializers.RandomNormal(stddev=-1),
            InvalidArgument,
            "stddev must be a number of 0 or more, received -1.",
        ),
        (
            lambda: initializers.VarianceScaling(scale=0),
            InvalidArgument,
            "scale must be a number above 0, received 0.",
        ),
        (
            lambda: initializers.VarianceScaling(mode="fan"),
            InvalidArgument,
            "mode must be one of 'fan_in', 'fan_out', 'fan_avg', received 'fan'. "
            "Did you mean 'fan_in'?",
        ),
        (
            lambda: initializers.VarianceScaling(distribution="gamma"),
            InvalidArgument,
            "distribution must be one of 'uniform', 'truncated_normal', 'untruncated_normal', "
            "received 'gamma'.",
        ),
        (
            lambda: initializers.Zeros()((2,), dtype="float64"),
            InvalidArgument,
            "dtype must be 'float32', received 'float64'.",
        ),
        (
            lambda: initializers.Initializer()((2,)),
            NotImplementedError,
            "Initializer does not draw",
        ),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, action)


def test_repr():
    assert repr(initializers.HeNormal(seed=3)) == "HeNormal(seed=3)"
    assert len({initializers.Zeros(), initializers.Zeros(), initializers.Ones()}) == 2
