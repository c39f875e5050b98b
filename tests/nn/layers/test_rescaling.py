"""Rescaling and Normalization: values against Keras, adapting, files, refusals."""

import numpy as np
import pytest

import trimtab
from tests.support.close import EPSILON, assert_close, assert_same_bits
from tests.support.keras import ARRAY_COPY, import_keras
from tests.support.refusals import assert_refused
from trimtab import Sequential
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import layers

X = np.random.default_rng(0).normal([3.0, 1000.0, -2.0], [1.0, 20.0, 0.1], (8, 3))
X = X.astype(np.float32)

CASES = [
    ("Rescaling", {"scale": 0.25}),
    ("Rescaling", {"scale": [1.0, -2.0, 0.5], "offset": -1.0}),
    ("Rescaling", {"scale": 2, "offset": [1.0, 2.0, 3.0]}),
    ("Normalization", {}),
    ("Normalization", {"axis": None}),
    ("Normalization", {"mean": 3.0, "variance": 2.0}),
    ("Normalization", {"mean": 3.0, "variance": 2.0, "invert": True}),
    ("Normalization", {"mean": [3.0, 1000.0, -2.0], "variance": [1.0, 400.0, 0.0]}),
    ("Normalization", {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 0.0], "invert": True}),
]


@pytest.mark.parametrize(("kind", "options"), CASES, ids=str)
def test_values_are_those_of_keras(kind, options):
    keras = import_keras()
    ours, theirs = getattr(layers, kind)(**options), getattr(keras.layers, kind)(**options)
    expected = np.asarray(theirs(X))
    assert_close(ours(X), expected, 8 * EPSILON, scale=np.abs(expected).max(axis=0) + 1000)


@pytest.mark.filterwarnings(ARRAY_COPY)
@pytest.mark.parametrize("options", [{}, {"axis": None}, {"invert": True}, {"axis": 1}], ids=str)
def test_adapted_as_in_keras(options):
    keras = import_keras()
    ours, theirs = layers.Normalization(**options), keras.layers.Normalization(**options)
    ours.adapt(X)
    theirs.adapt(X.astype(np.float64))
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close(mine, other, 1e-6)
    expected = np.asarray(theirs(X))
    assert_close(ours(X), expected, 1e-5, scale=np.abs(expected).max(axis=0))
    assert [weight.trainable for weight in ours.weights] == [False] * 3


def test_missing_cells_are_left_out_and_a_constant_column_gives_zeros():
    layer = layers.Normalization()
    layer.adapt([[1.0, 5.0], [np.nan, 5.0], [3.0, 5.0]])
    assert layer([[3.0, 5.0], [np.nan, 5.0]]).tolist()[0] == [1.0, 0.0]
    assert np.isnan(layer([[np.nan, 5.0]])[0, 0])


def test_as_it_was_before_it_is_adapted():
    assert_same_bits(layers.Normalization()(X), X)
    layer = layers.Normalization()
    assert not layer.by_column
    layer.adapt(X)
    assert layer.by_column and not layers.Rescaling(2.0).by_column


def test_in_a_network(tmp_path):
    layer = layers.Normalization()
    layer.adapt(X)
    model = Sequential([layer, layers.Dense(4, activation="tanh"), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], epochs=2, verbose=0)
    assert_close(layer.get_weights()[0], X.mean(axis=0), 1e-6)
    model.save(tmp_path / "model.trimtab")
    again = trimtab.load_model(tmp_path / "model.trimtab")
    assert_same_bits(again.predict(X, verbose=0), model.predict(X, verbose=0))
    adapted = again.layers[0]
    adapted.adapt(2 * X)  # of a model that stands: the next prediction takes it
    assert (again.predict(X, verbose=0) != model.predict(X, verbose=0)).any()


@pytest.mark.filterwarnings(ARRAY_COPY)
def test_weights_of_keras_are_taken_over():
    keras = import_keras()
    theirs = keras.layers.Normalization()
    theirs.adapt(X)
    ours = layers.Normalization()
    ours.build(3)
    ours.set_weights([np.asarray(weight) for weight in theirs.get_weights()])
    assert_close(ours(X), np.asarray(theirs(X)), 1e-5)


def test_the_configuration_that_keras_writes_of_an_array():
    keras = import_keras()
    config = keras.layers.Rescaling(np.array([1.0, 2.0, 3.0])).get_config()
    config.pop("dtype")
    assert layers.Rescaling.from_config(config).scale == [1.0, 2.0, 3.0]


def test_members_share_the_numbers():
    stack = [layers.Dense(3), layers.Rescaling([1.0, 2.0, 3.0]), layers.Dense(1)]
    model = Sequential([layers.Input((3,)), *stack], members=2)
    assert np.isfinite(model.predict(X, verbose=0)).all()


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: layers.Normalization(mean=1.0),
            InvalidArgument,
            "Normalization takes mean and variance together, received mean=1.0, variance=None. "
            "Pass both, or neither and call adapt(rows).",
        ),
        (
            lambda: layers.Normalization(mean=1.0, variance=-1.0),
            InvalidArgument,
            "variance must be 0 or more, received -1.0.",
        ),
        (
            lambda: layers.Normalization(axis=0),
            Unsupported,
            "Normalization: axis must be -1, the columns of a table, or None, for all of them "
            "together, received 0.",
        ),
        (
            lambda: layers.Normalization(mean=1.0, variance=1.0, name="n").adapt(X),
            InvalidArgument,
            "n was given its mean and variance. Leave them out to adapt it.",
        ),
        (
            lambda: layers.Normalization(name="n").adapt(np.zeros((0, 3))),
            InvalidArgument,
            "n.adapt needs rows of numbers, received shape (0, 3).",
        ),
        (
            lambda: layers.Normalization(name="n").adapt([[1.0, np.nan]]),
            InvalidArgument,
            "n.adapt needs a number in each column, received none in column 1.",
        ),
        (
            lambda: layers.Rescaling([1.0, 2.0], name="r").build(3),
            InvalidArgument,
            "r: scale holds 2 numbers, the input has 3 columns. Give it one for each column, or a "
            "single number.",
        ),
        (
            lambda: layers.Rescaling("much"),
            InvalidArgument,
            "scale must be a finite number or a list of one for each column, received 'much'.",
        ),
        (
            lambda: layers.Rescaling(1.0, offset=np.inf),
            InvalidArgument,
            "offset must be a finite number or a list of one for each column, received inf.",
        ),
    ],
)
def test_refused(make, error, text):
    assert_refused(error, text, make)


def test_another_width_is_refused():
    layer = layers.Normalization(name="n")
    layer.adapt(X)
    assert_refused(
        InvalidArgument, "n was built for 3 columns, received 2.", lambda: layer.adapt(X[:, :2])
    )
