"""Healthy networks on healthy data call up nothing."""

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

import trimtab
from trimtab import Sequential
from trimtab.keras.callbacks import EarlyStopping
from trimtab.nn import layers, losses, optimizers, schedules

SPARSE = "sparse_categorical_crossentropy"


def normal(rows=1000, columns=5, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns))


def curve(x):
    return x[:, 0] - x[:, 1] + np.sin(2 * x[:, 2])


def stack(*units, last=1, activation=None, between="relu"):
    return [
        *(layers.Dense(each, activation=between) for each in units),
        layers.Dense(last, activation=activation),
    ]


def blocks(*units, rate=0.0, **more):
    """Dense, batch normalization, relu, dropout behind the last one."""
    found = []
    for each in units:
        found += [layers.Dense(each, use_bias=False), layers.BatchNormalization(**more)]
        found += [layers.ReLU()]
    return [*found, layers.Dropout(rate), layers.Dense(1)]


def iris():
    x, y = datasets.load_iris(return_X_y=True)
    return x, y


def cancer(standardized=True):
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return (x - x.mean(axis=0)) / x.std(axis=0) if standardized else x, y


def digits():
    x, y = datasets.load_digits(return_X_y=True)
    keep = x.std(axis=0) > 0.5
    return x[:, keep] / 16, y


def diabetes():
    x, y = datasets.load_diabetes(return_X_y=True)
    return x / x.std(axis=0), (y - y.mean()) / y.std()


def unit():
    x = np.random.default_rng(1).random((600, 6))
    return x, x[:, 0] + x[:, 1] * x[:, 2]


def shares():
    """Features between 0 and 1, some of them skewed or small."""
    x = np.random.default_rng(2).beta([0.3, 1, 2, 5, 1], [5, 1, 2, 0.3, 9], size=(800, 5))
    return x, (x[:, 1] > 0.5).astype(int)


def indicators():
    generator = np.random.default_rng(3)
    x = np.column_stack([normal(800, 3), np.eye(12)[generator.integers(0, 12, 800)]])
    return x, curve(x)


def frame():
    x = normal(500, 3)
    return pd.DataFrame(x, columns=list("abc")), pd.Series(curve(x))


def plain(rows=1000, columns=5):
    x = normal(rows, columns)
    return x, curve(x)


def signs():
    x = normal()
    return x, (curve(x) > 0).astype(int)


def positive():
    x = normal()
    return x, np.exp(0.5 * curve(x))


def coded():
    generator = np.random.default_rng(4)
    codes = generator.integers(0, 30, size=(900, 2))
    x = np.column_stack([normal(900, 3), codes])
    return x, curve(x) + codes[:, 0] % 3


