"""One contract for every layer: configuration, Keras' signature, weights, lowering."""

import inspect
import json

import numpy as np
import pytest

from tests.support.keras import import_keras, plain
from trimtab import Sequential
from trimtab.nn import layers, schedules
from trimtab.nn.layers.table import LAYERS
from trimtab.program import Builder

#: Type -> constructor's arguments to try; a new layer is one row.
CASES = {
    "Activation": [{"activation": "silu"}],
    "AlphaDropout": [{"rate": 0.5}, {"rate": 0.25, "noise_shape": (None, 1), "seed": 3}],
    "ActivityRegularization": [{"l1": 0.5}, {"l1": 0.25, "l2": 0.5}],
    "Add": [{}],
    "Average": [{}],
    "BatchNormalization": [
        {},
        {"momentum": 0.9, "epsilon": 1e-5, "center": False, "gamma_regularizer": "l2"},
        {"axis": 1, "scale": False, "beta_initializer": "random_normal"},
    ],
    "CategoryEncoding": [
        {"num_tokens": 4, "output_mode": mode} for mode in ("one_hot", "multi_hot", "count")
    ],
    "CategoryEmbedding": [
        {"sizes": [4, 7]},
        {"sizes": [5], "dims": [3], "embeddings_regularizer": "l2"},
    ],
    "ColumnSlice": [{"start": 1}, {"start": -1, "stop": None, "step": -2}],
    "Concatenate": [{}, {"axis": 1}],
    "Dense": [
        {"units": 4},
        {"units": 4, "activation": "gelu", "use_bias": False, "kernel_regularizer": "l2"},
        {"units": 4, "kernel_initializer": "he_normal", "bias_initializer": "ones"},
    ],
    "Discretization": [
        {"bin_boundaries": [-0.5, 0.5]},
        {"bin_boundaries": [0.25], "output_mode": "one_hot"},
        {"bin_boundaries": [0.0, 1.0], "output_mode": "count", "epsilon": 0.05},
    ],
    "DropConnect": [
        {"units": 4, "rate": 0.5},
        {"units": 4, "rate": 0.25, "activation": "relu", "use_bias": False, "seed": 3},
        {"units": 4, "rate": lambda: schedules.CosineDropout(0.1, 0.5, epochs=3)},
    ],
    "Dropout": [{"rate": 0.5}, {"rate": 0.25, "noise_shape": (None, 1), "seed": 3}],
    "ELU": [{}, {"alpha": 0.5}],
    "Embedding": [
        {"input_dim": 9, "output_dim": 2},
        {"input_dim": 5, "output_dim": 3, "embeddings_constraint": "max_norm"},
        {"input_dim": 5, "output_dim": 3, "embeddings_initializer": "random_normal"},
    ],
    "Flatten": [{}, {"data_format": "channels_first"}],
    "FeatureDropout": [
        {"rate": 0.5},
        {"rate": 0.25, "seed": 3},
        {"rate": lambda: schedules.LinearDropout(0.5, 0.0, steps=10)},
    ],
    "GaussianDropout": [{"rate": 0.5}, {"rate": 0.25, "seed": 3}],
    "GaussianNoise": [{"stddev": 0.5}, {"stddev": 0.25, "seed": 3}],
    "Identity": [{}],
    "Increasing": [{"group": 1}, {"group": 3}],
    "InputLayer": [{"shape": (3,)}],
    "LayerNormalization": [
        {},
        {"epsilon": 1e-5, "center": False, "gamma_regularizer": "l2"},
        {"scale": False, "beta_initializer": "random_normal"},
    ],
    "LeakyReLU": [{}, {"negative_slope": 0.1}],
    "Normalization": [
        {},
        {"axis": None, "invert": True},
        {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]},
        {"mean": 0.5, "variance": 2.0},
    ],
    "PReLU": [{}, {"alpha_initializer": "ones", "alpha_regularizer": "l2"}],
    "Maximum": [{}],
    "Minimum": [{}],
    "Multiply": [{}],
    "Nested": [{"model": lambda: Sequential([layers.Dense(4), layers.Dense(2)], name="inner")}],
    "PeriodicEmbedding": [
        {"frequencies": 3, "dim": 2},
        {"frequencies": 2, "dim": 1, "columns": [0, 2], "linear": False, "relu": True},
        {"frequencies": 2, "columns": 2, "phases": False, "kernel_regularizer": "l2"},
    ],
    "PiecewiseLinearEmbedding": [
        {"bins": 3, "dim": 2},
        {"bins": 4, "dim": 1, "columns": [0, 2], "linear": False, "embeddings_regularizer": "l2"},
        {"bins": 2, "dim": 3, "columns": 2, "embeddings_initializer": "random_normal"},
    ],
    "RMSNormalization": [{}, {"epsilon": 1e-3}],
    "ReLU": [{}, {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.5}],
    "Rescaling": [{"scale": 0.25}, {"scale": [1.0, 2.0, 3.0], "offset": -1.0}],
    "Reshape": [{"target_shape": (3,)}, {"target_shape": (-1,)}],
    "Residual": [{"layers": lambda: [layers.Dense(4), layers.Dropout(0.5)]}],
    "ScaledBy": [{"factor": -0.5}, {"factor": 2.0, "offset": 1.0}],
    "Softmax": [{}, {"axis": 1}],
    "Dot": [{"axes": 1}, {"axes": (-1, 1), "normalize": True}],
    "Subtract": [{}],
    "UnitNormalization": [{}],
}

