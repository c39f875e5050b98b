"""Factors, values against Keras, configurations, refusals."""

import numpy as np
import pytest

from tests.support.keras import import_keras, plain
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.nn import regularizers

X = np.array([[1.0, -2.0], [0.5, 0.0]], np.float32)


@pytest.mark.parametrize(
    ("identifier", "penalty"),
    [
        ("l1", (0.01, 0.0)),
        ("l2", (0.0, 0.01)),
        ("L2", (0.0, 0.01)),
        ("l1_l2", (0.0, 0.0)),
        (regularizers.L1(0.5), (0.5, 0.0)),
        (regularizers.l1_l2(l1=0.5, l2=0.25), (0.5, 0.25)),
        (None, (0.0, 0.0)),
    ],
)
def test_penalty(identifier, penalty):
    assert regularizers.penalty(regularizers.get(identifier)) == penalty


@pytest.mark.parametrize("name", regularizers.REGISTRY.classes)
@pytest.mark.parametrize("factor", [None, 0.5])
def test_config_and_value(name, factor):
    keras = import_keras()
    names = {"L1L2": ["l1", "l2"], "OrthogonalRegularizer": ["factor"]}.get(name, [name.lower()])
    settings = dict.fromkeys(names, factor)
    settings = {} if factor is None else settings
    ours = regularizers.REGISTRY.classes[name](**settings)
    theirs = getattr(keras.regularizers, name)(**settings)
    record = regularizers.serialize(ours)
    assert regularizers.deserialize(record) == ours
    their_record = plain(keras.regularizers.serialize(theirs))
    # Keras keeps L1's factor as a float32.
    assert record["config"].pop("mode", None) == their_record["config"].pop("mode", None)
    assert record["config"] == pytest.approx(their_record["config"], rel=1e-7)
    assert record["class_name"] == their_record["class_name"]
    value = float(theirs(keras.ops.convert_to_tensor(X)))
    assert float(ours(X)) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: regularizers.get("l1_l3"),
            InvalidArgument,
            "no regularizer is called 'l1_l3'. Did you mean 'l1_l2'?",
        ),
        (
            lambda: regularizers.L2(-1),
            InvalidArgument,
            "l2 must be a number of 0 or more, received -1.",
        ),
        (
            lambda: regularizers.L1("a"),
            InvalidArgument,
            "l1 must be a number of 0 or more, received 'a'.",
        ),
        (
            lambda: regularizers.OrthogonalRegularizer(mode="diagonal"),
            InvalidArgument,
            "mode must be one of 'rows', 'columns', received 'diagonal'.",
        ),
        (
            lambda: regularizers.OrthogonalRegularizer()([1.0, 2.0]),
            InvalidArgument,
            "OrthogonalRegularizer needs a weight of two axes, received shape (2,). "
            "Use it as kernel_regularizer.",
        ),
        (
            lambda: regularizers.get(3),
            InvalidArgument,
            "regularizer must be a name or a regularizer of trimtab.regularizers, received 3.",
        ),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, action)


def test_none_serializes_to_none():
    assert regularizers.serialize(None) is None
    assert regularizers.deserialize(None) is None


def test_repr_and_equality():
    assert repr(regularizers.L1L2(0.5, 0.25)) == "L1L2(l1=0.5, l2=0.25)"
    assert len({regularizers.L1(), regularizers.L1(), regularizers.L2()}) == 2


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_angles_are_those_of_keras(mode):
    keras = import_keras()
    x = np.random.default_rng(0).normal(size=(4, 7)).astype(np.float32)
    theirs = keras.regularizers.OrthogonalRegularizer(0.3, mode)
    ours = regularizers.OrthogonalRegularizer(0.3, mode)
    value = float(theirs(keras.ops.convert_to_tensor(x)))
    assert float(ours(x)) == pytest.approx(value, rel=1e-6)


def test_a_row_without_a_direction_has_no_angle():
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    regularizer = regularizers.OrthogonalRegularizer()
    for x in (np.zeros((3, 2), np.float32), np.ones((1, 5), np.float32)):
        value, gradient = jax.value_and_grad(regularizer)(x)
        assert float(value) == 0 and not np.asarray(gradient).any()
