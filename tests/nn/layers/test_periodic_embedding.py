"""Numbers as waves: first values, missing cells, both engines, files, the notation."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES
from trimtab import Sequential, layers, notation
from trimtab.errors import InvalidArgument

VARIANTS = [
    {},
    {"phases": False, "relu": True},
    {"phases": False, "linear": False, "columns": [0, 2]},
    {"relu": True, "columns": 2},
]


def ripples(rows: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """An effect of the first of three columns that rises and falls several times."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, 3)).astype(np.float32)
    y = np.sin(6 * x[:, :1]) + 0.1 * x[:, 1:2]
    return x, y.astype(np.float32)


def network(
    engine: str = "native", front: layers.Layer | None = None, **settings: object
) -> Sequential:
    if front is None:
        front = layers.PeriodicEmbedding(**{"frequencies": 6, "dim": 4, "sigma": 0.5, **settings})
    model = Sequential(
        [layers.Input((3,)), front, layers.Dense(16, activation="relu"), layers.Dense(1)], seed=3
    )
    model.compile(optimizer=trimtab.optimizers.Adam(1e-2), loss="mse", engine=engine)
    return model


def by_hand(layer: layers.PeriodicEmbedding, x: np.ndarray) -> np.ndarray:
    """The layer's formula, in float64."""
    columns = range(x.shape[1]) if layer.columns is None else layer.columns
    weights = [np.asarray(weight.value, np.float64) for weight in layer.weights]
    w, kernel, bias, missing = weights[0], *weights[-3:]
    phases = weights[1] if layer.phases else np.zeros_like(w)
    passing = np.array(x, np.float64)
    vectors = []
    for place, column in enumerate(columns):
        cells = passing[:, column].copy()
        angles = 2 * np.pi * (np.nan_to_num(cells)[:, None] * w[place] + phases[place])
        waves = np.cos(angles) if layer.phases else np.c_[np.cos(angles), np.sin(angles)]
        own = kernel[place * waves.shape[1] : (place + 1) * waves.shape[1]]
        found = np.where(np.isnan(cells)[:, None], missing[place], waves @ own + bias[place])
        vectors.append(np.maximum(found, 0) if layer.relu else found)
        passing[np.isnan(cells), column] = 0
    if not layer.linear:
        passing = np.delete(passing, list(columns), axis=1)
    return np.concatenate([passing, *vectors], axis=1)


@pytest.mark.parametrize("settings", VARIANTS)
def test_values_are_those_of_the_formula(settings: dict[str, object]) -> None:
    x, _ = ripples(37)
    x[3, 0] = np.nan
    layer = network(**settings).layers[0]
    y = np.asarray(layer(x))
    assert y.shape[1] == layer.compute_output_shape((None, 3))[1]
    assert_close(y, by_hand(layer, x), 3e-6)


@pytest.mark.parametrize("settings", VARIANTS)
def test_both_engines_train_to_the_same_network(settings: dict[str, object]) -> None:
    if "jax" not in ENGINES:
        pytest.skip("JAX is not installed")
    x, y = ripples(96)
    x[5, 0] = np.nan
    found = []
    for engine in ("native", "jax"):
        model = network(engine, **settings)
        model.fit(x, y, epochs=3, batch_size=16, verbose=0)
        found.append([np.asarray(weight) for weight in model.get_weights()])
    for native, jax in zip(*found, strict=True):
        assert_close(native, jax, 3e-4)


def test_it_learns_ripples_that_a_plain_network_does_not() -> None:
    (x, y), (new, target) = ripples(), ripples(seed=1)
    losses = []
    for front in (None, layers.Dense(27)):
        model = network(front=front)
        model.fit(x, y, epochs=60, verbose=0)
        losses.append(float(model.evaluate(new, target, verbose=0)))
    assert losses[0] < 0.5 * losses[1]


