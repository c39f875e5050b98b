"""Numbers as learned curves: edges, first values, missing cells, files, training."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from trimtab.training.population import fit_population

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES
from trimtab import Sequential, layers
from trimtab.errors import InvalidArgument
from trimtab.nn.layers.bin_edges import quantile_edges, tree_edges
from trimtab.predictor.network_size import moving_statistics


def wave(rows: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A sharp effect of the first of three columns."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, 3)).astype(np.float32)
    y = (np.abs(x[:, :1]) < 0.5).astype(np.float32) + 0.1 * x[:, 1:2]
    return x, y.astype(np.float32)


def network(x: np.ndarray, engine: str = "native", seed: int = 3, **settings: object) -> Sequential:
    front = layers.PiecewiseLinearEmbedding(**{"bins": 8, "dim": 4, **settings})
    front.adapt(x)
    model = Sequential(
        [layers.Input((x.shape[1],)), front, layers.Dense(16, activation="relu"), layers.Dense(1)],
        seed=seed,
    )
    model.compile(optimizer=trimtab.optimizers.Adam(1e-2), loss="mse", engine=engine)
    return model


def built(layer: layers.Layer, width: int) -> layers.Layer:
    """The layer with first values."""
    Sequential([layers.Input((width,)), layer], seed=1)
    return layer


# -- edges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "bins", "expected"),
    [
        ([0, 1, 2, 3, 4], 2, [0, 2, 4]),
        ([5, 5, 7], 3, [5, 7]),
        ([np.nan, 1, np.inf, 2], 1, [1, 2]),
        ([4, 4, 4], 4, [4]),
        ([np.nan], 2, [0]),
        ([0] * 99 + [1], 4, [0, 1]),
    ],
)
def test_edges(column: list[float], bins: int, expected: list[float]) -> None:
    edges = quantile_edges(np.array(column, np.float32), bins)
    assert edges.shape == (bins + 1,) and np.all(np.isfinite(edges))
    assert edges[: len(expected)].tolist() == expected
    assert np.all(edges[len(expected) :] > 3e38)


def test_a_value_of_many_cells_takes_one_edge_and_leaves_the_others_to_the_rest() -> None:
    column = np.r_[np.zeros(900), np.arange(1, 101)].astype(np.float32)
    np.random.default_rng(0).shuffle(column)
    edges = quantile_edges(column, 10)
    assert np.all(np.diff(edges) > 0)
    assert_close(edges, np.r_[0, np.linspace(1, 100, 10)], 1e-6)


@pytest.mark.parametrize("bins", [1, 2, 3, 8, 48])
@pytest.mark.parametrize("seed", range(5))
def test_edges_ascend_from_the_least_to_the_greatest_cell(bins: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    column = np.round(np.exp(rng.normal(0, seed, 300))).astype(np.float32)
    edges = quantile_edges(column, bins)
    used = edges[edges < 3e38]
    assert np.all(np.diff(used) > 0)
    assert (used[0], used[-1]) == (column.min(), column.max())


def test_before_adapt_the_edges_suit_standardized_columns() -> None:
    layer = built(layers.PiecewiseLinearEmbedding(4, 2), 2)
    edges = np.asarray(layer.edges.value).reshape(2, 5)
    assert_close(edges[0], [-3, -0.6745, 0, 0.6745, 3], 1e-4)
    assert_same_bits(edges[0], edges[1])


def test_adapt_after_build_begins_anew() -> None:
    x, _ = wave()
    before, after = layers.PiecewiseLinearEmbedding(8, 4), layers.PiecewiseLinearEmbedding(8, 4)
    before.adapt(x * 100)
    built(before, 3), built(after, 3)
    after.adapt(x * 100)
    assert_same_bits(np.asarray(before.edges.value), np.asarray(after.edges.value))
    assert_same_bits(np.asarray(before.embeddings.value), np.asarray(after.embeddings.value))
    with pytest.raises(InvalidArgument, match="received 2 columns, the layer was built for 3"):
        after.adapt(x[:, :2])


def unadapted(**settings: object) -> Sequential:
    front = layers.PiecewiseLinearEmbedding(**{"bins": 4, "dim": 2, **settings})
    model = Sequential([layers.Input((3,)), front, layers.Dense(1)], seed=3)
    model.compile(optimizer="adam", loss="mse")
    return model


def test_fit_adapts_a_layer_at_the_front_to_the_rows_it_trains_on() -> None:
    x, y = wave()
    x = 1900 + 100 * x
    model = unadapted()
    assert not model.layers[0].is_adapted
    model.fit(x, y, validation_split=0.25, epochs=1, verbose=0)
    expected = np.concatenate([quantile_edges(column, 4) for column in x[:300].T])
    assert_same_bits(np.asarray(model.layers[0].edges.value), expected)
    model.fit(x[:50], y[:50], epochs=1, verbose=0)  # once only
    assert_same_bits(np.asarray(model.layers[0].edges.value), expected)


def test_fit_leaves_edges_of_a_trained_network_and_of_later_layers_alone(tmp_path) -> None:
    x, y = wave()
    model = unadapted()
    model.train_on_batch(x[:32], y[:32])
    model.fit(x, y, epochs=1, verbose=0)
    assert not model.layers[0].is_adapted
    later = Sequential(
        [layers.Input((3,)), layers.BatchNormalization(), layers.PiecewiseLinearEmbedding(4, 2)],
        seed=1,
    )
    later.compile(optimizer="adam", loss="mse")
    later.fit(x, np.repeat(y, 9, axis=1), epochs=1, verbose=0)
    assert not later.layers[1].is_adapted


def test_networks_of_a_population_adapt_to_their_own_rows() -> None:
    x, y = wave()
    first = np.arange(len(x)) < 100
    models = [unadapted(), unadapted()]
    fit_population(models, x, y, train_rows=[first, ~first], epochs=1, verbose=0)
    for model, own in zip(models, (first, ~first), strict=True):
        expected = np.concatenate([quantile_edges(column, 4) for column in x[own].T])
        assert_same_bits(np.asarray(model.layers[0].edges.value), expected)


def test_a_tree_places_edges_where_the_target_changes() -> None:
    x, y = wave(600)
    model = unadapted(placement="tree", bins=6)
    model.fit(x, y, epochs=1, verbose=0)
    edges = np.asarray(model.layers[0].edges.value).reshape(3, 7)
    for bend in (-0.5, 0.5):
        assert np.abs(edges[0] - bend).min() < 0.05
    with pytest.raises(InvalidArgument, match="by a tree, which needs the target"):
        model.layers[0].adapt(x)
    with pytest.raises(InvalidArgument, match="needs a target of 600 rows, received shape"):
        model.layers[0].adapt(x, y[:5])


def test_a_tree_divides_classes() -> None:
    x, _ = wave(600)
    kind = np.digitize(x[:, 0], [-0.7, 0.4])
    model = Sequential(
        [
            layers.Input((3,)),
            layers.PiecewiseLinearEmbedding(4, 2, placement="tree"),
            layers.Dense(3, activation="softmax"),
        ],
        seed=1,
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(x, kind, epochs=1, verbose=0)
    edges = np.asarray(model.layers[0].edges.value).reshape(3, 5)
    for bend in (-0.7, 0.4):
        assert np.abs(edges[0] - bend).min() < 0.02


def test_trees_of_few_rows_and_few_bins() -> None:
    column = np.array([1, np.nan, 2, 3, np.inf], np.float32)
    target = np.array([[0], [1], [0], [np.nan], [1]], np.float32)
    assert tree_edges(column, target, 3)[:2].tolist() == [1, 2]
    assert tree_edges(column, target, 1).tolist() == [1, 3]
    assert tree_edges(np.full(4, np.nan, np.float32), np.zeros((4, 1), np.float32), 2)[0] == 0


# -- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("linear", [True, False])
def test_columns_that_are_not_embedded_pass_through(linear: bool) -> None:
    x, _ = wave(20)
    layer = layers.PiecewiseLinearEmbedding(4, 3, columns=[0, 2], linear=linear)
    layer.adapt(x)
    built(layer, 3)
    y = np.asarray(layer(x))
    assert (
        y.shape == (20, (3 if linear else 1) + 6) == (20, layer.compute_output_shape((None, 3))[1])
    )
    assert_same_bits(y[:, : 3 if linear else 1], x if linear else x[:, 1:2])


def test_a_cell_on_an_edge_gets_its_vector_and_outside_nothing_changes() -> None:
    layer = layers.PiecewiseLinearEmbedding(3, 2, linear=False, increments=False)
    layer.adapt([[0.0], [1.0], [2.0], [4.0]])
    built(layer, 1)
    table = np.asarray(layer.embeddings.value)
    far = [0.0, 1.0, 2.0, 4.0, -1e30, 1e30, -np.inf, np.inf, np.nan]
    y = np.asarray(layer(np.array(far, np.float32)[:, None]))
    assert_close(y, table[[0, 1, 2, 3, 0, 3, 0, 3, 4]], 1e-6)


def test_missing_cells_pass_as_zero_and_learn_a_vector() -> None:
    x, y = wave()
    gaps = np.random.default_rng(1).uniform(size=len(x)) < 0.3
    x[gaps, 0] = np.nan
    y[gaps] = 3.0
    model = network(x)
    model.fit(x, y, epochs=60, verbose=0)
    predicted = model.predict(x, verbose=0)
    assert np.all(np.isfinite(predicted))
    assert abs(float(predicted[gaps].mean()) - 3.0) < 0.1
    assert float(np.abs(predicted[gaps] - 3.0).mean()) < 0.2


def test_it_bends_where_a_plain_network_is_slow() -> None:
    x, y = wave(600)
    new, target = wave(600, seed=1)
    model = network(x)
    plain = Sequential(
        [layers.Input((3,)), layers.Dense(16, activation="relu"), layers.Dense(1)], seed=3
    )
    plain.compile(optimizer=trimtab.optimizers.Adam(1e-2), loss="mse")
    losses = []
    for each in (model, plain):
        each.fit(x, y, epochs=30, verbose=0)
        losses.append(float(each.evaluate(new, target, verbose=0)))
    assert losses[0] < 0.7 * losses[1]


# -- everywhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize("increments", [False, True])
def test_both_engines_train_to_the_same_network(increments: bool) -> None:
    if "jax" not in ENGINES:
        pytest.skip("JAX is not installed")
    x, y = wave(96)
    x[5, 0] = np.nan
    found = []
    for engine in ("native", "jax"):
        model = network(x, engine, increments=increments)
        model.fit(x, y, epochs=3, batch_size=16, verbose=0)
        found.append([np.asarray(weight) for weight in model.get_weights()])
    for native, jax in zip(*found, strict=True):
        assert_close(native, jax, 2e-4)


def test_increments_begin_as_the_same_curves_and_learn_smoother_ones() -> None:
    x, y = wave(60)
    new, _ = wave(600, seed=1)
    plain, sums = (network(x, bins=32, increments=each) for each in (False, True))
    assert_close(plain.predict(new, verbose=0), sums.predict(new, verbose=0), 1e-5)
    roughness = []
    for model in (plain, sums):
        front = model.layers[0]
        before = np.asarray(front.embeddings.value).copy()
        model.fit(x, y, epochs=20, verbose=0)
        change = (np.asarray(front.embeddings.value) - before).reshape(3, -1, 4)[:, :-1]
        change = change.cumsum(axis=1) if front.increments else change
        roughness.append(np.square(np.diff(change, axis=1)).sum() / np.square(change).sum())
    assert roughness[1] < 0.3 * roughness[0]


def test_training_leaves_the_edges_alone() -> None:
    x, y = wave()
    model = network(x)
    before = np.array(model.layers[0].edges.value)
    model.fit(x, y, epochs=2, verbose=0)
    assert_same_bits(np.asarray(model.layers[0].edges.value), before)
    assert model.layers[0].edges not in model.trainable_weights


def test_files_copies_and_pickles_predict_the_same(tmp_path) -> None:
    x, y = wave()
    model = network(x, columns=[0, 1])
    model.fit(x, y, epochs=2, verbose=0)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.trimtab")
    for again in (
        trimtab.load_model(tmp_path / "m.trimtab"),
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
    ):
        assert_same_bits(again.predict(x, verbose=0), expected)
    config = model.layers[0].get_config()
    assert type(model.layers[0]).from_config(config).get_config() == config


def test_train_embeds_numbers_but_not_flags_and_categories() -> None:
    generator = np.random.default_rng(0)
    rows = 120
    table = {
        "size": generator.normal(size=rows),
        "hue": generator.choice(["red", "blue"], rows),
        "new": generator.choice([True, False], rows),
        "gap": np.where(generator.uniform(size=rows) < 0.2, np.nan, generator.normal(size=rows)),
        "shop": [f"shop {i % 30}" for i in range(rows)],
        "price": generator.normal(size=rows),
    }
    predictor = trimtab.train(table, "price", layers="ple:6x2 8 relu", epochs=2, effort="quick")
    front = predictor.model.get_layer("piecewise_linear_embedding")
    names = [predictor.preprocessor.columns[column].name for column in front.columns]
    assert names == ["size", "gap"]
    assert np.all(np.isfinite(predictor.predict(table)))
    assert moving_statistics(predictor.model) == 0


def test_train_without_numbers_leaves_it_out() -> None:
    table = {"hue": ["red", "blue", "green"] * 20, "y": [1.0, 2.0, 4.0] * 20}
    predictor = trimtab.train(table, "y", layers="ple 8 relu", epochs=2, effort="quick")
    assert np.all(np.isfinite(predictor.predict(table)))


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bins": 0}, "bins must be a positive integer, received 0"),
        ({"dim": 2.5}, "dim must be a positive integer, received 2.5"),
        ({"columns": [0, 0]}, "columns must be different numbers of columns"),
        ({"columns": [-1]}, "columns must be an integer"),
        ({"linear": "no"}, "linear must be True or False"),
    ],
)
def test_bad_arguments(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        layers.PiecewiseLinearEmbedding(**settings)


def test_columns_that_are_not_there() -> None:
    layer = layers.PiecewiseLinearEmbedding(columns=[4])
    with pytest.raises(InvalidArgument, match="embeds column 4, receives 3 columns"):
        layer.build(3)
    layer = layers.PiecewiseLinearEmbedding()
    layer.adapt(np.zeros((5, 2)))
    with pytest.raises(InvalidArgument, match="was adapted to 2 columns, receives 3"):
        layer.build(3)
    with pytest.raises(InvalidArgument, match="needs rows of numbers"):
        layer.adapt(np.zeros((0, 2)))
