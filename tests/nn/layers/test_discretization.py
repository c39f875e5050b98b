"""Bins and codes as columns: values against Keras, adapting, files, refusals."""

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab import Sequential
from trimtab.errors import InvalidArgument, NotBuilt, Unsupported
from trimtab.nn import layers

X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
CODES = np.random.default_rng(1).integers(0, 4, (30, 3)).astype(np.float32)


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("columns", [1, 3])
def test_bins_are_those_of_keras(mode, columns):
    keras = import_keras()
    options = {"bin_boundaries": [-0.5, 0.0, 0.75], "output_mode": mode}
    x = X[:, :columns]
    expected = np.asarray(keras.layers.Discretization(**options)(x), np.float32)
    layer = layers.Discretization(**options)
    actual = layer(x)
    assert_same_bits(actual, expected.reshape(len(x), -1))
    assert actual.shape[1] == layer.output_width


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("columns", [1, 3])
def test_codes_are_those_of_keras(mode, columns):
    keras = import_keras()
    options = {"num_tokens": 4, "output_mode": mode}
    codes = CODES[:, :columns]
    theirs = keras.layers.CategoryEncoding(**options)(codes.astype(np.int32))
    actual = layers.CategoryEncoding(**options)(codes)
    assert_same_bits(actual, np.asarray(theirs, np.float32).reshape(len(codes), -1))


@pytest.mark.parametrize("bins", [2, 5, 16])
@pytest.mark.parametrize("epsilon", [0.01, 0.1])
@pytest.mark.parametrize("rows", [30, 1000])
def test_boundaries_are_those_of_keras(bins, epsilon, rows):
    keras = import_keras()
    data = np.random.default_rng(rows).normal(size=(rows, 2)).astype(np.float32)
    ours = layers.Discretization(num_bins=bins, epsilon=epsilon)
    theirs = keras.layers.Discretization(num_bins=bins, epsilon=epsilon)
    ours.adapt(data)
    theirs.update_state(data)  # adapt does the same, once it has asked TensorFlow what data is
    theirs.finalize_state()
    expected = np.unique(theirs.bin_boundaries)
    assert_close(ours.bin_boundaries, expected, 1e-6, scale=np.abs(data).max())


def test_nan_and_unknown_codes_are_noticed():
    bins = layers.Discretization([0.0])([[np.nan, 1.0]])
    assert np.isnan(bins[0, 0]) and bins[0, 1] == 1
    codes = layers.CategoryEncoding(2, output_mode="one_hot")([[0, 5], [-1, 1]])
    assert np.isnan(codes).tolist() == [[False, False, True, True], [True, True, False, False]]
    assert np.isnan(layers.CategoryEncoding(2)([[0, 5]])).all()


def test_in_a_network(tmp_path):
    layer = layers.Discretization(num_bins=4, output_mode="one_hot")
    layer.adapt(X)
    model = Sequential([layers.Input((3,)), layer, layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :1], epochs=2, verbose=0)
    model.save(tmp_path / "model.trimtab")
    again = trimtab.load_model(tmp_path / "model.trimtab")
    assert again.layers[0].bin_boundaries == layer.bin_boundaries
    assert_same_bits(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_no_gradient_passes():
    stack = [
        layers.Dense(2, name="before"),
        layers.Discretization([0.0], output_mode="one_hot"),
        layers.Dense(1, name="behind"),
    ]
    model = Sequential([layers.Input((3,)), *stack])
    model.compile("sgd", "mse")
    kernel = model.get_layer("before").get_weights()[0]
    model.fit(X, X[:, :1], epochs=1, verbose=0)
    assert_same_bits(model.get_layer("before").get_weights()[0], kernel)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: layers.Discretization(),
            InvalidArgument,
            "Discretization takes bin_boundaries or num_bins, received bin_boundaries=None, "
            "num_bins=None. Pass one of them.",
        ),
        (
            lambda: layers.Discretization([1.0, 1.0]),
            InvalidArgument,
            "bin_boundaries must be rising finite numbers, one or more, received [1.0, 1.0]. Use "
            "bin_boundaries=[0.0, 1.0, 2.0].",
        ),
        (
            lambda: layers.Discretization([1.0], output_mode="tf_idf"),
            InvalidArgument,
            "output_mode must be one of 'int', 'one_hot', 'multi_hot', 'count', received 'tf_idf'.",
        ),
        (
            lambda: layers.Discretization([1.0], output_mode="one_hot", sparse=True),
            Unsupported,
            "Discretization: sparse is not supported, received sparse=True. Leave it out.",
        ),
        (
            lambda: layers.Discretization([1.0], name="d").adapt(X),
            InvalidArgument,
            "d was given its boundaries. Use num_bins to adapt it.",
        ),
        (
            lambda: layers.Discretization(num_bins=3, name="d").adapt(np.full((4, 1), np.nan)),
            InvalidArgument,
            "d.adapt needs 3 values or more for 3 bins, received 0.",
        ),
        (
            lambda: layers.Discretization(num_bins=3, name="d").build(2),
            NotBuilt,
            "d has no boundaries yet. Call adapt(rows) first, or pass bin_boundaries.",
        ),
        (
            lambda: layers.CategoryEncoding(),
            InvalidArgument,
            "num_tokens must be a positive integer, received None. Codes are 0 to num_tokens - 1.",
        ),
    ],
)
def test_refused(make, error, text):
    assert_refused(error, text, make)
