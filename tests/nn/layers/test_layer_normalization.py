"""Rows normalized by themselves: values against Keras, lowering, refusals, members."""

import numpy as np
import pytest

import trimtab
from tests.support.close import EPSILON, assert_close
from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab import Sequential
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import layers

X = np.random.default_rng(0).normal(1, 2, (6, 5)).astype(np.float32)

CASES = [
    ("LayerNormalization", {}),
    ("LayerNormalization", {"axis": 1, "epsilon": 0.2}),
    ("LayerNormalization", {"axis": [-1], "center": False, "gamma_initializer": "random_normal"}),
    ("LayerNormalization", {"scale": False, "beta_initializer": "ones"}),
    ("LayerNormalization", {"scale": False, "center": False}),
    ("RMSNormalization", {}),
    ("RMSNormalization", {"axis": 1, "epsilon": 0.2}),
    ("UnitNormalization", {}),
    ("UnitNormalization", {"axis": [1]}),
]


@pytest.mark.parametrize(("kind", "options"), CASES, ids=str)
def test_values_are_those_of_keras(kind, options):
    keras = import_keras()
    ours, theirs = getattr(layers, kind)(**options), getattr(keras.layers, kind)(**options)
    ours(X)
    theirs.build((None, 5))
    drawn = [np.random.default_rng(1).normal(size=w.shape) for w in ours.weights]
    ours.set_weights(drawn)
    theirs.set_weights(drawn)
    for training in (False, True):
        expected = np.asarray(theirs(X))
        assert_close(ours(X, training=training), expected, 32 * EPSILON)


def test_a_row_of_zeros():
    zeros = np.zeros((2, 4))
    assert not layers.UnitNormalization()(zeros).any()
    assert not layers.RMSNormalization()(zeros).any()
    assert not layers.LayerNormalization()(zeros).any()


def test_no_gradient_of_a_row_of_zeros():
    """Keras gives nan there: a relu in front of it would end the training."""
    model = Sequential(
        [
            layers.Input((3,)),
            layers.Dense(4, activation="relu", bias_initializer="zeros"),
            layers.UnitNormalization(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    loss = model.train_on_batch(np.zeros((4, 3), np.float32), np.ones((4, 1), np.float32))
    assert np.isfinite(loss) and all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize("axis", [0, 2, [0], [0, 1], "columns", True, None])
@pytest.mark.parametrize("kind", ["LayerNormalization", "RMSNormalization", "UnitNormalization"])
def test_axis_refused(kind, axis):
    assert_refused(
        Unsupported,
        f"{kind}: axis must be -1, the columns of a table, received {axis!r}.",
        lambda: getattr(layers, kind)(axis=axis),
    )


def test_refused():
    assert_refused(
        InvalidArgument,
        "epsilon must be a number above 0, received 0.",
        lambda: layers.LayerNormalization(epsilon=0),
    )
    assert_refused(
        Unsupported,
        "LayerNormalization: rms_scaling is not supported, received rms_scaling=True. Leave it "
        "out.",
        lambda: layers.LayerNormalization(rms_scaling=True),
    )


def test_rows_of_several_members_are_refused():
    stack = [layers.Dense(4), layers.LayerNormalization(), layers.Dense(1)]
    with pytest.raises(Unsupported, match="it does not take its columns one by one"):
        Sequential([layers.Input((3,)), *stack], members=2)


def test_saved_and_loaded(tmp_path):
    stack = [
        layers.Dense(4),
        layers.LayerNormalization(),
        layers.RMSNormalization(),
        layers.UnitNormalization(),
    ]
    model = Sequential([layers.Input((5,)), *stack])
    model.compile("adam", "mse")
    model.fit(X, X[:, :4], epochs=2, verbose=0)
    model.save(tmp_path / "model.trimtab")
    again = trimtab.load_model(tmp_path / "model.trimtab")
    assert np.array_equal(model.predict(X, verbose=0), again.predict(X, verbose=0))