def scaled(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def wines():
    x, y = datasets.load_wine(return_X_y=True)
    return scaled(x), y


def mixed(load, classes=False):
    """Data of scikit-learn in an order of chance, standardized."""
    x, y = load(return_X_y=True)
    order = np.random.default_rng(7).permutation(len(x))
    x = x[:, (x != np.median(x, axis=0)).mean(axis=0) > 0.01]
    return scaled(x)[order], y[order] if classes else scaled(y)[order]


def table_of(name, target, classes=None):
    """A table of the lessons without its copies, standardized, in an order of chance."""
    frame = trimtab.tables.read(name).frame.drop_duplicates().sample(frac=1, random_state=0)
    y = frame.pop(target).to_numpy(float)
    x = scaled(frame.to_numpy(float))
    return x, (scaled(y) if classes is None else np.digitize(y, classes))


def red_wine():
    return table_of("red-wine", "quality")


def concrete():
    return table_of("concrete", "CompressiveStrength")


def questions():
    x = normal(900, 4)
    return x, (x[:, :3] + 0.5 * normal(900, 3, 9) > 0).astype(int)


def one_in_ten():
    x = normal(1200)
    return x, (curve(x) + 0.5 * normal(1200, 1, 8)[:, 0] > 2.2).astype(int)


def series():
    """Rows in the order of time: a season, noise, and no trend."""
    time = np.arange(700)
    x = np.column_stack([np.sin(time / 9), np.cos(time / 9), normal(700, 3)])
    return x, x[:, 0] + 0.5 * x[:, 2]


def skewed():
    x = normal(1000)
    return x, np.exp(0.4 * curve(x))


def discrete():
    x = np.random.default_rng(5).integers(0, 4, size=(1000, 6)).astype(float)
    return x, x[:, 0] - x[:, 1] + 0.3 * normal(1000, 1)[:, 0]


def one_column():
    x = np.linspace(-2, 2, 300)[np.random.default_rng(6).permutation(300)][:, None]
    return x, np.sin(3 * x[:, 0])


HEALTHY = {
    "small": (stack(16), plain, {"epochs": 50}),
    "two layers": (stack(64, 64), plain, {"epochs": 30}),
    "few epochs": (stack(64, 64), plain, {"epochs": 3}),
    "one epoch": (stack(64, 64), plain, {"epochs": 1}),
    "no epochs said": (blocks(32, 32), plain, {}),
    "many epochs": (stack(32), plain, {"epochs": 2000}),
    "deep": (stack(*[32] * 12), lambda: plain(2000), {"epochs": 50}),
    "deep and normalized": (blocks(*[32] * 8), plain, {"epochs": 50}),
    "deep, tanh": (stack(*[32] * 6, between="tanh"), plain, {"epochs": 50}),
    "normalized": (blocks(64, 64, rate=0.3), plain, {"epochs": 60}),
    "debiased, short": (blocks(64, debias=True), plain, {"epochs": 3}),
    "population, short": (blocks(64), plain, {"epochs": 3, "statistics": "population"}),
    "three rows left": (blocks(64), lambda: plain(1027), {"epochs": 60}),
    "one row left": (blocks(64), lambda: plain(961), {"epochs": 60}),
    "rows by rows": (stack(16), lambda: plain(200), {"epochs": 20, "batch_size": 1}),
    "pairs of rows": (stack(16), lambda: plain(200), {"epochs": 20, "batch_size": 2}),
    "few rows": (stack(4), lambda: plain(20, 3), {"epochs": 300}),
    "whole table as a batch": (stack(8), lambda: plain(100), {"epochs": 500, "batch_size": 100}),
    "sgd": (stack(32), plain, {"epochs": 50}, "sgd"),
    "momentum": (stack(32), plain, {"epochs": 50}, optimizers.SGD(0.01, momentum=0.9)),
    "cosine": (
        stack(32),
        plain,
        {"epochs": 50},
        optimizers.AdamW(schedules.CosineDecay(0.003, 1600)),
    ),
    "cautious and long": (stack(64, 64), plain, {"epochs": 200}, optimizers.Adam(1e-4)),
    "between 0 and 1": (stack(32), unit, {"epochs": 50}, "sgd"),
    "shares": (stack(32, activation="sigmoid"), shares, {"epochs": 50}, "sgd", "bce"),
    "indicators": (stack(32), indicators, {"epochs": 50}, "sgd"),
    "a frame": (stack(16), frame, {"epochs": 50, "validation_split": 0.2, "shuffle": False}),
    "iris": (stack(16, last=3, activation="softmax"), iris, {"epochs": 100}, "adam", SPARSE),
    "cancer": (
        stack(8, activation="sigmoid"),
        cancer,
        {"epochs": 30, "class_weight": {0: 1.5, 1: 1.0}},
        "adam",
        "bce",
    ),
    "digits": (stack(64, last=10, activation="softmax"), digits, {"epochs": 30}, "adam", SPARSE),
    "diabetes": (stack(16), diabetes, {"epochs": 60, "validation_split": 0.25}, "adam", "mae"),
    "logits": (
        stack(32),
        signs,
        {"epochs": 30, "sample_weight": np.ones(1000)},
        "adam",
        losses.BinaryCrossentropy(from_logits=True),
    ),
    "positive targets": (stack(32, activation="softplus"), positive, {"epochs": 50}),
    "wide and stopped early": (
        stack(1024),
        plain,
        {"epochs": 100, "validation_split": 0.2, "callbacks": [EarlyStopping(patience=9)]},
    ),
    "wide with dropout": (
        [layers.Dense(1024, activation="relu"), layers.Dropout(0.4), layers.Dense(1)],
        plain,
        {"epochs": 100},
    ),
    "residual": (
        [
            layers.Dense(32),
            layers.Residual(layers.Dense(32, activation="relu"), layers.Dense(32)),
            layers.Dense(1),
        ],
        plain,
        {"epochs": 40},
    ),
    "categories": ([layers.CategoryEmbedding([30, 30]), *stack(32)], coded, {"epochs": 50}),
    "rare class": (
        stack(16, activation="sigmoid"),
        lambda: (normal(2000), (curve(normal(2000)) > 3).astype(int)),
        {"epochs": 50, "class_weight": {1: 20.0}},
        "adam",
        "bce",
    ),
    "wines": (stack(16, last=3, activation="softmax"), wines, {"epochs": 50}, "adam", SPARSE),
    "iris, some held out": (
        stack(16, 16, last=3, activation="softmax", between="tanh"),
        lambda: mixed(datasets.load_iris, classes=True),
        {"epochs": 100, "validation_split": 0.3},
        "adam",
        SPARSE,
    ),
    "cancer, some held out": (
        [*blocks(32, 16, rate=0.2)[:-1], layers.Dense(1, activation="sigmoid")],
        lambda: mixed(datasets.load_breast_cancer, classes=True),
        {"epochs": 80, "validation_split": 0.25},
        "adam",
        "bce",
    ),
    "digits, normalized": (
        [*blocks(64, 64)[:-1], layers.Dense(10, activation="softmax")],
        lambda: mixed(datasets.load_digits, classes=True),
        {"epochs": 60, "validation_split": 0.2},
        "adamw",
        SPARSE,
    ),
    "diabetes, penalized": (
        [layers.Dense(32, activation="relu", kernel_regularizer="l2"), layers.Dense(1)],
        lambda: mixed(datasets.load_diabetes),
        {"epochs": 60, "validation_split": 0.2},
    ),
    "red wine": (stack(64, 64), red_wine, {"epochs": 60, "validation_split": 0.25}, "adam", "mae"),
    "red wine, classes": (
        stack(32, last=3, activation="softmax"),
        lambda: table_of("red-wine", "quality", [5.5, 6.5]),
        {"epochs": 60, "validation_split": 0.25},
        "adam",
        SPARSE,
    ),
    "concrete": (blocks(64, 64), concrete, {"epochs": 60, "validation_split": 0.25}),
    "concrete, decayed": (
        stack(64, 64, between="silu"),
        concrete,
        {"epochs": 60},
        optimizers.AdamW(0.003, weight_decay=0.1),
    ),
    "three questions": (
        stack(32, last=3, activation="sigmoid"),
        questions,
        {"epochs": 50, "validation_split": 0.2},
        "adam",
        "bce",
    ),
    "one in ten": (stack(16, activation="sigmoid"), one_in_ten, {"epochs": 50}, "adam", "bce"),
    "a series": (stack(32), series, {"epochs": 50, "validation_split": 0.2, "shuffle": False}),
    "skewed": (stack(32), skewed, {"epochs": 50, "validation_split": 0.2}),
    "discrete": (stack(32), discrete, {"epochs": 50, "validation_split": 0.2}),
    "one column": (stack(32), one_column, {"epochs": 200}),
    "a bottleneck": (
        [layers.Dense(64, activation="relu"), layers.Dense(8), *stack(64)],
        plain,
        {"epochs": 50},
    ),
    "sigmoids": (stack(64, 64, between="sigmoid"), plain, {"epochs": 50}),
    "selu": (
        [
            *(
                layers.Dense(32, activation="selu", kernel_initializer="lecun_normal")
                for _ in "123"
            ),
            layers.Dense(1),
        ],
        plain,
        {"epochs": 50},
    ),
    "he, and a last layer of zeros": (
        [
            *(layers.Dense(64, activation="relu", kernel_initializer="he_uniform") for _ in "123"),
            layers.Dense(1, kernel_initializer="zeros"),
        ],
        plain,
        {"epochs": 50},
    ),
    "tanh, drawn from a normal distribution": (
        [
            *(
                layers.Dense(32, activation="tanh", kernel_initializer="glorot_normal")
                for _ in range(6)
            ),
            layers.Dense(1),
        ],
        plain,
        {"epochs": 50},
        "sgd",
    ),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy(name):
    made, data, options, *more = HEALTHY[name]
    optimizer, loss = (*more, *("adam", "mse")[len(more) :])
    trimtab.keras.utils.clear_session()
    model = Sequential([type(layer).from_config(layer.get_config()) for layer in made], seed=0)
    model.compile(optimizer=optimizer, loss=loss)
    x, y = data()
    found = model.check(x, y, **options)
    assert found.codes == [], str(found)
