"""The rows of parts, and what they become for a network."""

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.close import assert_close
from trimtab.predictor.training.parts import Chosen, prepared
from trimtab.tables import Preprocessor, Unseen, infer_schema, read

ROWS = np.arange(8)


def balanced_weights(weights):
    """Of six rows of one class and two of another."""
    table = read({"x": np.arange(8.0), "w": weights, "kind": ["a"] * 6 + ["b"] * 2})
    schema = infer_schema(table, "kind", weight="w", kinds={"x": "numeric"})
    preprocessor = Preprocessor.fit(table, schema, ROWS)
    chosen = Chosen.of(schema, table, ROWS)
    parts = prepared(preprocessor, [chosen, chosen], balanced=True, consume=False, report=Unseen())
    assert_close(parts[1].weight, np.asarray(weights) / np.mean(weights), 1e-6)
    return parts[0].weight


def test_balanced_classes_come_to_the_same():
    assert_close(balanced_weights(np.ones(8)), [8 / 12] * 6 + [2] * 2, 1e-6)
    assert_close(balanced_weights([2, 0, 0, 0, 0, 0, 1, 3]), [4, 0, 0, 0, 0, 0, 1, 3], 1e-6)


def test_a_class_that_weighs_nothing_goes_on_weighing_nothing():
    assert_close(balanced_weights([1] * 6 + [0] * 2), [8 / 6] * 6 + [0] * 2, 1e-6)


@pytest.mark.parametrize("size", [1e-300, 1e-42, 1000.0, 1e300])
def test_weights_count_beside_each_other(size):
    """Losses are in the target's own units, however large all weights are."""
    frame = pd.DataFrame({"x": np.sin(np.arange(40.0)), "y": np.arange(40.0) % 7, "w": size})
    options = {"weight": "w", "epochs": 2, "layers": "4 relu", "effort": "quick"}
    losses = trimtab.train(frame, "y", **options).history.history["val_loss"]
    plain = trimtab.train(frame.assign(w=1.0), "y", **options).history.history["val_loss"]
    assert_close(np.array(losses), np.array(plain), 1e-6)
