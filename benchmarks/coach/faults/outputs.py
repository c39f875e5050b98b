"""Output, loss and labels that do not belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.coach.criteria import Pair, unchanged
from benchmarks.coach.faults.registry import ANY, CLASSES, NUMBER, Draw, fault
from benchmarks.coach.recipe import Recipe
from benchmarks.coach.rows import Array, logits, probabilities
from trimtab import layers, losses

BINARY, MULTICLASS = ("binary",), ("multiclass",)


def _with_logits(base: Recipe) -> Callable[[], Any]:
    kind = losses.BinaryCrossentropy if base.units == 1 else losses.SparseCategoricalCrossentropy
    return lambda: kind(from_logits=True)


@fault("logits-mismatch", tasks=CLASSES)
def no_activation_for_probabilities(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.with_(activation=None), base)


@fault("logits-mismatch", tasks=CLASSES)
def logits_of_probabilities(base: Recipe, draw: Draw) -> Pair:
    """``from_logits=True`` was copied; the output kept its activation."""
    return Pair(base.with_(loss=_with_logits(base)), base)


@fault("logits-mismatch", tasks=CLASSES)
def relu_for_probabilities(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.with_(activation="relu"), base)


@fault("softmax-of-one", tasks=BINARY)
def softmax_for_two_classes(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.with_(activation="softmax"), base)


@fault("softmax-of-one", tasks=NUMBER)
def softmax_for_a_number(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.with_(activation="softmax"), base)


@fault("unreachable-targets", tasks=NUMBER)
def relu_before_a_standardized_target(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.with_(activation="relu"), base)


@fault("unreachable-targets", tasks=NUMBER)
def sigmoid_before_a_standardized_target(base: Recipe, draw: Draw) -> Pair:
    return Pair(base.with_(activation="sigmoid"), base)


@fault("unreachable-targets", tasks=NUMBER)
def tanh_before_a_large_target(base: Recipe, draw: Draw) -> Pair:
    """A range of -1 to 1 for a target in its own units."""
    rows = base.rows.with_y(lambda y: 4 * y + 3, lambda found: (found - 3) / 4)
    return Pair(base.on(rows).with_(activation="tanh"), base.on(rows))


@fault("labels-mismatch", tasks=BINARY)
def labels_of_minus_one_and_one(base: Recipe, draw: Draw) -> Pair:
    rows = base.rows.with_y(lambda y: 2 * y - 1, probabilities)
    return Pair(base.on(rows), base)


@fault("labels-mismatch", tasks=CLASSES)
def labels_that_start_at_one(base: Recipe, draw: Draw) -> Pair:
    rows = base.rows.with_y(lambda y: y + 1, probabilities)
    return Pair(base.on(rows), base)


@fault("labels-mismatch", tasks=MULTICLASS)
def indicators_for_a_sparse_loss(base: Recipe, draw: Draw) -> Pair:
    kinds = base.rows.kinds
    rows = base.rows.with_y(lambda y: np.eye(kinds, dtype=np.float32)[y], probabilities)
    return Pair(base.on(rows), base)


@fault("labels-mismatch", tasks=CLASSES)
def labels_as_text(base: Recipe, draw: Draw) -> Pair:
    rows = base.rows.with_y(lambda y: np.array([f"kind {k}" for k in y]), probabilities)
    return Pair(base.on(rows), base)


@fault("wrong-loss", tasks=MULTICLASS)
def class_numbers_as_quantities(base: Recipe, draw: Draw) -> Pair:
    """Regression on the numbers of classes that have no order."""
    kinds = base.rows.kinds

    def nearest(found: Array) -> Array:
        number = np.clip(np.rint(found[:, 0]), 0, kinds - 1).astype(int)
        return np.asarray(np.eye(kinds)[number])

    rows = base.rows.with_y(lambda y: y.astype(np.float32), nearest)
    return Pair(base.on(rows).with_(activation=None, units=1, loss="mse"), base)


@fault("wrong-loss", tasks=BINARY)
def absolute_error_for_classes(base: Recipe, draw: Draw) -> Pair:
    """It answers with the median, which is one of the classes."""
    return Pair(base.with_(loss="mae"), base)


@fault("wrong-loss", tasks=MULTICLASS)
def absolute_error_for_indicators(base: Recipe, draw: Draw) -> Pair:
    kinds = base.rows.kinds
    rows = base.rows.with_y(lambda y: np.eye(kinds, dtype=np.float32)[y], probabilities)
    return Pair(base.on(rows).with_(loss="mae"), base)


@fault("wrong-loss", tasks=NUMBER)
def softmax_over_units_for_a_number(base: Recipe, draw: Draw) -> Pair:
    """An example for classes, with its loss changed and its output kept."""
    wide = base.rows.with_y(lambda y: np.column_stack([y, y]), lambda found: found[:, 0])
    return Pair(base.on(wide).with_(units=2, activation="softmax"), base)


@fault("wrong-loss", tasks=BINARY)
def squared_error_of_logits(base: Recipe, draw: Draw) -> Pair:
    """A linear output read through a sigmoid, but trained towards 0 and 1."""
    rows = replace(base.rows, read=logits)
    return Pair(base.on(rows).with_(activation=None, loss="mse"), base)


@fault("too-few-classes", tasks=MULTICLASS)
def one_output_too_few(base: Recipe, draw: Draw) -> Pair:
    """The largest class number was taken for their count."""
    return Pair(base.with_(units=base.units - 1), base)


@fault("too-few-classes", tasks=MULTICLASS)
def two_outputs(base: Recipe, draw: Draw) -> Pair:
    """An example for two classes."""
    return Pair(base.with_(units=2), base)


@fault("dropout-on-output", tasks=NUMBER)
def dropout_behind_the_output(base: Recipe, draw: Draw) -> Pair:
    rate = float(draw.choice([0.2, 0.3, 0.5]))
    return Pair(base.with_(tail=(lambda: layers.Dropout(rate),)), base)


@fault("dropout-on-output", tasks=CLASSES)
def dropped_probabilities(base: Recipe, draw: Draw) -> Pair:
    rate = float(draw.choice([0.3, 0.5]))
    return Pair(base.with_(tail=(lambda: layers.Dropout(rate),)), base)


@fault("normalized-output", tasks=NUMBER)
def normalized_number(base: Recipe, draw: Draw) -> Pair:
    """A block of dense and batch normalization, copied once too often; the target in its units."""
    rows = base.rows.with_y(lambda y: 3 * y + 5, lambda found: (found - 5) / 3)
    tail = (lambda: layers.BatchNormalization(),)
    return Pair(base.on(rows).with_(tail=tail), base)


@fault("normalized-output", tasks=NUMBER)
def normalized_number_in_small_batches(base: Recipe, draw: Draw) -> Pair:
    tail = (lambda: layers.BatchNormalization(),)
    return Pair(base.with_(tail=tail, batch_size=8), base)


@fault("normalized-output", tasks=CLASSES)
def normalized_probabilities(base: Recipe, draw: Draw) -> Pair:
    tail = (lambda: layers.BatchNormalization(),)
    return Pair(base.with_(tail=tail), base)


@fault("normalized-output", tasks=CLASSES)
def normalized_logits(base: Recipe, draw: Draw) -> Pair:
    act = base.activation
    tail = (lambda: layers.BatchNormalization(), lambda: layers.Activation(act))
    return Pair(base.with_(activation=None, tail=tail), base)


@fault("nothing-to-train", unchanged, tasks=ANY)
def frozen_network(base: Recipe, draw: Draw) -> Pair:
    """Frozen for a first stage of fine-tuning, and never thawed."""
    return Pair(base.with_(frozen=True), base)


@fault("nothing-to-train", unchanged, tasks=ANY)
def frozen_deeper_network(base: Recipe, draw: Draw) -> Pair:
    deeper = base.with_(blocks=(*base.blocks, base.blocks[-1]))
    return Pair(deeper.with_(frozen=True), deeper)
