"""Hidden layers as people write them."""

import numpy as np
import pytest

from tests.support.predictors import houses
from trimtab import layers, train
from trimtab.errors import InvalidArgument
from trimtab.predictor import notation
from trimtab.predictor.notation import Completed, spelled
from trimtab.predictor.training import events


@pytest.mark.parametrize(
    "value",
    [
        [64, 32],
        (64, 32),
        "64,32",
        "64, 32",
        "[64, 32]",
        "(64, 32)",
        ["64", "32"],
        np.array([64, 32]),
        [np.int64(64), 32],
    ],
)
def test_widths_alone_have_relu_after_each(value):
    found = spelled(value)
    assert found == "64 relu, 32 relu" and isinstance(found, Completed)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (64, "64 relu"),
        ("64 bn, 32 dropout:0.2", "64 bn relu, 32 relu dropout:0.2"),
        ("64 l2:1e-4 no_bias", "64 l2:0.0001 no_bias relu"),
        ([64, "relu", "dropout:0.3", 32], "64 relu dropout:0.3, 32"),
        ([(64, "relu"), (32, "tanh")], "64 relu, 32 tanh"),
        (["64 relu", "32"], "64 relu, 32"),
        ("64 linear, 32 linear", "64, 32 linear"),
        ("64 relu, 32", "64 relu, 32"),
        ("residual(64, 64)", "residual(64, 64)"),
        ("bn", "bn"),
    ],
)
def test_other_spellings(value, text):
    assert spelled(value) == text
    assert spelled(spelled(value)) == text  # files hold the result


def test_layers_of_keras():
    assert spelled([layers.Dense(64, activation="relu"), layers.Dropout(0.3)]) == (
        "64 relu dropout:0.3"
    )
    assert spelled([64, layers.Dropout(0.5), 32]) == "64 relu dropout:0.5, 32 relu"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([64, "relu", 0.3], "Use 'dropout:0.3'"),
        ([64.0], "Use 64 for a number of units"),
        ({"units": 64}, "or a list of widths such as"),
        ([], "or a list of widths such as"),
        (True, "or a list of widths such as"),
        ([None], "whole numbers of units"),
        ("64-32", "Use 64, 32 for two layers"),
        ("64 32", "Put a comma before it"),
        ([64, -1], "an integer from 1"),
    ],
)
def test_what_to_write_instead(value, said):
    with pytest.raises(InvalidArgument) as refusal:
        spelled(value)
    assert said in str(refusal.value)


def test_linear_layers_have_no_activation():
    kinds = [layer.activation.__name__ for layer in notation.parse("64 linear, 32 linear")]
    assert kinds == ["linear", "linear"]


def test_what_was_added_is_said():
    said = []
    predictor = train(houses(60), "price", layers=[8, 4], epochs=1, report=said.append, valid=0.25)
    (network,) = (each for each in said if isinstance(each, events.Network))
    assert network.layers == "8 relu, 4 relu" and "relu follows each layer" in network.lines()[-1]
    hidden = predictor.model.layers[-3:-1]
    assert [layer.activation.__name__ for layer in hidden] == ["relu", "relu"]
    said.clear()
    train(houses(60), "price", layers="8 relu, 4", epochs=1, report=said.append, valid=0.25)
    (network,) = (each for each in said if isinstance(each, events.Network))
    assert network.note == ""
