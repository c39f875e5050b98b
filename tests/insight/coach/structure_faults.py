"""Faults of structure and data, one each, measured on rows held out."""

# ruff: noqa: E501

from __future__ import annotations

import numpy as np

from tests.insight.coach.faults import (
    LONG,
    ROWS,
    SPARSE,
    Fault,
    classes,
    curve,
    dense,
    ending,
    explained,
    frame,
    right,
    small,
    twice,
)
from trimtab.insight.coach import Code
from trimtab.nn import initializers, layers, losses, optimizers, regularizers


def started(initializer, *units):
    """A network with these initial weights."""
    stack = [dense(each, kernel_initializer=initializer) for each in units]
    return lambda: [*stack, layers.Dense(1, kernel_initializer=initializer)]


def penalized(regularizer):
    return lambda: [
        dense(kernel_regularizer=regularizer),
        layers.Dense(1, kernel_regularizer=regularizer),
    ]


def one_hot(x):
    return np.eye(3)[classes(x)]


def several(x):
    """Three questions with answers of their own."""
    return (x > 0).astype(float)


def answers(names, x, truth):
    """Share of the questions answered right."""
    return np.mean((names["model"].predict(x) > 0.5) == (truth > 0.5))


def rare(x):
    """One row in thirty is of class 1, and it can be told."""
    return (curve(x) > 1.8).astype(int)


def balanced(names, x, truth):
    """Mean of the shares of rows of each class that are right."""
    guess = (names["model"].predict(x)[:, 0] > 0.5).astype(int)
    return np.mean([np.mean(guess[truth == label] == label) for label in (0, 1)])


def lognormal(x):
    return np.exp(2 * curve(x))


def logarithms(names, x, truth):
    """Explained variance of the logarithms."""
    z = names["model"].predict(x)[:, 0] * names.get("scale", 1.0) + names.get("center", 0.0)
    predicted = np.expm1(np.maximum(z, -0.99)) * names["unit"] if "unit" in names else np.exp(z)
    logs = np.log(np.maximum(predicted, 1e-3))
    return 1 - np.mean((logs - np.log(truth)) ** 2) / np.var(np.log(truth))


def in_order(x):
    """Training rows in the order of the target; held-out rows as they come."""
    return x[np.argsort(curve(x), kind="stable")] if len(x) == ROWS else x


def of_order(x):
    return curve(in_order(x))


def shifted(x):
    """Validation rows, of which there are 200, on another scale."""
    return x * 20 + 100 if len(x) == 200 else x


def elsewhere(x):
    return x + np.array([1.5, 0, 0]) if len(x) == 200 else x


def told(x):
    """The table with the target in its last column, on another scale."""
    return np.column_stack([x[:, :2], 3 * curve(x) + 7])


def without_last(names, x, truth):
    return explained(names, np.asarray(x)[:, :2], truth)


