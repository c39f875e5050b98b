"""For every finding about structure and data networks that have it and networks that do not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.insight.coach.cases import (
    OTHER,
    ROWS,
    SPARSE,
    Cases,
    case,
    changed,
    classes,
    coded,
    dense,
    embedded,
    few,
    frame,
    frozen,
    normalized,
    probability,
    table,
    target,
    twice,
)
from trimtab.insight.coach import Code
from trimtab.nn import initializers, layers, losses, optimizers, regularizers


def noisy() -> np.ndarray:
    """A target that the columns say half of."""
    y = target(table())
    return y + y.std() * np.random.default_rng(7).normal(size=len(y))


def by_target(x):
    """The rows in the order of the target."""
    order = np.argsort(target(x), kind="stable")
    return x.iloc[order] if isinstance(x, pd.DataFrame) else x[order]


def wide():
    """Initial weights far too large for a hidden layer."""
    return initializers.RandomNormal(stddev=3.0)


def shares_of_one():
    """Three shares a row that add up to 1."""
    return np.random.default_rng(3).dirichlet([1.0, 2.0, 3.0], size=ROWS)


FIRES: dict[Code, Cases] = {
    Code.UNUSABLE_WEIGHTS: [
        lambda: case(
            dense(kernel_initializer="zeros"), layers.Dense(1, kernel_initializer="zeros")
        ),
        lambda: case(dense(kernel_initializer="zeros"), dense(), layers.Dense(1)),
        lambda: case(dense(kernel_initializer="ones"), layers.Dense(1, kernel_initializer="ones")),
        lambda: case(
            dense(64, kernel_initializer=initializers.RandomUniform(0.0, 1.0)),
            dense(64, kernel_initializer=initializers.RandomUniform(0.0, 1.0)),
            layers.Dense(1),
        ),
        lambda: case(
            dense(64, "tanh", kernel_initializer=initializers.RandomNormal(stddev=2.0)),
            layers.Dense(
                1, activation="sigmoid", kernel_initializer=initializers.RandomNormal(stddev=2.0)
            ),
            loss="bce",
            y=classes(2),
        ),
        lambda: case(
            *(dense(32, "tanh", kernel_initializer=wide()) for _ in range(2)),
            dense(32, "sigmoid", kernel_initializer=wide()),
            layers.Dense(1),
        ),
    ],
    Code.NO_ACTIVATION: [
        lambda: case(layers.Dense(8), layers.Dense(1)),
        lambda: case(
            dense(), layers.Dense(8, name="b"), layers.Dropout(0.1), dense(), layers.Dense(1)
        ),
        lambda: case(
            layers.Dense(32, use_bias=False, kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dense(32),
            layers.BatchNormalization(),
            layers.Dense(1),
        ),
    ],
    Code.SATURATING_DEPTH: [
        lambda: case(*[dense(16, "sigmoid") for _ in range(6)], layers.Dense(1)),
        lambda: case(
            *[each for _ in range(5) for each in (layers.Dense(32), layers.Activation("sigmoid"))],
            layers.Dense(1, activation="sigmoid"),
            loss="bce",
            y=classes(2),
        ),
    ],
    Code.WRONG_LOSS: [
        lambda: case(*probability(3, "softmax"), y=np.eye(3)[classes(3)]),
        lambda: case(
            *probability(3, "softmax"),
            loss="mae",
            y=np.eye(3)[classes(3)],
            valid=(OTHER[0], np.eye(3)[classes(3)]),
        ),
        lambda: case(*probability(3, "softmax"), loss="bce", y=np.eye(3)[classes(3)]),
        lambda: case(*probability(3), loss="bce", y=np.eye(3)[classes(3)]),
        lambda: case(*probability(3), loss=SPARSE, y=classes(3)),
        lambda: case(
            dense(),
            layers.Dense(3),
            loss=losses.BinaryCrossentropy(from_logits=True),
            y=np.eye(3)[classes(3)],
        ),
        lambda: case(
            *probability(3, "softmax"),
            loss="bce",
            y=np.eye(3)[classes(3)] + np.eye(3)[classes(2)] > 0,
        ),
        lambda: case(
            *probability(3, "softmax"), y=np.eye(3)[classes(3)] + np.eye(3)[classes(2)] > 0
        ),
        lambda: case(*probability(), loss="mae", y=classes(2)),
    ],
    Code.STRONG_PENALTY: [
        lambda: case(
            dense(kernel_regularizer=regularizers.L2(1.0)),
            layers.Dense(1, kernel_regularizer=regularizers.L2(1.0)),
        ),
        lambda: case(dense(kernel_regularizer=regularizers.L1(0.3)), layers.Dense(1)),
        lambda: case(
            dense(kernel_regularizer=regularizers.L1L2(0.3, 0.1)), layers.Dense(1), optimizer="sgd"
        ),
        lambda: case(optimizer=optimizers.AdamW(weight_decay=5.0)),
        lambda: case(optimizer=optimizers.SGD(0.05, momentum=0.5, weight_decay=2.0)),
        lambda: case(optimizer=optimizers.AdamW(3e-7, weight_decay=1e4), epochs=10_000),
        lambda: case(
            *probability(3, "softmax"),
            loss=SPARSE,
            y=classes(3),
            optimizer=optimizers.SGD(0.05, weight_decay=2.0),
        ),
    ],
    Code.NORMALIZED_OUTPUT: [
        lambda: case(dense(), layers.Dense(1), layers.BatchNormalization()),
        lambda: case(
            dense(),
            layers.Dense(1, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("sigmoid"),
            loss="bce",
            y=classes(2),
            epochs=2,
        ),
        lambda: case(*normalized(), layers.BatchNormalization(name="last"), epochs=2),
    ],
    Code.LEAKING_COLUMN: [
        lambda: case(y=table()[:, 1]),
        lambda: case(x=frame(table()), y=3 * table()[:, 0] + 5, valid=(frame(OTHER[0]), OTHER[1])),
        lambda: case(y=table()[:, 2] ** 3),
        lambda: case(
            *probability(), x=changed(1, lambda c: 2.0 * classes(2) - 1), loss="bce", y=classes(2)
        ),
        lambda: case(
            *probability(3, "softmax"),
            x=changed(0, lambda c: 7.0 - classes(3)),
            loss=SPARSE,
            y=classes(3),
        ),
        lambda: case(*embedded(), x=coded(), y=coded()[:, 2] ** 2 % 7),
        lambda: case(x=changed(2, lambda c: 0 * c + 4), y=table()[:, 0]),
        lambda: case(x=changed(2, lambda c: noisy() + 0.05 * c), y=noisy()),
    ],
    Code.SORTED_ROWS: [
        lambda: case(x=by_target(table())[:, ::-1], y=np.sort(target(table())), shuffle=False),
        lambda: case(
            x=table()[np.argsort(table()[:, 1])],
            y=target(table()[np.argsort(table()[:, 1])]),
            validation_split=0.25,
        ),
        lambda: case(x=by_target(table()), y=np.sort(target(table())), validation_split=0.25),
        lambda: case(x=by_target(frame(table())), y=np.sort(target(table()))[::-1], shuffle=False),
        lambda: case(
            *probability(3, "softmax"), loss=SPARSE, y=np.sort(classes(3)), validation_split=0.2
        ),
        lambda: case(
            *probability(),
            loss="bce",
            y=np.sort(classes(2)),
            validation_split=0.2,
            shuffle=False,
            sample_weight=np.ones(ROWS),
            groups=np.arange(ROWS),
        ),
    ],
    Code.UNLIKE_VALIDATION: [
        lambda: case(valid=(100 + 20 * OTHER[0], OTHER[1])),
        lambda: case(x=frame(table()), valid=(frame(5 * OTHER[0]), OTHER[1])),
        lambda: case(valid=(np.exp(OTHER[0]), OTHER[1])),
        lambda: case(x=frame(table()), valid=(frame(OTHER[0] + [1, 0, 0]), OTHER[1])),
        lambda: case(valid=(OTHER[0], OTHER[1] + 2)),
        lambda: case(
            valid=(OTHER[0] - [0, 0, 1], OTHER[1]), groups=(np.arange(ROWS), -1 - np.arange(ROWS))
        ),
        lambda: case(
            x=table() + (np.arange(ROWS) > 191)[:, None], y=target(table()), validation_split=0.25
        ),
        lambda: case(
            x=table() * (1 + 9 * (np.arange(ROWS) > 191)[:, None]),
            y=target(table()),
            validation_split=0.25,
        ),
    ],
    Code.UNEQUAL_CLASSES: [
        lambda: case(*probability(), loss="bce", y=classes(64) == 0),
        lambda: case(
            *probability(3, "softmax"),
            loss=SPARSE,
            y=np.clip(classes(64), 0, 2) % 3 * (classes(64) < 2),
        ),
        lambda: case(
            *probability(3, "softmax"), loss="bce", y=np.eye(3)[np.maximum(classes(64) - 61, 0)]
        ),
    ],
    Code.HEAVY_TAILED_TARGET: [
        lambda: case(y=np.exp(2 * target(table()))),
        lambda: case(y=np.exp(2 * target(table())), valid=(OTHER[0], np.exp(2 * OTHER[1]))),
        lambda: case(y=np.sinh(2 * target(table()))),
        lambda: case(
            dense(), layers.Dense(1, activation="softplus"), y=np.exp(2 * target(table()))
        ),
        lambda: case(
            dense(), layers.Dense(1, activation="relu"), y=np.round(np.exp(2 * target(table())))
        ),
        lambda: case(y=np.where(classes(64) == 0, 1e4 * np.sign(target(table())), target(table()))),
    ],
    Code.LABELS_AS_NUMBERS: [
        lambda: case(y=classes(2)),
        lambda: case(loss="mae", y=classes(2)),
        lambda: case(dense(), layers.Dense(3), y=np.eye(3)[classes(3)]),
        lambda: case(
            dense(), layers.Dense(1), layers.BatchNormalization(trainable=False), y=classes(2)
        ),
    ],
    Code.DUPLICATE_ROWS: [
        lambda: case(x=twice(), y=target(twice())),
        lambda: case(x=frame(twice()), y=target(twice()), sample_weight=np.ones(ROWS)),
        lambda: case(*normalized(), x=twice()[:-31], y=target(twice()[:-31])),
    ],
}

SILENT: dict[Code, Cases] = {
    Code.UNUSABLE_WEIGHTS: [
        case,
        lambda: case(dense(), layers.Dense(1, kernel_initializer="zeros")),
        lambda: case(dense(16, "tanh", kernel_initializer="zeros"), layers.Dense(1)),
        lambda: case(
            dense(kernel_initializer="he_normal"),
            dense(kernel_initializer="lecun_normal"),
            layers.Dense(1),
        ),
        lambda: case(
            dense(64, kernel_initializer=initializers.RandomUniform(0.0, 0.05)), layers.Dense(1)
        ),
        lambda: case(*probability(3, "softmax"), loss=SPARSE, y=classes(3)),
    ],
    Code.NO_ACTIVATION: [
        case,
        lambda: case(layers.Dense(1)),
        lambda: case(dense(64), layers.Dense(4, use_bias=False), dense(64), layers.Dense(1)),
        lambda: case(layers.Dense(8), layers.Residual(dense(8), layers.Dense(8)), layers.Dense(1)),
        lambda: case(layers.Dense(8), layers.BatchNormalization(), layers.ReLU(), layers.Dense(1)),
    ],
    Code.SATURATING_DEPTH: [
        lambda: case(*[dense(16, "tanh") for _ in range(8)], layers.Dense(1)),
        lambda: case(*[dense(16, "sigmoid") for _ in range(3)], layers.Dense(1)),
        lambda: case(*[dense(16) for _ in range(10)], layers.Dense(1)),
        lambda: case(
            *[
                each
                for _ in range(6)
                for each in (
                    layers.Dense(16),
                    layers.BatchNormalization(),
                    layers.Activation("sigmoid"),
                )
            ],
            layers.Dense(1),
        ),
    ],
    Code.WRONG_LOSS: [
        case,
        lambda: case(*probability(3, "softmax"), loss=SPARSE, y=classes(3)),
        lambda: case(*probability(), loss="bce", y=classes(2)),
        lambda: case(*probability(), y=classes(2)),
        lambda: case(*probability(), loss="mae", y=classes(101) / 100),
        lambda: case(
            *probability(3), loss="bce", y=np.eye(3)[classes(3)] + np.eye(3)[classes(2)] > 0
        ),
        lambda: case(*probability(3, "softmax"), y=shares_of_one()),
        lambda: case(dense(), layers.Dense(3, activation="tanh"), y=np.tanh(table())),
    ],
    Code.STRONG_PENALTY: [
        case,
        lambda: case(dense(kernel_regularizer="l2"), layers.Dense(1, kernel_regularizer="l2")),
        lambda: case(dense(kernel_regularizer=regularizers.L1(1e-3)), layers.Dense(1)),
        lambda: case(optimizer="adamw"),
        lambda: case(optimizer=optimizers.AdamW(weight_decay=0.1)),
        lambda: case(optimizer=optimizers.AdamW(1e-5, weight_decay=5.0), epochs=20),
        lambda: case(
            layers.Dense(16, kernel_regularizer=regularizers.L2(5.0)),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(1),
        ),
    ],
    Code.NORMALIZED_OUTPUT: [
        lambda: case(*normalized()),
        lambda: case(layers.BatchNormalization(), layers.Dense(1)),
        lambda: case(dense(), layers.Dense(1), frozen(layers.BatchNormalization())),
    ],
    Code.LEAKING_COLUMN: [
        case,
        lambda: case(y=table()[:, 0] + 0.1 * table()[:, 1]),
        lambda: case(x=table()[:, :1], y=np.sin(table()[:, 0])),
        lambda: case(*probability(), loss="bce", y=table()[:, 0] > 0),
        lambda: case(x=np.tile(table()[:64], (4, 1)), y=target(np.tile(table()[:64], (4, 1)))),
        lambda: case(  # the first class alone can be told by a column
            *probability(3, "softmax"),
            x=changed(0, lambda c: np.where(classes(3) == 0, 9, np.arange(ROWS) % 7)),
            y=np.eye(3)[classes(3)],
        ),
        lambda: case(x=few(), y=target(few())),
        lambda: case(x=changed(2, lambda c: noisy() + c), y=noisy()),
        lambda: case(x=changed(2, lambda c: target(table()) + 0.05 * c)),  # others tell as much
    ],
    Code.SORTED_ROWS: [
        lambda: case(x=by_target(table()), y=np.sort(target(table()))),
        lambda: case(validation_split=0.25, shuffle=False),
        lambda: case(y=np.cumsum(target(table())), validation_split=0.25),
        lambda: case(*probability(3, "softmax"), loss=SPARSE, y=classes(3), validation_split=0.2),
        lambda: case(x=np.sort(table(), axis=0), y=target(table()), shuffle=False),
    ],
    Code.UNLIKE_VALIDATION: [
        lambda: case(valid=OTHER),
        lambda: case(valid=(OTHER[0] + 0.1, OTHER[1])),
        lambda: case(valid=(OTHER[0][:15] + 9, OTHER[1][:15])),
        lambda: case(validation_split=0.1),
        lambda: case(x=by_target(table()), y=np.sort(target(table())), validation_split=0.25),
        lambda: case(
            valid=(np.repeat(OTHER[0][:8] + 0.5, 32, axis=0), np.repeat(OTHER[1][:8], 32)),
            groups=(np.arange(ROWS), -1 - np.arange(ROWS) // 32),
        ),
    ],
    Code.UNEQUAL_CLASSES: [
        lambda: case(*probability(), loss="bce", y=classes(10) == 0),
        lambda: case(*probability(), loss="bce", y=classes(64) == 0, class_weight={1: 60.0}),
        lambda: case(*probability(), loss="bce", y=classes(64) == 0, sample_weight=np.ones(ROWS)),
        lambda: case(*probability(), loss="bce", y=0.01 * (classes(64) == 0)),
        lambda: case(*probability(9, "softmax"), loss=SPARSE, y=classes(9)),
    ],
    Code.HEAVY_TAILED_TARGET: [
        case,
        lambda: case(y=np.exp(0.3 * target(table()))),
        lambda: case(y=np.exp(2 * target(table())), loss="mae"),
        lambda: case(*probability(), y=classes(128) == 0),
        lambda: case(y=np.random.default_rng(0).exponential(size=ROWS)),
    ],
    Code.LABELS_AS_NUMBERS: [
        lambda: case(*probability(), y=classes(2)),
        lambda: case(y=classes(3)),
        lambda: case(y=0 * classes(2)),
        lambda: case(dense(), layers.Dense(3), y=np.tanh(table())),
    ],
    Code.DUPLICATE_ROWS: [
        case,
        lambda: case(x=few(), y=target(few())),
        lambda: case(x=np.random.default_rng(0).integers(0, 20, (ROWS, 2)), y=classes(2)),
        lambda: case(x=twice(), y=target(table())),
    ],
}
