"""Networks of many shapes on real tables, and the lesson's: healthy ones have no warning."""

from pathlib import Path

import numpy as np
import pytest

import trimtab
from tests.insight.coach.course.runs import dropped, normalized, rate, sgd, stack, stop
from trimtab import Sequential, datasets
from trimtab.callbacks import Coach
from trimtab.lesson.lessons import LESSONS
from trimtab.nn import layers, optimizers, schedules

SPOTIFY = Path(__file__).parents[5] / "shared" / "data" / "spotify.csv"


def concrete():
    return split(datasets.load_concrete(), "CompressiveStrength")


def red_wine():
    return split(datasets.load_red_wine(), "quality")


def synthetic():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(2500, 10))
    y = x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + x[:, 3] + 0.5 * generator.normal(size=2500)
    return x[:2000], y[:2000], x[2000:], y[2000:]


def split(table, target):
    """Standardized, without rows that are there twice."""
    table = table.drop_duplicates().sample(frac=1, random_state=0)
    y = table[target].to_numpy(float)
    x = table.drop(columns=target).to_numpy(float)
    x, y = (x - x.mean(axis=0)) / x.std(axis=0), (y - y.mean()) / y.std()
    cut = int(0.7 * len(x))
    return x[:cut], y[:cut], x[cut:], y[cut:]


def residual():
    block = layers.Residual(layers.Dense(32, activation="relu"), layers.Dense(32))
    return [layers.Dense(32), block, layers.Dense(1)]


def cosine():
    return optimizers.AdamW(schedules.CosineDecay(0.003, 30 * 40), weight_decay=0.05)


#: Layers, optimizer, loss, epochs, whether training stops early.
SHAPES = {
    "one layer": (lambda: stack(64), rate(0.003), "mse", 100, True),
    "two layers": (lambda: stack(64, 64), rate(0.001), "mse", 100, True),
    "silu": (lambda: stack(64, 64, between="silu"), rate(0.001), "mae", 100, True),
    "tanh": (lambda: stack(64, 64, between="tanh"), rate(0.003), "mse", 100, True),
    "normalized": (lambda: normalized(64, 64), rate(0.003), "mse", 80, True),
    "dropout": (lambda: dropped(0.2, 64, 64), rate(0.003), "mse", 100, True),
    "cosine": (lambda: stack(64, 64), cosine, "mae", 40, False),
    "momentum": (lambda: stack(64), sgd(0.02, momentum=0.9), "mse", 80, True),
    "small": (lambda: stack(8), rate(0.01), "mse", 80, False),
    "deep": (lambda: stack(*[48] * 5), rate(0.001), "mse", 60, True),
    "residual": (residual, rate(0.003), "mse", 100, True),
    "wide": (lambda: stack(512), rate(0.001), "mse", 80, True),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("table", [concrete, red_wine, synthetic])
def test_healthy(table, shape):
    made, optimizer, loss, epochs, stops = SHAPES[shape]
    trimtab.keras.utils.clear_session()
    model = Sequential(made(), seed=0)
    model.compile(optimizer=optimizer(), loss=loss)
    x, y, x_valid, y_valid = table()
    coach = Coach(verbose=0)
    model.fit(
        x,
        y,
        epochs=epochs,
        validation_data=(x_valid, y_valid),
        callbacks=[stop(), coach] if stops else [coach],
        verbose=0,
    )
    warned = [each for each in coach.findings if each.severity != "note"]
    # A few rows of concrete are equal once they are float32.
    assert [each.sentence for each in warned if each.code != "shared-rows"] == []


@pytest.mark.parametrize(
    ("name", "number", "epochs", "codes"),
    [
        ("concrete", 0, 2, {"input-scales", "diverged", "shared-rows"}),
        ("spotify", 0, 50, {"overfitting"}),
        ("spotify", 1, 50, set()),
    ],
)
def test_lessons(name, number, epochs, codes):
    if name == "spotify" and not SPOTIFY.exists():
        pytest.skip("needs the Spotify table")
    lesson = LESSONS[name]
    trimtab.keras.utils.set_random_seed(0)
    rows = lesson.split(lesson.table(SPOTIFY if name == "spotify" else None))
    model = lesson.variants[number].network(rows.columns)
    model.compile(optimizer=lesson.optimizer, loss="mae")
    coach = Coach(verbose=0)
    model.fit(
        rows.x_train,
        rows.y_train,
        batch_size=lesson.batch_size,
        epochs=epochs,
        validation_data=(rows.x_valid, rows.y_valid),
        callbacks=[coach],
        verbose=0,
    )
    assert {each.code for each in coach.findings if each.severity != "note"} == codes
