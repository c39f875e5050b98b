"""Values against Keras, configurations, refusals, model files."""

import json

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.keras import import_keras, plain
from tests.support.refusals import assert_refused
from trimtab import Sequential, load_model
from trimtab.errors import InvalidArgument, InvalidProgram, Unsupported
from trimtab.nn import constraints, layers
from trimtab.program.ops import ConstraintOp

X = np.random.default_rng(1).normal(size=(4, 5, 3)).astype(np.float32)

SETTINGS = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": 1}),
    ("MaxNorm", {"max_value": 0.5, "axis": [0, 2]}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": -1}),
    ("UnitNorm", {"axis": None}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 1.5, "max_value": 2.0, "rate": 0.3, "axis": 0}),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_config_and_value(name, settings):
    keras = import_keras()
    ours = constraints.REGISTRY.classes[name](**settings)
    theirs = getattr(keras.constraints, name)(**settings)
    record = constraints.serialize(ours)
    json.dumps(record)
    assert constraints.deserialize(record) == ours
    their_record = plain(keras.constraints.serialize(theirs))
    assert record["config"] == their_record["config"]
    assert record["class_name"] == their_record["class_name"]
    assert_close(ours(X), np.asarray(theirs(X)), 1e-6)


def test_every_class_is_tried():
    assert {name for name, _ in SETTINGS} == set(constraints.REGISTRY.classes)


def test_names():
    assert constraints.get("max_norm") == constraints.MaxNorm(2, axis=0)
    assert constraints.get("non_neg") == constraints.NonNeg()
    assert constraints.get(constraints.UnitNorm) == constraints.UnitNorm()
    assert constraints.get(None) is None
    assert constraints.max_norm is constraints.MaxNorm


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: constraints.get("maxnorm2"),
            InvalidArgument,
            "no constraint is called 'maxnorm2'. Did you mean 'max_norm'?",
        ),
        (
            lambda: constraints.MaxNorm(-1),
            InvalidArgument,
            "max_value must be a number of 0 or more, received -1.",
        ),
        (
            lambda: constraints.MinMaxNorm(2.0, 1.0),
            InvalidArgument,
            "min_value must be max_value or less, received min_value=2.0 and max_value=1.0. "
            "Exchange them.",
        ),
        (
            lambda: constraints.MinMaxNorm(rate=1.5),
            InvalidArgument,
            "rate must be a float between 0 and 1, received 1.5.",
        ),
        (
            lambda: constraints.UnitNorm(axis="rows"),
            InvalidArgument,
            "axis must be an integer, several of them or None, received 'rows'.",
        ),
        (
            lambda: constraints.UnitNorm(axis=[]),
            InvalidArgument,
            "axis must be an integer, several of them or None, received [].",
        ),
        (
            lambda: constraints.UnitNorm(axis=[0, -2]).lower((3, 2)),
            InvalidArgument,
            "axis of a constraint must be among those of its weight, whose shape is (3, 2), each "
            "once, received [0, -2].",
        ),
        (
            lambda: layers.Dense(2, kernel_constraint=constraints.Constraint()).build(3),
            Unsupported,
            "constraint Constraint does not say what it does. Write __call__(self, w) in "
            "jax.numpy, which returns the weight as it should be.",
        ),
        (
            lambda: constraints.get(3),
            InvalidArgument,
            "constraint must be a name or a constraint of trimtab.constraints, received 3.",
        ),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, action)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"kind": "round"}, "a constraint must be one of non_negative, norm, received 'round'"),
        (
            {"kind": "norm", "axes": (2,)},
            "axes of a norm must be axes of (3, 2) in ascending order, ",
        ),
        (
            {"kind": "norm", "axes": (1, 0)},
            "axes of a norm must be axes of (3, 2) in ascending order, ",
        ),
        ({"kind": "norm", "minimum": 2.0}, "a norm needs 0 <= minimum <= maximum and a rate "),
        ({"kind": "norm", "rate": 2.0}, "a norm needs 0 <= minimum <= maximum and a rate "),
        ({"kind": "function"}, "kind='function' needs a function, and no other constraint takes "),
    ],
)
def test_programs_refuse(settings, text):
    with pytest.raises(InvalidProgram) as refusal:
        ConstraintOp(**settings).check((3, 2))
    assert str(refusal.value).startswith(text)


def test_none_serializes_to_none():
    assert constraints.serialize(None) is None
    assert constraints.deserialize(None) is None


def test_repr_and_equality():
    assert repr(constraints.MaxNorm(3, axis=[0, 1])) == "MaxNorm(max_value=3.0, axis=[0, 1])"
    assert len({constraints.NonNeg(), constraints.NonNeg(), constraints.UnitNorm()}) == 2


def test_fits_hold_them_and_files_keep_them(tmp_path):
    model = Sequential(
        [
            layers.Dense(16, activation="relu", kernel_constraint=constraints.MaxNorm(0.7)),
            layers.BatchNormalization(gamma_constraint="non_neg", beta_constraint="unit_norm"),
            layers.DropConnect(8, 0.2, kernel_constraint=constraints.UnitNorm(axis=1)),
            layers.Dense(1, bias_constraint="non_neg"),
        ],
        seed=2,  # with which a norm reaches its limit; few do not
    )
    model.compile("adam", "mse")
    x = X.reshape(-1, 3)
    model.fit(x, x.sum(axis=1) - 50, epochs=5, batch_size=4, verbose=0)
    first, normalization, dropping, last = model.layers
    norms = np.linalg.norm(first.kernel.numpy(), axis=0)
    assert np.all(norms <= 0.7 * (1 + 1e-6)) and norms.max() >= 0.69
    assert normalization.gamma.numpy().min() >= 0
    assert_close(np.linalg.norm(normalization.beta.numpy()), 1.0, 1e-6)
    assert_close(np.linalg.norm(dropping.kernel.numpy(), axis=1), np.ones(16), 1e-6)
    assert last.bias.numpy().tolist() == [0.0]  # the targets pull it down
    model.save(tmp_path / "model.trimtab")
    again = load_model(tmp_path / "model.trimtab")
    assert again.get_config() == model.get_config()
    assert again.layers[0].kernel_constraint == constraints.MaxNorm(0.7)
    again.fit(x, x.sum(axis=1), epochs=1, verbose=0)
    assert np.all(np.linalg.norm(again.layers[0].kernel.numpy(), axis=0) <= 0.7 * (1 + 1e-6))


def test_weights_of_ones_own_keep_to_them():
    pytest.importorskip("jax", reason="JAX is not installed")

    class Cube(layers.Layer):
        def build(self, input_shape):
            shape = (input_shape[-1], 2, 4)
            self.cube = self.add_weight(shape, constraint=constraints.UnitNorm([0, 2]), name="cube")

        def call(self, x):
            return (x @ self.cube.value.reshape(len(self.cube), 8)).sum(axis=1, keepdims=True)

        def compute_output_shape(self, input_shape):
            return (None, 1)

    model = Sequential([Cube()])
    model.compile("sgd", "mse")
    x = X.reshape(-1, 3)
    model.fit(x, x.sum(axis=1), epochs=1, verbose=0)
    cube = model.layers[0].cube.numpy()
    assert_close(np.sqrt(np.square(cube).sum(axis=(0, 2))), np.ones(2), 1e-6)
