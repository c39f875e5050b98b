"""Factors, values against Keras, configurations, refusals."""

import numpy as np
import pytest

from tests.support.keras import import_keras, plain
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, Unsupported
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
    settings = dict.fromkeys(name.lower().replace("l1l2", "l1 l2").split(), factor)
    settings = {} if factor is None else settings
    ours = regularizers.REGISTRY.classes[name](**settings)
    theirs = getattr(keras.regularizers, name)(**settings)
    record = regularizers.serialize(ours)
    assert regularizers.deserialize(record) == ours
    their_record = plain(keras.regularizers.serialize(theirs))
    # Keras keeps L1's factor as a float32.
    assert record["config"] == pytest.approx(their_record["config"], rel=1e-7)
    assert record["class_name"] == their_record["class_name"]
    assert ours(X) == pytest.approx(float(theirs(X)), rel=1e-6)


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: regularizers.get("l1l2"),
            InvalidArgument,
            "no regularizer is called 'l1l2'. Did you mean 'l1_l2'?",
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
            lambda: regularizers.get(abs),
            Unsupported,
            "regularizer: custom functions are not supported, received "
            "<built-in function abs>. Use L1, L2 or L1L2.",
        ),
        (
            lambda: regularizers.get("orthogonal_regularizer"),
            Unsupported,
            "regularizers.orthogonal_regularizer is not supported yet. Use regularizers.L2(0.01), "
            "or begin with kernel_initializer='orthogonal'.",
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
