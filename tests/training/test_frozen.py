"""``fit`` says so where there is nothing to train."""

import warnings

import numpy as np
import pytest
from trimtab.training.population import fit_population

from trimtab import Sequential
from trimtab.nn import layers

X, Y = np.random.default_rng(0).normal(size=(20, 2)), np.zeros((20, 2))


def model(*stack):
    made = Sequential(list(stack), name="mine")
    made.compile("sgd", "mse")
    return made


def test_all_frozen():
    found = model(layers.Dense(2), layers.BatchNormalization())
    found.trainable = False
    message = (
        r"^fit trains nothing in mine: all weights are frozen\. Set model\.trainable = True, or "
        r"trainable = True on the layers that are to learn\.$"
    )
    with pytest.warns(UserWarning, match=message) as caught:
        found.fit(X, Y, verbose=0)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"^fit_population trains nothing in mine"):
        fit_population([found], X, Y)
    before = found.layers[0].get_weights()[0].copy()
    found.trainable = True  # what it says to do
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.fit(X, Y, verbose=0)
    assert not np.array_equal(before, found.layers[0].get_weights()[0])


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (layers.Dropout(0.5), "it has no weights. Add a layer that has some"),
        (layers.BatchNormalization(center=False, scale=False), "none of its weights is trainable"),
    ],
)
def test_no_weights(layer, words):
    with pytest.warns(UserWarning, match=words):
        model(layer).fit(X, Y, verbose=0)


@pytest.mark.parametrize("frozen", [0, 1])
def test_one_frozen_layer_is_no_reason(frozen):
    found = model(layers.Dense(3), layers.Dense(2))
    found.layers[frozen].trainable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.fit(X, Y, verbose=0)
