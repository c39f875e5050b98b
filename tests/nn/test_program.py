"""A network is lowered again when something on it has changed, and only then."""

import numpy as np
import pytest

from trimtab import Sequential, layers, losses, optimizers


def network():
    model = Sequential([layers.Dense(4, activation="relu"), layers.Dropout(0.1), layers.Dense(1)])
    loss = losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer=optimizers.Adam(), loss=loss)
    model.build((None, 3))
    return model


def test_nothing_changed():
    model = network()
    before = model.program()
    model.predict(np.zeros((2, 3), np.float32))
    assert model.program() is before


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model.layers[1], "rate", 0.5),
        lambda model: setattr(model.layers[0], "trainable", False),
        lambda model: setattr(model.optimizer, "weight_decay", 0.1),
        lambda model: setattr(model.optimizer, "clipnorm", 1.0),
        lambda model: model.optimizer.exclude_from_weight_decay(var_names=["bias"]),
        lambda model: setattr(model._loss, "label_smoothing", 0.1),
        lambda model: model.compile(optimizer="sgd", loss="mse"),
    ],
    ids=["rate", "trainable", "decay", "clipping", "undecayed", "smoothing", "compile"],
)
def test_a_change_is_seen(change):
    model = network()
    before = model.program()
    change(model)
    after = model.program()
    assert after is not before and after != before
    assert model.program() is after
