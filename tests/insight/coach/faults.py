"""Networks and fits with one fault each, measured on rows held out. A fault is a row."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

import trimtab
from trimtab import Sequential
from trimtab.insight.coach import Code
from trimtab.nn import layers, losses, optimizers, schedules

ROWS = 400
SPARSE = "sparse_categorical_crossentropy"


def table(rows, seed):
    """Three standardized columns."""
    return np.random.default_rng(seed).normal(size=(rows, 3))


def curve(x):
    """What is to be learned: mean 0, standard deviation 1."""
    return (x[:, 0] - x[:, 1] + np.sin(2 * x[:, 2])) / 1.57


def classes(x, count=3):
    return np.digitize(curve(x), [-0.5, 0.5] if count == 3 else [0.0])


def dense(units=32, activation="relu", **more):
    return layers.Dense(units, activation=activation, **more)


def normalized(**more):
    return dense(), layers.BatchNormalization(**more), dense(), layers.Dense(1)


def ending(units, activation):
    return dense(), layers.Dense(units, activation=activation)


def dropped(rate):
    return dense(), layers.Dropout(rate), layers.BatchNormalization()


def frozen(*stack):
    for layer in stack:
        layer.trainable = False
    return stack


# -- how well it does: the share of what there is to know, 1 at best, 0 for a constant ------------


def explained(names, x, truth):
    """Of the variance; predictions are brought back as the remedy says."""
    predicted = names["model"].predict(x).astype(np.float64)
    if "center" in names:
        predicted = predicted * names["scale"] + names["center"]
    predicted = predicted.reshape(np.shape(truth))
    return 1 - np.mean((predicted - truth) ** 2) / np.var(truth)


def right(names, x, truth):
    """Share of the rows whose class, in the user's own labels, is right."""
    predicted = names["model"].predict(x)
    truth = np.asarray(truth)
    if truth.ndim == 2:
        truth = truth.argmax(axis=1)
    if predicted.shape[1] == 1:
        logits = (predicted < 0).any() or (predicted > 1).any()
        number = (predicted[:, 0] > (0.0 if logits else 0.5)).astype(int)
        known = [names["low"], names["high"]] if "low" in names else names.get("classes", [0, 1])
    else:
        number = predicted.argmax(axis=1)
        known = names.get("classes", np.arange(predicted.shape[1]))
    return np.mean(np.asarray(known)[number] == truth)


@dataclass
class Fault:
    """A network with a fault.

    Attributes:
        code: What it is called.
        stack: Its layers.
        target: From the plain features to the targets.
        least: How well it is to do on held-out rows once it is mended.
        inputs: From the plain features to what the network is given.
        more: Options of the fit and of ``case``.
    """

    code: Code
    stack: Callable[[], Any]
    target: Callable[[Any], Any] = curve
    least: float = 0.6
    inputs: Callable[[Any], Any] = lambda x: x
    score: Callable[[Any, Any, Any], float] = explained
    optimizer: Any = "adam"
    loss: Any = "mse"
    rows: int = ROWS
    options: dict[str, Any] = field(default_factory=dict)
    valid: bool = False
    groups: Any = None

    def names(self) -> dict[str, Any]:
        """What a user has before the check."""
        trimtab.keras.utils.clear_session()
        plain = table(self.rows, 1)
        model = Sequential(list(self.stack()), seed=1)
        optimizer = self.optimizer() if callable(self.optimizer) else self.optimizer
        loss = self.loss() if callable(self.loss) else self.loss
        model.compile(optimizer=optimizer, loss=loss)
        names = {"model": model, "x": self.inputs(plain), "y": self.target(plain)}
        if self.valid:
            other = table(200, 2)
            names |= {"x_valid": self.inputs(other), "y_valid": self.target(other)}
        if self.groups is not None:
            names["groups"] = self.groups
        return names

    def held_out(self):
        """Rows that nobody has seen: features and the user's own targets."""
        plain = table(1000, 3)
        return self.inputs(plain), self.target(plain)


def frame(x):
    return pd.DataFrame(x, columns=["age", "in come", 3])


def scaled(*factors):
    return lambda x: x * np.array(factors)


def between_0_and_1(x):
    return np.clip(x / 6 + 0.5, 0, 1)


def holed(x):
    x = x.copy()
    x[::97, 0] = np.nan
    return x


def coded(x):
    """The third column as the number of one of five categories."""
    return np.column_stack([x[:, :2], np.digitize(x[:, 2], [-1, -0.3, 0.3, 1])]).astype(float)


