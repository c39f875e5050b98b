"""The rows of parts, and what they become for a network."""

import numpy as np

from tests.support.close import assert_close
from trimtab.predictor.parts import Chosen, prepared
from trimtab.tables import Preprocessor, Unseen, infer_schema, read

ROWS = np.arange(8)


def balanced_weights(weights):
    """Of six rows of one class and two of another."""
    table = read({"x": np.arange(8.0), "w": weights, "kind": ["a"] * 6 + ["b"] * 2})
    schema = infer_schema(table, "kind", weight="w", kinds={"x": "numeric"})
    preprocessor = Preprocessor.fit(table, schema, ROWS)
    chosen = Chosen.of(schema, table, ROWS)
    parts = prepared(preprocessor, [chosen, chosen], balanced=True, consume=False, report=Unseen())
    np.testing.assert_array_equal(parts[1].weight, np.asarray(weights, np.float32))
    return parts[0].weight


def test_balanced_classes_come_to_the_same():
    assert_close(balanced_weights(np.ones(8)), [8 / 12] * 6 + [2] * 2, 1e-6)
    assert_close(balanced_weights([2, 0, 0, 0, 0, 0, 1, 3]), [3, 0, 0, 0, 0, 0, 0.75, 2.25], 1e-6)


def test_a_class_that_weighs_nothing_goes_on_weighing_nothing():
    assert_close(balanced_weights([1] * 6 + [0] * 2), [1] * 6 + [0] * 2, 1e-6)
