"""Layers as a graph: what comes before what, blocks included."""

import numpy as np
import pytest

from trimtab import Sequential
from trimtab.insight.coach.chain import Chain
from trimtab.nn import layers


def chain(*stack):
    return Chain(Sequential([layers.Input((3,)), *stack]))


def kinds(nodes):
    return [node.kind for node in nodes]


def test_parts_of_a_network_in_order():
    found = chain(
        layers.BatchNormalization(),
        layers.Dense(4, activation="relu"),
        layers.Dropout(0.5),
        layers.FeatureDropout(0.5),
        layers.DropConnect(2, 0.5),
        layers.Activation("linear"),
        layers.ReLU(),
    )
    assert kinds(found.nodes) == [
        *("input", "batch_normalization", "dense", "activation"),
        *("dropout", "dropout", "dense", "activation"),
    ]
    assert [node.inputs for node in found.nodes] == [(), *((i,) for i in range(7))]
    assert found.output == 7 and [node.width for node in found.nodes[1:]] == [3, 4, 4, 4, 4, 2, 2]


def test_noise_rows_and_fixed_numbers_have_kinds_of_their_own():
    found = chain(
        layers.Normalization(),
        layers.Identity(),
        layers.Discretization([0.0]),
        layers.CategoryEncoding(2, output_mode="one_hot"),
        layers.Dense(4),
        layers.LayerNormalization(),
        layers.LeakyReLU(),
        layers.PReLU(),
        layers.AlphaDropout(0.1),
        layers.GaussianNoise(0.1),
        layers.Softmax(),
        layers.GaussianDropout(0.1),
    )
    assert kinds(found.nodes) == [
        *("input", "rescaling", "encoding", "encoding", "dense", "row_normalization"),
        *("activation", "activation", "noise", "noise", "activation", "noise"),
    ]
    functions = [node.function for node in found.of_kind("activation")]
    assert functions == ["leaky_relu", "prelu", "softmax"]
    assert found.last.function == "softmax", "noise does nothing to what comes out"


@pytest.mark.parametrize(
    ("layer", "low", "high"),
    [
        (layers.LeakyReLU(), -np.inf, np.inf),
        (layers.Activation("relu6"), 0.0, 6.0),
        (layers.ELU(0.5), -0.5, np.inf),
        (layers.Activation("hard_tanh"), -1.0, 1.0),
        (layers.Activation("log_softmax"), -np.inf, 0.0),
        (layers.Activation("soft_shrink"), -np.inf, np.inf),
        (layers.PReLU(), -np.inf, np.inf),
    ],
    ids=lambda each: getattr(each, "name", each),
)
def test_ranges(layer, low, high):
    (node,) = chain(layer).of_kind("activation")
    assert node.range == (low, high)


def test_embeddings_are_parts_and_flatten_is_none():
    found = chain(layers.CategoryEmbedding([4]), layers.Flatten(), layers.Dense(1))
    assert kinds(found.nodes) == ["input", "embedding", "dense"]
    assert found.before(found.nodes[2]) is found.nodes[1]


def test_a_block_is_read_from_both_sides():
    found = chain(
        layers.Dropout(0.5, name="drop"),
        layers.Residual(layers.Dense(3, name="inner"), layers.BatchNormalization()),
        layers.Dense(1, name="out"),
    )
    assert kinds(found.nodes) == [
        "input",
        "dropout",
        "dense",
        "batch_normalization",
        "add",
        "dense",
    ]
    add, out = found.nodes[4], found.nodes[5]
    assert add.inputs == (1, 3) and found.before(add) is None and found.before(out) is add
    assert found.nodes[2].path.endswith("/inner")
    assert kinds(found.upstream(out)) == ["add", "dropout", "batch_normalization", "input", "dense"]
    within = kinds(found.upstream(out, within="batch_normalization"))
    assert within == ["add", "dropout", "batch_normalization", "input"]
    assert [node.number for node in found.consumers(found.nodes[1])] == [2, 4]


def test_a_layer_of_ones_own_is_one_part():
    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dropout(0.5)

        def call(self, x):
            return self.inner(x)

    model = Sequential([Own(), layers.Dense(1)])  # not built: nothing is traced
    assert kinds(Chain(model).nodes) == ["input", "own", "dense"]


def test_the_last_part_is_seen_through_dropout():
    found = chain(layers.Dense(1, activation="tanh"), layers.Dropout(0.5))
    assert found.nodes[found.output].kind == "dropout" and found.last.function == "tanh"


@pytest.mark.parametrize(
    "function", ["relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "softplus"]
)
def test_ranges_are_those_of_the_functions(function):
    layer = layers.Activation(function)
    y = layer(np.linspace(-40, 40, 200_001).reshape(-1, 1)).astype(np.float64)
    low, high = chain(layers.Activation(function)).last.range
    assert np.abs(y.min() - low) <= 1e-5
    assert (y.max() >= 39) if high == np.inf else (np.abs(y.max() - high) <= 1e-5)


def test_range_of_a_relu_with_arguments():
    assert chain(layers.ReLU(max_value=6.0)).last.range == (0.0, 6.0)
    assert chain(layers.ReLU(negative_slope=0.1)).last.range == (-np.inf, np.inf)
    assert chain(layers.ReLU()).last.is_plain_relu
    assert not chain(layers.ReLU(threshold=0.5)).last.is_plain_relu
    assert chain(layers.Dense(1, activation="relu")).last.is_plain_relu
