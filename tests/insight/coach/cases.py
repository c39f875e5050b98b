"""For every finding networks that have it and networks that have it not. A new code is a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from trimtab import Sequential
from trimtab.insight.coach import Code
from trimtab.keras.callbacks import EarlyStopping, History, ModelCheckpoint
from trimtab.nn import layers, losses, optimizers, schedules

ROWS = 256


@dataclass
class Case:
    """A model and what ``check`` is given; ``data`` are x, y, x_valid, y_valid and groups."""

    model: Sequential
    data: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def check(self):
        return check(self.model, self.data, self.options)


def check(model, data, options):
    """``model.check`` with these names and options."""
    validation = (data["x_valid"], data["y_valid"]) if "x_valid" in data else None
    return model.check(
        data.get("x"),
        data.get("y"),
        validation_data=validation,
        groups=data.get("groups"),
        **options,
    )


def table(rows=ROWS, seed=0):
    """Standardized features."""
    return np.random.default_rng(seed).normal(size=(rows, 3)).astype(np.float32)


def target(x):
    return (np.asarray(x)[:, 0] - np.asarray(x)[:, 1]).astype(np.float32)


def frame(x):
    return pd.DataFrame(np.array(x, np.float64), columns=["age", "in come", 3])


def changed(column, change):
    """The table with one of its columns changed, in float64."""
    x = table().astype(np.float64)
    x[:, column] = change(x[:, column])
    return x


def small(*stack):
    """A network of a few units, or these layers."""
    return stack or (layers.Dense(8, activation="relu"), layers.Dense(1))


def case(
    *stack, x=None, y=None, optimizer="adam", loss="mse", epochs=1000, valid=None, **options
) -> Case:
    """A compiled model on rows of its own; ``valid`` are (x, y) to validate on."""
    model = Sequential(list(small(*stack)), seed=1)
    model.compile(optimizer=optimizer, loss=loss, metrics=["mae"] if loss == "mse" else None)
    x = table() if x is None else x
    data = {"x": x, "y": target(x) if y is None else y}
    if valid is not None:
        data |= {"x_valid": valid[0], "y_valid": valid[1]}
    if "groups" in options:
        data["groups"] = options.pop("groups")
    return Case(model, data, {"epochs": epochs, **options})


def bare(*stack) -> Case:
    """A model alone: not built, not compiled, no data."""
    return Case(Sequential(list(stack)))


def dense(units=8, activation="relu", **more):
    return layers.Dense(units, activation=activation, **more)


def normalized(**more):
    """A network with one batch normalization."""
    return dense(), layers.BatchNormalization(**more), layers.Dense(1)


def probability(units=1, activation="sigmoid"):
    """A network that ends in probabilities."""
    return dense(), layers.Dense(units, activation=activation)


def frozen(layer):
    layer.trainable = False
    return layer


def holed(x, *values):
    """The table with these values in its first rows, in turns of columns."""
    x = np.array(x)
    for i, value in enumerate(values):
        x[i, i % x.shape[1]] = value
    return x


def classes(count):
    return np.arange(ROWS) % count


def twice():
    """Rows of which the last quarter are those of the first."""
    x = table()
    x[-ROWS // 4 :] = x[: ROWS // 4]
    return x


def few():
    """A table in which few different rows exist."""
    return np.round(table()[:, :3] > 0).astype(np.float32)


def unit():
    """A table of numbers between 0 and 1."""
    return np.random.default_rng(2).random((ROWS, 3))


def rare():
    """A table with a column of 0 and 1 that has few ones."""
    return changed(1, lambda c: (np.arange(len(c)) % 64 == 0).astype(float))


def coded(*changes):
    """The table with codes in its last column, 0 to 4, and these (row, code) among them."""
    x = changed(2, lambda c: np.arange(len(c)) % 5.0)
    for row, code in changes:
        x[row, 2] = code
    return x


def embedded(*stack, **more):
    """A network that reads such a table."""
    return layers.CategoryEmbedding([5], dims=[2], **more), *small(*stack)


SPARSE = "sparse_categorical_crossentropy"
OTHER = (table(seed=1), target(table(seed=1)))
Cases = list[Callable[[], Case]]

FIRES: dict[Code, Cases] = {
    Code.NON_FINITE_VALUES: [
        lambda: case(x=holed(table(), np.nan, np.inf), y=target(table())),
        lambda: case(x=frame(holed(table(), np.nan, np.inf, -np.inf)), y=target(table())),
        lambda: case(y=holed(target(table())[:, None], np.nan)[:, 0]),
        lambda: case(x=frame(table()), y=pd.Series(holed(target(table())[:, None], np.inf)[:, 0])),
        lambda: case(valid=(holed(OTHER[0], np.nan), OTHER[1])),
        lambda: case(valid=(OTHER[0], holed(OTHER[1][:, None], np.nan)[:, 0])),
        lambda: case(x=changed(2, lambda c: c * np.nan)),
        lambda: case(
            x=np.flip(holed(table(), np.nan), axis=0), y=target(table()), validation_split=0.25
        ),
        lambda: case(*embedded(), x=coded((3, np.nan)), y=target(table())),
        lambda: case(*embedded(), x=frame(holed(coded((3, np.inf)), np.nan)), y=target(table())),
        lambda: case(
            *embedded(), x=frame(coded()), valid=(frame(coded((3, np.nan))), target(table()))
        ),
    ],
    Code.CODES_OUT_OF_RANGE: [
        lambda: case(*embedded(), x=coded((3, 5), (4, 6))),
        lambda: case(*embedded(name="c"), x=frame(coded((3, -1))), optimizer="sgd"),
        lambda: case(*embedded(), x=coded(), valid=(coded((3, 7.5)), target(table()))),
        lambda: case(
            layers.Embedding(2, 2), layers.Flatten(), *small(), x=few() + 1, y=target(few())
        ),
        lambda: case(
            layers.CategoryEmbedding([2, 4], name="c"),
            *small(),
            x=frame(coded()),
            validation_split=0.25,
        ),
    ],
    Code.CODES_CHANGED: [
        lambda: case(layers.FeatureDropout(0.2), *embedded(name="c"), x=coded()),
        lambda: case(
            layers.BatchNormalization(input_shape=[3]),
            layers.Flatten(),
            layers.Dropout(0.1),
            *embedded(),
            x=frame(coded()),
        ),
        lambda: case(
            layers.Activation("tanh"), layers.Embedding(5, 2), *small(), x=few(), y=target(few())
        ),
    ],
    Code.NOTHING_TO_TRAIN: [
        lambda: case(frozen(dense()), frozen(layers.Dense(1))),
        lambda: case(frozen(dense(name="a")), layers.Dropout(0.1), frozen(layers.Dense(1))),
        lambda: case(layers.Dropout(0.1), layers.ReLU(), y=table()),
    ],
    Code.LABELS_MISMATCH: [
        lambda: case(*probability(), loss="bce", y=2 * classes(2) - 1),
        lambda: case(
            *probability(), loss="bce", y=1 + classes(2), valid=(OTHER[0], 1 + classes(2))
        ),
        lambda: case(
            *small(), loss=losses.BinaryCrossentropy(from_logits=True), y=2.0 * classes(2) - 1
        ),
        lambda: case(*probability(), loss="mse", y=100 * classes(2)),
        lambda: case(*probability(), loss="bce", y=np.array(["no", "yes"])[classes(2)]),
        lambda: case(*probability(), loss="bce", y=np.eye(2)[classes(2)]),
        lambda: case(*probability(), loss="bce", y=classes(101)),
        lambda: case(*probability(), loss="bce", y=classes(4), optimizer=optimizers.SGD(0.1)),
        lambda: case(*probability(), loss="bce", y=50 * target(table())),
        lambda: case(*probability(3, "softmax"), loss="bce", y=classes(3)),
        lambda: case(*probability(3, "softmax"), loss=SPARSE, y=1 + classes(3)),
        lambda: case(
            *probability(3, "softmax"), loss=SPARSE, y=10 * classes(3), class_weight={10: 2}
        ),
        lambda: case(*probability(2, "softmax"), loss=SPARSE, y=1 + classes(3)),
        lambda: case(*probability(3, "softmax"), loss=SPARSE, y=np.eye(3)[classes(3)]),
        lambda: case(
            *probability(3, "softmax"),
            loss=SPARSE,
            y=list(map("abc".__getitem__, classes(3))),
            validation_split=0.25,
        ),
        lambda: case(*probability(3, "softmax"), loss=SPARSE, y=50 + target(table())),
    ],
    Code.LOGITS_MISMATCH: [
        lambda: case(layers.Dense(1), loss="binary_crossentropy", y=classes(2)),
        lambda: case(
            layers.Dense(1, activation="sigmoid"),
            loss=losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
            y=classes(2),
        ),
        lambda: case(layers.Dense(3), loss="sparse_categorical_crossentropy", y=classes(3)),
        lambda: case(
            layers.Dense(3),
            layers.Activation("softmax"),
            loss=losses.SparseCategoricalCrossentropy(from_logits=True),
            y=classes(3),
            optimizer=optimizers.Adam(0.01),
        ),
        lambda: case(layers.Dense(1, activation="relu"), loss="bce", y=classes(2)),
    ],
    Code.SOFTMAX_OF_ONE: [
        lambda: case(dense(), layers.Dense(1, activation="softmax")),
        lambda: case(layers.Dense(1), layers.Activation("softmax"), loss="bce", y=classes(2)),
    ],
    Code.UNREACHABLE_TARGETS: [
        lambda: case(dense(), layers.Dense(1, activation="relu")),
        lambda: case(dense(), layers.Dense(1), layers.Activation("sigmoid")),
        lambda: case(dense(), layers.Dense(1, activation="tanh"), layers.Dropout(0.0)),
        lambda: case(layers.Dense(1, activation="elu")),
    ],
    Code.TOO_FEW_CLASSES: [
        lambda: case(
            layers.Dense(2, activation="softmax"),
            loss="sparse_categorical_crossentropy",
            y=classes(5),
        ),
        lambda: case(
            dense(),
            layers.Dense(3, use_bias=False, kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Activation("softmax"),
            loss="sparse_categorical_crossentropy",
            y=classes(4),
            optimizer=optimizers.SGD(0.05, momentum=0.5),
        ),
    ],
    Code.VARIANCE_SHIFT: [
        lambda: case(dense(64), layers.Dropout(0.3), layers.BatchNormalization(), layers.Dense(1)),
        lambda: case(
            layers.Residual(
                dense(64), layers.Dropout(0.7), layers.Dense(3, kernel_initializer="ones")
            ),
            layers.BatchNormalization(),
            layers.Dense(1),
        ),
        lambda: case(
            dense(64),
            layers.Dropout(schedules.LinearDropout(0.0, 0.5, epochs=10)),
            layers.BatchNormalization(),
            layers.Dense(1),
            epochs=500,
            valid=OTHER,
        ),
    ],
    Code.SLOW_MOVING_AVERAGES: [
        lambda: case(*normalized(), epochs=3),
        lambda: case(
            layers.Residual(dense(3), layers.BatchNormalization(epsilon=1e-4)),
            dense(),
            layers.BatchNormalization(momentum=0.999, center=False),
            layers.Dense(1),
            optimizer="adamw",
            epochs=40,
        ),
    ],
    Code.SMALL_BATCH_STATISTICS: [
        lambda: case(*normalized(), batch_size=8),
        lambda: case(*normalized(), x=table(12), y=target(table(12))),
        lambda: case(*normalized(virtual_batch_size=4)),
    ],
    Code.TINY_LAST_BATCH: [
        lambda: case(*normalized(), x=table(65), y=target(table(65))),
        lambda: case(*normalized(), x=table(66), y=target(table(66)), valid=OTHER),
        lambda: case(*normalized(momentum=0.5), x=table(255), y=target(table(255)), batch_size=50),
        lambda: case(*normalized(), x=table(33), y=target(table(33)), statistics="population"),
    ],
    Code.SHARED_ROWS: [
        lambda: case(valid=(table()[:64], target(table()[:64]))),
        lambda: case(x=frame(table()), valid=(frame(table()[::2]), target(table()[::2]))),
        lambda: case(x=twice(), validation_split=0.25),
    ],
    Code.SHARED_GROUPS: [
        lambda: case(valid=OTHER, groups=(np.arange(ROWS) // 8, np.arange(ROWS) // 8)),
        lambda: case(groups=list("abcdefgh") * (ROWS // 8), validation_split=0.25),
    ],
    Code.INPUT_SCALES: [
        lambda: case(x=changed(1, lambda c: 50 * c), optimizer="sgd"),
        lambda: case(
            x=frame(changed(0, lambda c: 0.01 * c)), optimizer=optimizers.SGD(0.001, 0.9, True)
        ),
        lambda: case(x=1000 * table(), optimizer="sgd", y=target(table())),
        lambda: case(
            *embedded(), x=coded() * [1, 50, 1], y=target(table()), optimizer="sgd", valid=OTHER
        ),
    ],
    Code.TARGET_SCALE: [
        lambda: case(y=1e5 * target(table())),
        lambda: case(y=0.001 * target(table()), loss="mae"),
        lambda: case(y=80 + target(table()), valid=(OTHER[0], 80 + OTHER[1])),
        lambda: case(dense(), layers.Dense(2), y=1e3 * table()[:, :2]),
        lambda: case(dense(), layers.Dense(1, activation="sigmoid"), y=1e4 * (1 + classes(9))),
        lambda: case(y=20 + 2 * target(table()), epochs=20),
        # Raw columns make outputs large as well; scaled, they do not reach these targets.
        lambda: case(x=200 * table(), y=200 * target(table()), optimizer="sgd"),
    ],
    Code.NEARLY_ALL_DROPPED: [
        lambda: case(dense(64), layers.Dropout(0.9), layers.Dense(1)),
        lambda: case(dense(4), layers.Dropout(0.5), layers.Dense(1)),
        lambda: case(
            layers.Residual(dense(64), layers.Dropout(0.8), layers.Dense(3)), layers.Dense(1)
        ),
        lambda: case(layers.FeatureDropout(0.5), *small()),
        lambda: case(dense(64), layers.Dropout(0.85, noise_shape=(None, 1)), layers.Dense(1)),
    ],
    Code.DROPOUT_ON_OUTPUT: [
        lambda: case(dense(), layers.Dense(1), layers.Dropout(0.2)),
        lambda: case(
            dense(), layers.Dense(1), layers.Dropout(0.2), layers.Activation("elu"), y=classes(3)
        ),
    ],
    Code.FLOAT32_RESOLUTION: [
        lambda: case(x=changed(1, lambda c: c + 1e6), y=target(table())),
        lambda: case(x=frame(changed(1, lambda c: c + 1e6)), y=target(table())),
        lambda: case(
            x=frame(changed(2, lambda c: 1e9 + 100 * c)),
            valid=(frame(changed(2, lambda c: 1e9 + 100 * c)), target(table())),
        ),
    ],
    Code.UNUSUAL_LEARNING_RATE: [
        lambda: case(optimizer=optimizers.Adam(1.0)),
        lambda: case(optimizer=optimizers.AdamW(1e-8)),
        lambda: case(optimizer=optimizers.Adam(1e-5), epochs=10),
        lambda: case(optimizer=optimizers.SGD(1e-5), epochs=20),
        lambda: case(*probability(), loss="bce", y=classes(2), optimizer=optimizers.Adam(1e-6)),
        lambda: case(optimizer=optimizers.SGD(0.5, momentum=0.9)),
        lambda: case(optimizer=optimizers.Adam(schedules.ExponentialDecay(10.0, 100, 0.9))),
        lambda: case(optimizer=optimizers.SGD(0.01, momentum=1.0)),
    ],
    Code.BIAS_WITHOUT_EFFECT: [
        lambda: case(
            layers.Dense(8, input_shape=[3]),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dense(1),
        ),
        lambda: case(
            layers.Residual(layers.Dense(3, name="inner"), layers.BatchNormalization()),
            layers.Dense(1),
        ),
    ],
    Code.CONSTANT_COLUMNS: [
        lambda: case(x=changed(2, lambda c: 0 * c + 7)),
        lambda: case(
            x=frame(changed(2, lambda c: 0 * c)).rename(columns={3: "age"}),  # a name twice
            y=target(table()),
        ),
        lambda: case(layers.BatchNormalization(), *small(), x=frame(changed(2, lambda c: 0 * c))),
        lambda: case(
            x=np.tile(table(), (10, 1)) * [1, 1, 0] + np.arange(10 * ROWS)[:, None] // 2559,
            valid=OTHER,
        ),
        lambda: case(*embedded(), x=coded() * [1, 1, 0] + [0, 0, 3], y=target(table())),
        lambda: case(*embedded(), x=frame(coded() * [1, 0, 1]), y=target(table())),
        lambda: case(
            layers.CategoryEmbedding([9, 5], dims=[4, 2]),
            *small(),
            x=coded() * [1, 0, 1],
            y=target(table()),
        ),
    ],
    Code.MORE_PARAMETERS_THAN_ROWS: [
        lambda: case(dense(1024), layers.Dense(1)),
        lambda: case(dense(1024), layers.Dense(1), valid=OTHER),
        lambda: case(dense(1024), layers.Dense(1), callbacks=[]),
        lambda: case(dense(1024), layers.Dense(1), callbacks=[History()], valid=OTHER),
        lambda: case(dense(1024), layers.Dense(1), callbacks=History()),
    ],
}

SILENT: dict[Code, Cases] = {
    Code.NON_FINITE_VALUES: [case, lambda: case(valid=OTHER)],
    Code.CODES_OUT_OF_RANGE: [
        lambda: case(*embedded(), x=coded((3, 4.9), (4, -0.5))),
        lambda: case(*embedded(), x=coded((3, np.nan)), y=target(table())),  # said elsewhere
        lambda: case(dense(), layers.CategoryEmbedding([5]), layers.Dense(1), x=1000 * table()),
        case,
    ],
    Code.CODES_CHANGED: [
        lambda: case(*embedded(), x=coded()),
        lambda: case(layers.Flatten(), layers.Dropout(0.0), *embedded(), x=coded()),
        lambda: case(dense(), layers.CategoryEmbedding([5]), layers.Dense(1), x=coded()),
        lambda: case(*embedded(layers.BatchNormalization(), layers.Dense(1)), x=coded()),
    ],
    Code.LOGITS_MISMATCH: [
        lambda: case(layers.Dense(1, activation="sigmoid"), loss="bce", y=classes(2)),
        lambda: case(
            layers.Dense(1), loss=losses.BinaryCrossentropy(from_logits=True), y=classes(2)
        ),
        lambda: case(
            layers.Dense(3, activation="softmax"),
            loss="sparse_categorical_crossentropy",
            y=classes(3),
        ),
        case,
    ],
    Code.NOTHING_TO_TRAIN: [
        case,
        lambda: case(frozen(dense()), layers.Dense(1)),
        lambda: case(dense(), frozen(layers.BatchNormalization()), layers.Dense(1)),
    ],
    Code.LABELS_MISMATCH: [
        lambda: case(*probability(), loss="bce", y=classes(2)),
        lambda: case(*probability(), loss="bce", y=classes(2) > 0),
        lambda: case(*probability(), loss="bce", y=classes(101) / 100),
        lambda: case(*probability(3, "softmax"), loss=SPARSE, y=classes(3)),
        lambda: case(*probability(9, "softmax"), loss=SPARSE, y=3 + classes(6)),
        lambda: case(layers.Dense(1, activation="tanh"), y=2 * classes(2) - 1),
        lambda: case(y=2 * classes(2) - 1),
    ],
    Code.SOFTMAX_OF_ONE: [lambda: case(layers.Dense(2, activation="softmax"), y=table()[:, :2])],
    Code.UNREACHABLE_TARGETS: [
        lambda: case(layers.Dense(1, activation="relu"), y=classes(5)),
        lambda: case(layers.Dense(1), layers.ReLU(negative_slope=0.1)),
        lambda: case(layers.Dense(1, activation="sigmoid"), y=classes(2)),
        lambda: case(layers.Dense(1, activation="relu"), layers.Dense(1)),
    ],
    Code.TOO_FEW_CLASSES: [
        lambda: case(
            layers.Dense(5, activation="softmax"),
            loss="sparse_categorical_crossentropy",
            y=classes(5),
        )
    ],
    Code.VARIANCE_SHIFT: [
        lambda: case(dense(), layers.BatchNormalization(), layers.Dropout(0.3), layers.Dense(1)),
        lambda: case(dense(), layers.Dropout(0.0), *normalized()),
        lambda: case(dense(), layers.Dropout(0.3), *normalized(), statistics="population"),
        lambda: case(
            dense(64), layers.Dropout(0.001), layers.BatchNormalization(), layers.Dense(1)
        ),
        lambda: case(dense(64), layers.Dropout(0.1), layers.BatchNormalization(), layers.Dense(1)),
        lambda: case(
            dense(), layers.Dropout(0.3), frozen(layers.BatchNormalization()), layers.Dense(1)
        ),
    ],
    Code.SLOW_MOVING_AVERAGES: [
        lambda: case(*normalized(), epochs=100),
        lambda: case(*normalized(momentum=0.5), epochs=3),
        lambda: case(*normalized(momentum=0.0), epochs=1),
        lambda: case(*normalized(), epochs=3, statistics="population"),
        lambda: case(*normalized(debias=True), epochs=3),
    ],
    Code.SMALL_BATCH_STATISTICS: [
        lambda: case(*normalized(), batch_size=16),
        lambda: case(batch_size=2),
        lambda: case(dense(), frozen(layers.BatchNormalization()), layers.Dense(1), batch_size=2),
        lambda: case(*normalized(virtual_batch_size=16)),
    ],
    Code.TINY_LAST_BATCH: [
        lambda: case(*normalized()),
        lambda: case(*normalized(), x=table(32), batch_size=64),
        lambda: case(x=table(65)),
        lambda: case(*normalized(), x=table(65), last_batch="even"),
        lambda: case(*normalized(), x=table(71), y=target(table(71)), valid=OTHER),
        lambda: case(*normalized(), x=table(67), y=target(table(67)), valid=OTHER),  # three of 3
        lambda: case(*normalized(), x=table(259), y=target(table(259))),
        lambda: case(
            *normalized(momentum=0.5),
            x=table(255),
            y=target(table(255)),
            batch_size=50,
            statistics="population",
        ),
        lambda: case(*normalized(), x=table(65), last_batch="drop"),
    ],
    Code.SHARED_ROWS: [
        lambda: case(valid=OTHER),
        lambda: case(validation_split=0.2),
        lambda: case(x=few(), valid=(few()[:50], target(few()[:50]))),
        lambda: case(valid=(table()[:64], 1 + target(table()[:64]))),  # other targets: no copies
    ],
    Code.SHARED_GROUPS: [
        lambda: case(valid=OTHER, groups=(np.arange(ROWS), -1 - np.arange(ROWS))),
        lambda: case(groups=np.arange(ROWS) // 64, validation_split=0.25),
    ],
    Code.INPUT_SCALES: [
        lambda: case(optimizer="sgd"),
        lambda: case(x=unit(), optimizer="sgd"),
        lambda: case(x=unit() ** 12, optimizer="sgd"),
        lambda: case(x=unit() * [1, 1, 0.02], optimizer="sgd"),
        lambda: case(x=changed(1, lambda c: 50 * c)),
        lambda: case(
            layers.BatchNormalization(),
            *small(),
            x=changed(1, lambda c: 50 * c),
            optimizer="sgd",
        ),
        lambda: case(x=rare(), optimizer="sgd"),
        lambda: case(
            layers.CategoryEmbedding([10_000], dims=[2]),
            *small(),
            x=changed(2, lambda c: np.arange(len(c)) * 37.0),
            optimizer="sgd",
        ),
    ],
    Code.TARGET_SCALE: [
        case,
        lambda: case(y=5 + target(table())),
        lambda: case(y=0 * target(table()) + 1000),
        lambda: case(layers.Dense(1, activation="sigmoid"), y=0.001 * classes(2)),
    ],
    Code.NEARLY_ALL_DROPPED: [
        lambda: case(dense(64), layers.Dropout(0.5), layers.Dense(1)),
        lambda: case(dense(4), layers.Dropout(0.1), layers.Dense(1)),
        lambda: case(dense(4), layers.Dropout(0.5, noise_shape=(None, 1)), layers.Dense(1)),
    ],
    Code.DROPOUT_ON_OUTPUT: [
        lambda: case(dense(), layers.Dropout(0.2), layers.Dense(1)),
        lambda: case(dense(), layers.Dense(1), layers.Dropout(0.0)),
    ],
    Code.FLOAT32_RESOLUTION: [
        lambda: case(x=changed(1, lambda c: c + 2000)),
        lambda: case(x=changed(1, lambda c: 0 * c + 1e9)),
        lambda: case(
            layers.CategoryEmbedding([10**6 + 2], dims=[1]),
            *small(),
            x=changed(2, lambda c: 10.0**6 + np.arange(len(c)) % 2),
            y=target(table()),
        ),
    ],
    Code.UNUSUAL_LEARNING_RATE: [
        case,
        lambda: case(optimizer=optimizers.SGD(0.1, momentum=0.9)),
        lambda: case(optimizer=optimizers.Adam(schedules.CosineDecay(0.01, 1000))),
        lambda: case(optimizer=optimizers.Adam(1e-5), epochs=1000),
        lambda: case(epochs=1),
    ],
    Code.BIAS_WITHOUT_EFFECT: [
        lambda: case(*normalized()),
        lambda: case(layers.Dense(8, use_bias=False), layers.BatchNormalization(), layers.Dense(1)),
        lambda: case(layers.Dense(8), frozen(layers.BatchNormalization()), layers.Dense(1)),
    ],
    Code.CONSTANT_COLUMNS: [case, lambda: case(x=rare()), lambda: case(x=few())],
    Code.MORE_PARAMETERS_THAN_ROWS: [
        case,
        lambda: case(dense(1024), layers.Dropout(0.5), layers.Dense(1)),
        lambda: case(dense(1024, kernel_regularizer="l2"), layers.Dense(1)),
        lambda: case(dense(1024), layers.Dense(1), optimizer="adamw"),
        lambda: case(dense(1024), layers.Dense(1), callbacks=EarlyStopping(patience=3)),
        lambda: case(
            dense(1024),
            layers.Dense(1),
            callbacks=[ModelCheckpoint("best.trimtab", save_best_only=True)],
        ),
    ],
}
