"""What all layers share: names, arguments, weights, trainable."""

import copy
import gc

import numpy as np
import pytest

import trimtab
from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, NotBuilt, Unsupported
from trimtab.nn import layers
from trimtab.nn.names import reset_names


def test_automatic_names_are_those_of_keras():
    keras = import_keras()
    keras.backend.clear_session(free_memory=False)
    reset_names()
    for cls in ("Dense", "Dense", "ReLU", "BatchNormalization", "Dense", "ReLU"):
        arguments = (3,) if cls == "Dense" else ()
        theirs = getattr(keras.layers, cls)(*arguments)
        assert getattr(layers, cls)(*arguments).name == theirs.name


@pytest.mark.parametrize(
    "settings",
    [
        {"input_shape": (3,)},
        {"input_shape": [3]},
        {"input_shape": 3},
        {"input_shape": (None, 3)},
        {"input_shape": np.array([3])},
        {"input_dim": 3},
    ],
)
def test_input_shape(settings):
    assert layers.Dense(2, **settings).input_shape_argument == 3


@pytest.mark.parametrize("shape", [(), (3, 4), (28, 28, 1), (0,), (-1,), (2.5,), ("a",), 2.5, True])
def test_input_shape_refused(shape):
    assert_refused(
        InvalidArgument,
        f"input_shape must hold one positive integer, the number of columns, received {shape!r}. "
        "trimtab trains on tables: use input_shape=[n] for n columns.",
        lambda: layers.Dense(2, input_shape=shape),
    )


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: layers.Dense(3, actvation="relu"),
            InvalidArgument,
            "Dense has no argument 'actvation'. Did you mean 'activation'?",
        ),
        (
            lambda: layers.Dropout(0.5, nam="a"),
            InvalidArgument,
            "Dropout has no argument 'nam'. Did you mean 'name'?",
        ),
        (
            lambda: layers.Dropout(0.5, name="a/b"),
            InvalidArgument,
            "name of a layer must be a text without '/', received 'a/b'.",
        ),
        (
            lambda: layers.Dropout(0.5, trainable="no"),
            InvalidArgument,
            "trainable must be True or False, received 'no'.",
        ),
        (
            lambda: layers.Dropout(0.5, dtype="float64"),
            Unsupported,
            "Dropout: dtype must be 'float32', received 'float64'.",
        ),
        (
            lambda: layers.Dense(3, name="d")(layers.InputLayer((2,), name="i")),
            InvalidArgument,
            "d was called on a layer, <InputLayer name=i, built=True>. Call it on what "
            "Input((n,)) or the call of another layer returned.",
        ),
        (
            lambda: layers.Dense(3, name="d").count_params(),
            NotBuilt,
            "d is not built yet. Call build() or fit() first.",
        ),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, action)


def test_dtype_of_keras_configurations():
    dtype = {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": "float32"},
        "registered_name": None,
    }
    layers.Dense(3, dtype=dtype)
    dtype["config"] = {"name": "mixed_float16"}
    assert_refused(
        Unsupported,
        f"Dense: dtype must be 'float32', received {dtype!r}.",
        lambda: layers.Dense(3, dtype=dtype),
    )


def test_weights_in_keras_order():
    layer = layers.BatchNormalization()
    layer.build(3)
    assert [w.name for w in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert [w.name for w in layer.trainable_weights] == ["gamma", "beta"]
    assert [w.name for w in layer.non_trainable_weights] == ["moving_mean", "moving_variance"]
    assert layer.count_params() == 12


def test_set_weights_changes_all_or_nothing():
    layer = layers.Dense(2, name="d")
    layer([[1.0, 2.0, 3.0]])
    before = layer.get_weights()
    assert_refused(
        InvalidArgument,
        "d has 2 weights, received 1 arrays.",
        lambda: layer.set_weights([np.zeros((3, 2))]),
    )
    assert_refused(
        InvalidArgument,
        "d/bias has shape (2,), received an array of shape (3,).",
        lambda: layer.set_weights([np.zeros((3, 2)), np.zeros(3)]),
    )
    assert all(np.array_equal(a, b) for a, b in zip(before, layer.get_weights(), strict=True))
    layer.set_weights([np.ones((3, 2)), np.zeros(2)])
    assert layer([[1.0, 2.0, 3.0]]).tolist() == [[6.0, 6.0]]


def test_a_subclass_may_name_its_attributes_as_it_likes():
    names = ("holder", "join", "give_to", "parent_layer", "versions", "model_time", "next_call")
    names += ("block", "place", "networks", "attachment", "layer", "free")

    class Named(layers.Dense):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            for name in names:
                setattr(self, name, [name])

    inner = Named(2, name="inner")
    model = trimtab.Sequential([layers.Residual(inner, name="outer")], seed=1)
    model.compile(optimizer="sgd", loss="mse")
    x = np.eye(2, dtype=np.float32)
    model.fit(x, x, epochs=2, verbose=0)
    assert inner.path == "outer/inner" and inner(x).shape == (2, 2)
    copied = copy.deepcopy(model)
    assert copied.layers[0].layers[0].path == "outer/inner"
    for weight, other in zip(model.get_weights(), copied.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
    assert [getattr(inner, name) for name in names] == [[name] for name in names]


def test_a_layer_whose_model_is_gone_is_free_again():
    layer = layers.Dense(2, input_shape=[3])
    model = trimtab.Sequential([layer])
    del model
    gc.collect()
    assert layers.Residual([layer]).layers == [layer]