def of_codes(x):
    return x[:, 0] + coded(x)[:, 2] / 2


def embedded(*sizes, before=()):
    codes = layers.CategoryEmbedding(list(sizes), dims=[2] * len(sizes))
    return (*before, codes, dense(), layers.Dense(1))


def small():
    return dense(), layers.Dense(1)


def signs(x):
    return 2 * classes(x, 2) - 1


def twice(x):
    """Rows of which the last are those of the first."""
    x = x.copy()
    if len(x) == ROWS:
        x[-ROWS // 4 :] = x[: ROWS // 4]
    return x


LONG, SHORT = {"epochs": 60}, {"epochs": 30}

FAULTS: list[Fault] = [
    # -- values
    Fault(Code.NON_FINITE_VALUES, small, inputs=holed, options=LONG),
    Fault(Code.NON_FINITE_VALUES, small, inputs=lambda x: frame(holed(x)), options=LONG, valid=True),
    Fault(
        Code.NON_FINITE_VALUES,
        small,
        lambda x: np.where(np.arange(len(x)) % 50 == 7, np.nan, curve(x)) if len(x) == 400 else curve(x),
        options=LONG,
    ),
    Fault(Code.CODES_OUT_OF_RANGE, lambda: embedded(4), of_codes, inputs=coded, options=LONG),
    Fault(
        Code.CODES_CHANGED,
        lambda: embedded(5, before=[layers.BatchNormalization()]),
        of_codes,
        inputs=coded,
        options=LONG,
    ),
    Fault(
        Code.FLOAT32_RESOLUTION,
        small,
        inputs=lambda x: x + np.array([0, 1e6, 0]),
        options=LONG,
        least=0.5,
    ),
    # -- labels
    Fault(Code.LABELS_MISMATCH, lambda: ending(1, "sigmoid"), signs, 0.85, score=right, loss="bce", options=LONG),
    Fault(Code.LABELS_MISMATCH, small, signs, 0.85, score=right, loss=lambda: losses.BinaryCrossentropy(from_logits=True), options=LONG),
    Fault(Code.LABELS_MISMATCH, small, signs, 0.85, score=right, loss="bce", options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(1, "sigmoid"), lambda x: 1 + classes(x, 2), 0.85, score=right, loss="bce", options=LONG, valid=True),
    Fault(Code.LABELS_MISMATCH, lambda: ending(1, "sigmoid"), lambda x: np.array(["no", "yes"])[classes(x, 2)], 0.85, score=right, loss="bce", options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(1, "sigmoid"), lambda x: np.eye(2)[classes(x, 2)], 0.85, score=right, loss="bce", options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(1, "sigmoid"), classes, 0.7, score=right, loss="bce", options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(1, "sigmoid"), signs, 0.85, score=right, loss="mse", options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(3, "softmax"), lambda x: 1 + classes(x), 0.7, score=right, loss=SPARSE, options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(2, "softmax"), lambda x: 1 + classes(x), 0.7, score=right, loss=SPARSE, options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(3, "softmax"), lambda x: np.eye(3)[classes(x)], 0.7, score=right, loss=SPARSE, options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(3, "softmax"), lambda x: np.array(["b", "a", "c"])[classes(x)], 0.7, score=right, loss=SPARSE, options=LONG, valid=True),
    Fault(Code.LABELS_MISMATCH, lambda: ending(3, "softmax"), lambda x: 10 * classes(x) - 5, 0.7, score=right, loss=SPARSE, options=LONG | {"class_weight": {5: 2.0}}),
    Fault(Code.LABELS_MISMATCH, lambda: ending(3, "softmax"), classes, 0.7, score=right, loss="bce", options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(3, "softmax"), lambda x: 500 + 100 * curve(x), loss=SPARSE, options=LONG),
    Fault(Code.LABELS_MISMATCH, lambda: ending(1, "sigmoid"), lambda x: 30 * curve(x), loss="bce", options=LONG),
    Fault(
        Code.LABELS_MISMATCH,
        lambda: ending(1, "sigmoid"),
        lambda x: 100 / (1 + np.exp(-2 * curve(x))),
        score=lambda names, x, y: 1 - np.mean((100 * names["model"].predict(x)[:, 0] - y) ** 2) / np.var(y),
        loss="bce",
        options=LONG,
    ),
    # -- the output
    Fault(Code.LOGITS_MISMATCH, small, lambda x: classes(x, 2), 0.85, score=right, loss="bce", options=LONG),
    Fault(Code.LOGITS_MISMATCH, lambda: ending(3, "softmax"), classes, 0.7, score=right, loss=lambda: losses.SparseCategoricalCrossentropy(from_logits=True), options=LONG),
    Fault(Code.LOGITS_MISMATCH, lambda: ending(1, "relu"), lambda x: classes(x, 2), 0.85, score=right, loss="bce", options=LONG),
    Fault(Code.SOFTMAX_OF_ONE, lambda: ending(1, "softmax"), lambda x: classes(x, 2), 0.85, score=right, loss="bce", options=LONG),
    Fault(Code.SOFTMAX_OF_ONE, lambda: ending(1, "softmax"), options=LONG),
    Fault(Code.UNREACHABLE_TARGETS, lambda: ending(1, "relu"), options=LONG),
    Fault(Code.UNREACHABLE_TARGETS, lambda: ending(1, "sigmoid"), lambda x: 3 + curve(x), options=LONG),
    Fault(Code.UNREACHABLE_TARGETS, lambda: ending(1, "sigmoid"), lambda x: 3e4 * curve(x), options=LONG),
    Fault(Code.UNREACHABLE_TARGETS, lambda: ending(1, "relu"), optimizer=lambda: optimizers.Adam(1e-5), options=LONG),
    Fault(Code.TOO_FEW_CLASSES, lambda: ending(2, "softmax"), classes, 0.7, score=right, loss=SPARSE, options=LONG),
    Fault(Code.TOO_FEW_CLASSES, lambda: ending(1, "softmax"), classes, 0.7, score=right, loss=SPARSE, options=LONG),
    Fault(Code.NOTHING_TO_TRAIN, lambda: frozen(*small()), options=LONG),
    Fault(Code.NOTHING_TO_TRAIN, lambda: [layers.ReLU()], least=0.6, target=lambda x: x @ [[1, 2, 0], [1, 1, 1], [0, 1, 1]], options={"epochs": 300}),
    # -- batches
    Fault(Code.VARIANCE_SHIFT, lambda: [*dropped(0.5), *dropped(0.5), *dropped(0.5), layers.Dense(1)], options=LONG, least=0.8),
    Fault(Code.VARIANCE_SHIFT, lambda: [dense(64), layers.Dropout(0.5), *normalized()], options=LONG, least=0.8),
    Fault(Code.VARIANCE_SHIFT, lambda: [dense(), layers.Residual(dense(), layers.Dropout(0.5), layers.BatchNormalization(), dense()), layers.BatchNormalization(), layers.Dense(1)], options={"epochs": 10}, least=0.8),
    Fault(Code.VARIANCE_SHIFT, lambda: [dense(64), layers.FeatureDropout(0.3), *normalized()], options=LONG, least=0.8),
    Fault(Code.SLOW_MOVING_AVERAGES, normalized, options={"epochs": 8}),
    Fault(Code.SLOW_MOVING_AVERAGES, lambda: [layers.BatchNormalization(momentum=0.999), dense(), layers.BatchNormalization(momentum=0.999), dense(), layers.Dense(1)], options=LONG),
    Fault(Code.SMALL_BATCH_STATISTICS, normalized, options={"epochs": 10, "batch_size": 1}),
    Fault(Code.SMALL_BATCH_STATISTICS, normalized, options={"epochs": 10, "batch_size": 2}),
    Fault(Code.SMALL_BATCH_STATISTICS, normalized, options={"epochs": 30, "batch_size": 8}, rows=393),
    Fault(Code.SMALL_BATCH_STATISTICS, lambda: normalized(virtual_batch_size=4), options=LONG),
    Fault(Code.SMALL_BATCH_STATISTICS, lambda: [layers.Dense(4, activation="relu"), layers.BatchNormalization(), layers.Dense(1)], lambda x: x[:, 0], 0.1, rows=12, options={"epochs": 300}),
    Fault(Code.TINY_LAST_BATCH, normalized, rows=65, options={"epochs": 300}, least=0.4),
    Fault(Code.TINY_LAST_BATCH, lambda: normalized(momentum=0.5), rows=386, options=LONG),
    # -- the split
    Fault(Code.SHARED_ROWS, small, inputs=twice, target=lambda x: curve(twice(x)), options=LONG | {"validation_split": 0.25}),
    Fault(Code.SHARED_GROUPS, small, groups=list("abcdefgh") * (ROWS // 8), options=LONG | {"validation_split": 0.25}),
    # -- scales
    Fault(Code.INPUT_SCALES, small, inputs=scaled(1, 1000, 1), optimizer="sgd", options=LONG),
    Fault(Code.INPUT_SCALES, small, inputs=scaled(1, 1000, 1), optimizer="sgd", options={"epochs": 10, "batch_size": 1}),
    Fault(Code.INPUT_SCALES, small, inputs=lambda x: frame(x * [1, 300, 1]), optimizer="sgd", options=SHORT, valid=True),
    Fault(Code.INPUT_SCALES, small, inputs=scaled(1, 1000, 1), optimizer="sgd", options={"epochs": 100}, rows=385),
    Fault(Code.INPUT_SCALES, lambda: embedded(5), of_codes, inputs=lambda x: coded(x) * [50, 1, 1], optimizer="sgd", options={"epochs": 30, "batch_size": 4}),
    Fault(Code.INPUT_SCALES, small, inputs=scaled(1, 1000, 1), options=LONG),
    Fault(Code.INPUT_SCALES, small, inputs=lambda x: frame(1e4 * x), options=LONG, valid=True),
    Fault(Code.INPUT_SCALES, small, lambda x: 5e4 + 2e3 * curve(x), inputs=lambda x: 1e3 * x, options=SHORT),
    Fault(Code.INPUT_SCALES, small, inputs=lambda x: 1e3 * x, optimizer=lambda: optimizers.Adam(1e-5), options=SHORT),
    Fault(Code.TARGET_SCALE, small, lambda x: 5e4 + 2e3 * curve(x), options=LONG),
    Fault(Code.TARGET_SCALE, small, lambda x: 1e-4 * curve(x), options=LONG, valid=True),
    Fault(Code.TARGET_SCALE, small, lambda x: 20 + 5 * curve(x), options={"epochs": 6}, least=0.4),
    # -- rates
    Fault(Code.NEARLY_ALL_DROPPED, lambda: [dense(), layers.Dropout(0.95), dense(), layers.Dropout(0.9), layers.Dense(1)], options=LONG, least=0.5),
    Fault(Code.DROPOUT_ON_OUTPUT, lambda: [dense(), layers.Dense(1), layers.Dropout(0.5)], lambda x: 3 + curve(x), options=LONG),
    Fault(Code.UNUSUAL_LEARNING_RATE, small, optimizer=lambda: optimizers.Adam(1e-5), options=SHORT),
    Fault(Code.UNUSUAL_LEARNING_RATE, small, optimizer=lambda: optimizers.SGD(1e-5), options=LONG),
    Fault(Code.UNUSUAL_LEARNING_RATE, small, optimizer=lambda: optimizers.SGD(1e-6, momentum=0.9), options=SHORT),
    Fault(Code.UNUSUAL_LEARNING_RATE, small, optimizer=lambda: optimizers.Adam(1e-6), options={"epochs": 2}, least=0.5),
    Fault(Code.UNUSUAL_LEARNING_RATE, small, optimizer=lambda: optimizers.Adam(3.0), options={"epochs": 5}),
    Fault(Code.UNUSUAL_LEARNING_RATE, small, optimizer=lambda: optimizers.Adam(schedules.ExponentialDecay(1e-5, 100, 0.9)), options=SHORT),
    Fault(Code.UNUSUAL_LEARNING_RATE, lambda: ending(1, "sigmoid"), lambda x: classes(x, 2), 0.85, score=right, loss="bce", optimizer=lambda: optimizers.Adam(1e-6), options=SHORT),
    # -- notes
    Fault(Code.BIAS_WITHOUT_EFFECT, lambda: [layers.Dense(32), layers.BatchNormalization(), layers.ReLU(), layers.Dense(32), layers.BatchNormalization(), layers.ReLU(), layers.Dense(1)], options=LONG),
    Fault(Code.CONSTANT_COLUMNS, small, lambda x: x[:, 0] - x[:, 1] ** 2, inputs=scaled(1, 1, 0), options=LONG),
    Fault(Code.MORE_PARAMETERS_THAN_ROWS, lambda: [dense(512), layers.Dense(1)], rows=100, options={"epochs": 100}, least=0.4),
    Fault(Code.MORE_PARAMETERS_THAN_ROWS, lambda: [dense(512), layers.BatchNormalization(), layers.Dense(1)], rows=100, options={"epochs": 300}, least=0.2),
]  # fmt: skip