#: Layers that are called on a list.
JOINING = {"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}

#: Defaults that are not Keras' on purpose.
OWN_DEFAULTS = {"BatchNormalization": {"synchronized": True}}

#: Layers that Keras has not.
OWN = {
    "CategoryEmbedding",
    "ColumnSlice",
    "DropConnect",
    "FeatureDropout",
    "Increasing",
    "Nested",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "Residual",
    "ScaledBy",
}

ALL = [(name, case) for name, cases in CASES.items() for case in cases]
IN_KERAS = [(name, case) for name, case in ALL if name not in OWN]


def make(kind, case, **more):
    return LAYERS[kind](**{k: v() if callable(v) else v for k, v in case.items()}, **more)


def test_every_layer_has_a_case():
    assert set(CASES) == set(LAYERS)
    for name, cls in LAYERS.items():
        assert cls.__name__ == name and name in layers.__all__


@pytest.mark.parametrize(("name", "case"), ALL)
def test_configuration_round_trip(name, case):
    layer = make(name, case, name="mine")
    record = json.loads(json.dumps(layers.serialize(layer)))
    again = layers.deserialize(record)
    assert type(again) is type(layer) and again.name == "mine"
    assert json.loads(json.dumps(layers.serialize(again))) == record


@pytest.mark.parametrize(("name", "case"), [c for c in ALL if c[0] != "InputLayer"])
def test_trainable_is_configuration(name, case):
    layer = make(name, case, trainable=False)
    assert not layers.deserialize(layers.serialize(layer)).trainable


@pytest.mark.parametrize(("name", "case"), IN_KERAS)
def test_configuration_is_that_of_keras(name, case):
    keras = import_keras()
    ours = layers.serialize(make(name, case, name="mine"))
    theirs = plain(keras.layers.serialize(getattr(keras.layers, name)(name="mine", **case)))
    theirs["config"] |= OWN_DEFAULTS.get(name, {})
    for key, value in ours["config"].items():
        expected = theirs["config"][key]
        if (name, key) == ("Normalization", "axis"):  # Keras writes a tuple of the axes
            expected = expected[0] if expected else None
        if isinstance(value, dict):  # an initializer: Keras knows more of its arguments
            assert value["class_name"] == expected["class_name"]
            assert value["config"].items() <= expected["config"].items()
        else:
            assert value == expected, key
    assert layers.serialize(layers.deserialize(theirs)) == ours
    assert getattr(keras.layers, name).from_config(ours["config"]).name == "mine"


#: Arguments beyond Keras', behind all of its own.
OWN_ARGUMENTS = {"BatchNormalization": ["debias", "virtual_batch_size", "weighted"]}


@pytest.mark.parametrize("name", [name for name in CASES if name not in OWN])
def test_signature_is_that_of_keras(name):
    """Order, names and defaults; ``axis`` aside, every one of Keras' arguments is taken."""
    keras = import_keras()

    def described(cls, **own):
        parameters = inspect.signature(cls).parameters.values()
        return [(p.name, own.get(p.name, p.default), p.kind) for p in parameters]

    expected = described(getattr(keras.layers, name), **OWN_DEFAULTS.get(name, {}))
    if name == "Discretization":  # the only one of Keras' that takes no others
        expected.append(("kwargs", inspect.Parameter.empty, inspect.Parameter.VAR_KEYWORD))
    ours, own = described(LAYERS[name]), OWN_ARGUMENTS.get(name, [])
    behind = len(expected) - 1  # the last takes any others
    assert [argument[0] for argument in ours[behind : behind + len(own)]] == own
    assert ours[:behind] + ours[behind + len(own) :] == expected


@pytest.mark.parametrize(("name", "case"), IN_KERAS)
def test_weights_are_those_of_keras(name, case):
    keras = import_keras()
    ours, theirs = make(name, case), getattr(keras.layers, name)(**case)
    shape = [(None, 3), (None, 3)] if name in JOINING else (None, 3)
    ours.build(shape)
    theirs.build(shape)
    for attribute in ("weights", "trainable_weights", "non_trainable_weights"):
        their_weights = [w for w in getattr(theirs, attribute) if "seed" not in w.path]
        assert [(w.name, w.shape) for w in getattr(ours, attribute)] == [
            (w.name, tuple(w.shape)) for w in their_weights
        ]


@pytest.mark.parametrize(("name", "case"), ALL)
def test_lowering_states_the_output_width(name, case):
    layer = make(name, case)
    shapes = [(None, 2)] * (2 if name in ("Dot", "Subtract") else 3)
    layer.build(shapes if name in JOINING else 3)
    builder = Builder(layer.input_width)
    program = builder.finish(layer.lower(builder, 0))
    assert program.output_width == layer.output_width
    assert {slot.name for slot in program.parameters + program.state} == {
        weight.path for weight in layer.weights
    }


@pytest.mark.parametrize(("name", "case"), ALL)
def test_called_on_an_array(name, case):
    layer = make(name, case)
    x = np.random.default_rng(0).normal(size=(5, 3))
    for training in (False, True):
        y = layer([x, 2 * x] if name in JOINING else x, training=training)
        assert y.shape == (5, layer.output_width) and y.dtype == np.float32


@pytest.mark.parametrize("cls", LAYERS.values())
def test_documented(cls):
    for heading in ("Shape:", "Raises:", ">>> "):
        assert heading in cls.__doc__
