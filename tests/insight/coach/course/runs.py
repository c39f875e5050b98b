"""Small trainings with one fault each, and healthy ones. A run is a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

import trimtab
from trimtab import Sequential
from trimtab.callbacks import Coach, EarlyStopping
from trimtab.insight.coach import Code
from trimtab.nn import layers, optimizers, schedules

SPARSE = "sparse_categorical_crossentropy"


def table(rows: int, seed: int, columns: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns))


def curve(x: np.ndarray) -> np.ndarray:
    """What is to be learned: mean 0, standard deviation 1."""
    return (x[:, 0] - x[:, 1] + np.sin(2 * x[:, 2])) / 1.57


def plain(rows: int = 600, noise: float = 0.3, valid: int = 300) -> Callable[[], Any]:
    """A smooth curve with noise: training rows, targets, validation rows, targets."""

    def made() -> Any:
        x = table(rows + valid, 0)
        y = curve(x) + noise * np.random.default_rng(1).normal(size=len(x))
        return x[:rows], y[:rows], x[rows:], y[rows:]

    return made


def classes(rows: int = 600) -> Any:
    x, _, x_valid, _ = plain(rows)()
    return (
        x,
        np.digitize(curve(x), [-0.5, 0.5]),
        x_valid,
        np.digitize(curve(x_valid), [-0.5, 0.5]),
    )


def two(rows: int = 600) -> Any:
    x, _, x_valid, _ = plain(rows)()
    return x, (curve(x) > 0).astype(int), x_valid, (curve(x_valid) > 0).astype(int)


def scaled(inputs: float = 1.0, targets: float = 1.0, shift: float = 0.0) -> Callable[[], Any]:
    def made() -> Any:
        x, y, x_valid, y_valid = plain()()
        return inputs * x, targets * y + shift, inputs * x_valid, targets * y_valid + shift

    return made


def one_huge_row() -> Any:
    x, y, x_valid, y_valid = plain()()
    x = x.copy()
    x[123, 2] = 1e18
    return x, y, x_valid, y_valid


def one_missing() -> Any:
    x, y, x_valid, y_valid = plain()()
    x = x.copy()
    x[77, 1] = np.nan
    return x, y, x_valid, y_valid


def pure_noise(rows: int = 60) -> Any:
    x = table(rows + 300, 3, 8)
    y = 0.3 * x[:, 0] + np.random.default_rng(4).normal(size=len(x))
    return x[:rows], y[:rows], x[rows:], y[rows:]


def stack(*units: int, last: int = 1, end: Any = None, between: Any = "relu", **more: Any) -> list:
    hidden = [layers.Dense(each, activation=between, **more) for each in units]
    return [*hidden, layers.Dense(last, activation=end)]


def normalized(*units: int, **more: Any) -> list:
    made: list = []
    for each in units:
        made += [layers.Dense(each), layers.BatchNormalization(**more), layers.ReLU()]
    return [*made, layers.Dense(1)]


def blocks(number: int, units: int) -> list:
    """Residual blocks whose first outputs are far larger than the targets: each adds to the sum."""
    inner = [layers.Residual(layers.Dense(units, activation="relu")) for _ in range(number)]
    return [layers.Dense(units, activation="relu"), *inner, layers.Dense(1)]


def dropped(rate: float, *units: int) -> list:
    made: list = []
    for each in units:
        made += [layers.Dense(each, activation="relu"), layers.Dropout(rate)]
    return [*made, layers.Dense(1)]


@dataclass
class Run:
    """One training.

    Attributes:
        layers: makes the layers.
        data: makes training and validation rows.
        optimizer: or its name.
        loss: its name.
        options: of ``fit``, besides 20 epochs of batches of 32.
        callbacks: more of them.
    """

    layers: Callable[[], list]
    data: Callable[[], Any] = field(default_factory=plain)
    optimizer: Any = "adam"
    loss: str = "mse"
    options: dict[str, Any] = field(default_factory=dict)
    callbacks: Callable[[], list] = list

    def train(self) -> tuple[Coach, Any, Any]:
        """The coach, the model and the history, after training."""
        trimtab.keras.utils.clear_session()
        model = Sequential(self.layers(), seed=0)
        optimizer = self.optimizer if isinstance(self.optimizer, str) else self.optimizer()
        model.compile(optimizer=optimizer, loss=self.loss)
        x, y, x_valid, y_valid = self.data()
        coach = Coach(verbose=0)
        options = {"epochs": 20, "batch_size": 32, "verbose": 0, **self.options}
        history = model.fit(
            x,
            y,
            validation_data=(x_valid, y_valid),
            callbacks=[*self.callbacks(), coach],
            **options,
        )
        return coach, model, history


def rate(value: float, **more: Any) -> Callable[[], Any]:
    return lambda: optimizers.Adam(value, **more)


def sgd(value: float, **more: Any) -> Callable[[], Any]:
    return lambda: optimizers.SGD(value, **more)


def large(layer: Any = layers.Dense, deviation: float = 20.0) -> Any:
    return trimtab.initializers.RandomNormal(stddev=deviation)


def minus(value: float) -> Any:
    return trimtab.initializers.Constant(-value)


def flipped() -> Any:
    x, y, x_valid, y_valid = two(150)
    y = np.where(np.random.default_rng(5).random(len(y)) < 0.25, 1 - y, y)
    other = np.random.default_rng(6).random(len(y_valid)) < 0.25
    return x, y, x_valid, np.where(other, 1 - y_valid, y_valid)


def tiny_last() -> Any:
    """Rows that leave two for the last batch of each epoch."""
    return plain(610, 0.3)()


SICK: dict[Code, list[Run]] = {
    Code.DIVERGED: [
        Run(lambda: stack(64, 64), scaled(300), "sgd", options={"epochs": 3}),
        Run(lambda: stack(64, 64), optimizer=sgd(3.0), options={"epochs": 4}),
        Run(lambda: stack(32), scaled(1, 1e4), sgd(0.1), options={"epochs": 4}),
        Run(lambda: stack(32), one_huge_row, options={"epochs": 4}),
        Run(lambda: stack(32), one_missing, options={"epochs": 2}),
    ],
    Code.OVERFITTING: [
        Run(lambda: stack(128, 128), pure_noise, options={"epochs": 60}),
        Run(lambda: stack(256, 256), plain(60, 1.0), rate(0.003), options={"epochs": 80}),
        Run(
            lambda: stack(256, end="sigmoid"),
            flipped,
            rate(0.01),
            "binary_crossentropy",
            {"epochs": 60},
        ),
    ],
    Code.UNDERFITTING: [
        Run(lambda: stack(1), plain(600, 0.1), rate(0.01), options={"epochs": 20}),
        Run(lambda: dropped(0.9, 16, 16), plain(600, 0.1), options={"epochs": 30}),
        Run(lambda: stack(16, kernel_regularizer="l2"), plain(600, 0.1), options={"epochs": 30}),
    ],
    Code.PLATEAU: [
        Run(lambda: stack(16, 16, 16, between="sigmoid"), scaled(1, 1), sgd(0.01)),
        Run(lambda: stack(*[8] * 12, between="sigmoid"), plain(600, 0.1)),
    ],
    Code.STILL_FALLING: [
        Run(lambda: stack(16), plain(600, 0.1), rate(1e-3), options={"epochs": 8}),
        Run(lambda: stack(32), plain(600, 0.1), rate(1e-3), options={"epochs": 10}),
    ],
    Code.FEW_STEPS: [
        Run(lambda: stack(32), plain(600, 0.1), options={"epochs": 3, "batch_size": 256}),
        Run(lambda: stack(32, 32), plain(600, 0.1), options={"epochs": 2}),
    ],
    Code.RATE_TOO_HIGH: [
        Run(lambda: stack(64, 64), plain(600, 0.1), rate(0.1), options={"epochs": 20}),
        Run(lambda: stack(64, 64), plain(600, 0.1), rate(0.05), options={"epochs": 20}),
        Run(lambda: stack(64, 64), optimizer=rate(0.5), options={"epochs": 20}),
    ],
    Code.RATE_TOO_LOW: [
        Run(lambda: stack(32), plain(600, 0.1), rate(1e-5), options={"epochs": 20}),
        Run(lambda: stack(32), plain(600, 0.1), sgd(1e-4), options={"epochs": 20}),
    ],
    Code.DECAY_TOO_EARLY: [
        Run(
            lambda: stack(32),
            plain(600, 0.1),
            lambda: optimizers.Adam(schedules.ExponentialDecay(0.001, 19, 0.3)),
        ),
        Run(
            lambda: stack(32, 32),
            plain(600, 0.1),
            lambda: optimizers.SGD(schedules.CosineDecay(0.01, 60)),
        ),
    ],
    Code.IMPATIENT_STOPPING: [
        Run(
            lambda: dropped(0.3, 48),
            plain(500, 0.3, valid=50),
            rate(0.003),
            options={"epochs": 100, "batch_size": 8},
            callbacks=lambda: [EarlyStopping(patience=0)],
        ),
        Run(
            lambda: dropped(0.3, 32),
            plain(600, 0.3, valid=60),
            rate(0.003),
            options={"epochs": 100, "batch_size": 8},
            callbacks=lambda: [EarlyStopping(patience=1)],
        ),
    ],
    Code.DEAD_UNITS: [
        Run(lambda: stack(32, 32), scaled(1, 1), rate(1.0), options={"epochs": 5}),
        Run(lambda: stack(32, 32, bias_initializer=minus(8.0))),
    ],
    Code.SATURATED_UNITS: [
        Run(lambda: stack(32, 32, between="tanh"), scaled(1000), options={"epochs": 5}),
        Run(lambda: stack(32, 32, between="sigmoid", kernel_initializer=large())),
    ],
    Code.EXPLODING_ACTIVATIONS: [
        Run(
            lambda: stack(32, 32, 32, kernel_initializer=large(deviation=5.0)),
            options={"epochs": 3},
        ),
        Run(
            lambda: stack(*[32] * 8, kernel_initializer=large(deviation=1.0)), options={"epochs": 3}
        ),
    ],
    Code.VANISHING_GRADIENTS: [
        Run(lambda: stack(*[16] * 8, between="sigmoid")),
        Run(lambda: stack(*[8] * 12, between="sigmoid"), classes, optimizer="sgd", loss="mse"),
    ],
    Code.STALE_STATISTICS: [
        Run(lambda: normalized(32, 32), scaled(10, 1), rate(0.01), options={"epochs": 3}),
        Run(lambda: normalized(32, momentum=0.999), scaled(1, 1, 0), rate(0.01)),
    ],
    Code.JUMPING_VALIDATION: [
        Run(lambda: normalized(32, 32, momentum=0.0), tiny_last, rate(0.01)),
        Run(lambda: normalized(64, momentum=0.3), tiny_last, rate(0.01)),
    ],
    Code.NOISY_VALIDATION: [
        Run(lambda: stack(16), plain(200, 0.5, valid=12)),
        Run(lambda: stack(16), plain(400, 1.0, valid=20)),
    ],
    Code.TRAINING_ABOVE_VALIDATION: [
        Run(lambda: dropped(0.5, 64, 64), plain(600, 0.1), options={"epochs": 30}),
        Run(lambda: dropped(0.3, 64), plain(600, 0.1), rate(0.003), options={"epochs": 30}),
    ],
}


def noise_only() -> Any:
    x = table(900, 7)
    y = np.random.default_rng(8).normal(size=900)
    return x[:600], y[:600], x[600:], y[600:]


def stop() -> EarlyStopping:
    return EarlyStopping(patience=10, restore_best_weights=True)


HEALTHY: dict[str, Run] = {
    "small": Run(lambda: stack(16), optimizer=rate(0.01), options={"epochs": 60}),
    "two layers": Run(lambda: stack(32, 32), optimizer=rate(0.003), callbacks=lambda: [stop()]),
    "silu": Run(lambda: stack(32, 32, between="silu"), optimizer=rate(0.01)),
    "tanh": Run(lambda: stack(32, 32, between="tanh"), options={"epochs": 80}),
    "deep": Run(lambda: stack(*[24] * 6), options={"epochs": 40}),
    "dropout": Run(lambda: dropped(0.2, 64, 64), optimizer=rate(0.003), options={"epochs": 60}),
    "normalized": Run(lambda: normalized(32, 32, momentum=0.9), options={"epochs": 40}),
    "large at first": Run(
        lambda: blocks(5, 32), optimizer=rate(0.001), options={"epochs": 120, "batch_size": 200}
    ),
    "population": Run(
        lambda: normalized(32, 32), options={"epochs": 40, "statistics": "population"}
    ),
    "sgd": Run(lambda: stack(32), optimizer=sgd(0.1), options={"epochs": 80}),
    "momentum": Run(lambda: stack(32), optimizer=sgd(0.02, momentum=0.9), options={"epochs": 50}),
    "cosine": Run(
        lambda: stack(64),
        optimizer=lambda: optimizers.AdamW(schedules.CosineDecay(0.01, 19 * 40)),
        options={"epochs": 40},
    ),
    "classes": Run(
        lambda: stack(16, last=3, end="softmax"),
        classes,
        rate(0.01),
        SPARSE,
        {"epochs": 120},
    ),
    "two classes": Run(
        lambda: stack(16, end="sigmoid"),
        two,
        rate(0.01),
        "binary_crossentropy",
        {"epochs": 60},
    ),
    "mae": Run(lambda: stack(32), optimizer=rate(0.01), loss="mae", options={"epochs": 50}),
    "wide": Run(lambda: stack(256), options={"epochs": 60}, callbacks=lambda: [stop()]),
    "noise": Run(lambda: stack(8), noise_only, options={"epochs": 30}),
    "large batches": Run(
        lambda: stack(32), optimizer=rate(0.01), options={"epochs": 150, "batch_size": 200}
    ),
    "small batches": Run(
        lambda: stack(16), optimizer=rate(0.003), options={"epochs": 30, "batch_size": 4}
    ),
}


@cache
def trained(code: Code, number: int) -> tuple[Coach, Any, Any]:
    """A sick run, trained once."""
    return SICK[code][number].train()


@cache
def healthy(name: str) -> tuple[Coach, Any, Any]:
    """A healthy run, trained once."""
    return HEALTHY[name].train()