def test_missing_cells_learn_a_vector_and_pass_as_zero() -> None:
    x, y = ripples(400)
    gaps = np.random.default_rng(1).uniform(size=len(x)) < 0.3
    x[gaps, 0] = np.nan
    y[gaps] = 3.0
    model = network()
    model.fit(x, y, epochs=60, verbose=0)
    predicted = model.predict(x, verbose=0)
    assert np.all(np.isfinite(predicted))
    assert float(np.abs(predicted[gaps] - 3.0).mean()) < 0.2


def test_first_frequencies_have_the_deviation_asked_for() -> None:
    layer = layers.PeriodicEmbedding(frequencies=400, sigma=0.25)
    Sequential([layers.Input((8,)), layer], seed=0)
    frequencies, phases = (np.asarray(weight.value) for weight in layer.weights[:2])
    assert abs(float(frequencies.std()) - 0.25) < 0.02
    assert abs(float(frequencies.mean())) < 0.02
    assert float(phases.min()) < -0.45 and float(phases.max()) > 0.45


def test_files_copies_and_pickles_predict_the_same(tmp_path) -> None:
    x, y = ripples(100)
    model = network(columns=[0, 1], phases=False)
    model.fit(x, y, epochs=2, verbose=0)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.trimtab")
    for again in (
        trimtab.load_model(tmp_path / "m.trimtab"),
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
    ):
        assert_same_bits(again.predict(x, verbose=0), expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_change_a_bit(threads: int) -> None:
    x, y = ripples(300)
    found = []
    for number in (1, threads):
        model = network()
        model.runner.limit_threads(number)
        model.fit(x, y, epochs=2, batch_size=150, verbose=0)
        found.append(model.predict(x, verbose=0))
    assert_same_bits(*found)


def test_notation() -> None:
    (layer,) = notation.parse("periodic:16x4")
    assert isinstance(layer, layers.PeriodicEmbedding)
    assert (layer.frequencies, layer.dim) == (16, 4)
    assert notation.canonical("periodic 8 relu") == "periodic:24x8 8 relu"
    with pytest.raises(InvalidArgument, match="needs two numbers after periodic, as in "):
        notation.parse("periodic:16")
    with pytest.raises(InvalidArgument, match="cannot be written in the notation"):
        notation.to_text([layers.PeriodicEmbedding(sigma=2.0)])


def test_train_embeds_numbers_beside_categories(tmp_path) -> None:
    generator = np.random.default_rng(0)
    rows = 120
    table = {
        "size": generator.normal(size=rows),
        "gap": np.where(generator.uniform(size=rows) < 0.2, np.nan, generator.normal(size=rows)),
        "new": generator.choice([True, False], rows),
        "shop": [f"shop {i % 30}" for i in range(rows)],
        "price": generator.normal(size=rows),
    }
    predictor = trimtab.train(
        table, "price", layers="periodic:6x2 8 relu", epochs=2, effort="quick"
    )
    front = predictor.model.get_layer("periodic_embedding")
    assert [predictor.preprocessor.columns[each].name for each in front.columns] == ["size", "gap"]
    predictor.save(tmp_path / "p.trimtab")
    assert_same_bits(
        np.asarray(trimtab.load(tmp_path / "p.trimtab").predict(table)),
        np.asarray(predictor.predict(table)),
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frequencies": 0}, "frequencies must be a positive integer, received 0"),
        ({"dim": 2.5}, "dim must be a positive integer, received 2.5"),
        ({"sigma": -1}, "sigma must be a number above 0, received -1"),
        ({"columns": [0, 0]}, "columns must be different numbers of columns"),
        ({"relu": "yes"}, "relu must be True or False"),
    ],
)
def test_bad_arguments(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        layers.PeriodicEmbedding(**settings)


def test_columns_that_are_not_there() -> None:
    with pytest.raises(InvalidArgument, match="embeds column 4, receives 3 columns"):
        layers.PeriodicEmbedding(columns=[4]).build(3)