FAULTS: list[Fault] = [
    # -- weights
    Fault(Code.UNUSABLE_WEIGHTS, lambda: started("zeros", 32)(), options=LONG),
    Fault(Code.UNUSABLE_WEIGHTS, lambda: started("ones", 32)(), options=LONG),
    Fault(Code.UNUSABLE_WEIGHTS, lambda: started(initializers.Constant(0.1), 32, 32)(), options=LONG),
    Fault(Code.UNUSABLE_WEIGHTS, lambda: started(initializers.RandomUniform(0, 1), 32, 32)(), options=LONG, valid=True),
    Fault(Code.UNUSABLE_WEIGHTS, lambda: started(initializers.RandomNormal(stddev=3.0), 64)(), options=LONG),
    Fault(Code.UNUSABLE_WEIGHTS, lambda: [*(dense(activation="tanh", kernel_initializer=initializers.RandomNormal(stddev=3.0)) for _ in range(3)), layers.Dense(1)], options=LONG, least=0.8),
    Fault(Code.STRONG_PENALTY, penalized(regularizers.L2(1.0)), options=LONG),
    Fault(Code.STRONG_PENALTY, penalized(regularizers.L1(0.5)), options=LONG),
    Fault(Code.STRONG_PENALTY, small, optimizer=lambda: optimizers.SGD(0.05, weight_decay=1.0), options=LONG),
    Fault(Code.STRONG_PENALTY, small, optimizer=lambda: optimizers.AdamW(0.01, weight_decay=20.0), options=LONG),
    # -- structure
    Fault(Code.NO_ACTIVATION, lambda: [layers.Dense(32), layers.Dense(32), layers.Dense(1)], lambda x: np.abs(curve(x)), 0.4, options=LONG),
    Fault(Code.NO_ACTIVATION, lambda: [layers.Dense(32), layers.BatchNormalization(), layers.Dense(1)], lambda x: np.abs(curve(x)), 0.4, options=LONG | {"epochs": 100}),
    Fault(Code.SATURATING_DEPTH, lambda: [*[dense(activation="sigmoid") for _ in range(12)], layers.Dense(1)], options=LONG, least=0.8),
    Fault(Code.NORMALIZED_OUTPUT, lambda: [dense(), layers.Dense(1), layers.BatchNormalization()], options=LONG),
    Fault(Code.NORMALIZED_OUTPUT, lambda: [dense(), layers.Dense(1, use_bias=False), layers.BatchNormalization(), layers.Activation("sigmoid")], lambda x: classes(x, 2), 0.8, score=right, loss="bce", options={"epochs": 20}),
    # -- loss
    Fault(Code.WRONG_LOSS, lambda: ending(3, "softmax"), one_hot, 0.7, score=right, options=LONG),
    Fault(Code.WRONG_LOSS, lambda: ending(3, "softmax"), one_hot, 0.7, score=right, loss="bce", options=LONG, valid=True),
    Fault(Code.WRONG_LOSS, lambda: ending(3, "sigmoid"), one_hot, 0.7, score=right, loss="bce", options=LONG),
    Fault(Code.WRONG_LOSS, lambda: ending(3, "sigmoid"), classes, 0.7, score=right, loss=SPARSE, options=LONG),
    Fault(Code.WRONG_LOSS, lambda: ending(3, None), one_hot, 0.7, score=right, loss=lambda: losses.BinaryCrossentropy(from_logits=True), options=LONG),
    Fault(Code.WRONG_LOSS, lambda: ending(3, "softmax"), several, 0.85, score=answers, options=LONG),
    Fault(Code.WRONG_LOSS, lambda: ending(1, "sigmoid"), lambda x: classes(x, 2), 0.85, score=right, loss="mae", options=LONG),
    Fault(Code.LABELS_AS_NUMBERS, small, lambda x: classes(x, 2), 0.85, score=right, loss="mae", options=LONG),
    Fault(Code.LABELS_AS_NUMBERS, lambda: ending(3, None), one_hot, 0.7, score=right, options=LONG),
    # -- rows and columns
    Fault(Code.UNEQUAL_CLASSES, lambda: ending(1, "sigmoid"), rare, 0.8, score=balanced, loss="bce", options=LONG),
    Fault(Code.SORTED_ROWS, small, of_order, inputs=in_order, options=LONG | {"validation_split": 0.25}),
    Fault(Code.SORTED_ROWS, small, of_order, inputs=lambda x: frame(in_order(x)), options=LONG | {"shuffle": False}),
    Fault(Code.UNLIKE_VALIDATION, small, inputs=shifted, options=LONG, valid=True),
    Fault(Code.UNLIKE_VALIDATION, small, inputs=lambda x: frame(elsewhere(x)), options=LONG, valid=True),
    Fault(Code.HEAVY_TAILED_TARGET, small, lognormal, score=logarithms, options=LONG),
    Fault(Code.HEAVY_TAILED_TARGET, lambda: ending(1, "softplus"), lognormal, 0.5, score=logarithms, options=LONG, valid=True),
    Fault(Code.LEAKING_COLUMN, small, inputs=told, score=without_last, options=LONG, least=0.5),
    Fault(Code.DUPLICATE_ROWS, small, inputs=twice, target=lambda x: curve(twice(x)), options=LONG),
]  # fmt: skip
