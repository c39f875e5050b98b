"""What docs/play.md says one sees there."""

import numpy as np
import pytest

from trimtab.play.choices import Choices
from trimtab.play.data import Shelf
from trimtab.play.network import METRICS, build

pytestmark = pytest.mark.slow  # a thousand epochs


def trained(asked, epochs=200):
    choices = Choices().changed(asked)
    data = Shelf().data(choices)
    history = build(choices, data).fit(
        *(data.x, data.y),
        batch_size=choices.batch_size,
        epochs=epochs,
        validation_data=(data.x_valid, data.y_valid),
        last_batch="even",
        verbose=0,
    )
    logs = history.history
    return np.array(logs["val_loss"]), logs[f"val_{METRICS[data.task]}"][-1]


def test_a_hidden_layer_bends_the_border():
    assert trained({"data": "circles", "hidden": []}, 100)[1] <= 0.6
    assert trained({"data": "circles", "hidden": [3]})[1] >= 0.9


def test_dropout_keeps_a_small_table_from_overfitting():
    asked = {"data": "moons", "rows": 100, "noise": 0.4, "hidden": [128, 128], "seed": 2}
    loss, _ = trained(asked)
    assert 20 <= loss.argmin() <= 70 and loss[-1] >= 3 * loss.min()
    dropped, _ = trained(asked | {"dropout": 0.5})
    assert dropped[-1] <= 0.6 * loss[-1]


def test_dropout_on_the_wines():
    asked = {"data": "red-wine", "hidden": [128, 128], "learning_rate": 0.001}
    assert trained(asked)[1] <= 0.15 <= 0.2 <= trained(asked | {"dropout": 0.5})[1]


def test_batch_normalization_keeps_units_alive():
    asked = {"hidden": [32, 32, 32], "optimizer": "sgd", "learning_rate": 0.3}
    assert trained(asked)[1] <= 0.85 <= 0.9 <= trained(asked | {"batch_norm": "before"})[1]


def test_a_long_memory_lags():
    asked = {"data": "hills", "batch_norm": "before"}
    short, long = (trained(asked | {"momentum": each}, 60)[0] for each in (0.99, 0.999))
    assert long[-1] >= 3 * short[-1]
