"""model.probe: what it measures, and that it changes nothing."""

import math
import pickle

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, everything, small_data, small_model
from trimtab import Sequential, config
from trimtab.engines.base import Rows
from trimtab.errors import InvalidData, NotCompiled
from trimtab.insight.probe import Inspector
from trimtab.nn import layers
from trimtab.tables import datasets

QUIET = {"verbose": 0, "batch_size": 16}


def assert_like(a, b, tolerance):
    """Two tables, number by number."""
    for one, other in zip(a, b, strict=True):
        for name, value in vars(one).items():
            expected = vars(other)[name]
            if not isinstance(value, float) or expected is None:
                assert value == expected, (one.layer, name)
            else:
                assert_close(value, expected, tolerance, scale=abs(expected) + 1e-3, what=name)


# -- what every layer puts out ---------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_outputs_are_those_of_inference(engine):
    x, y = small_data(40)
    block = layers.Residual(
        layers.Dense(4, activation="relu", name="inner"), layers.BatchNormalization(name="norm"),
        layers.Dense(3, name="out"), name="block",
    )  # fmt: skip
    stack = [
        layers.Dense(6, activation="tanh", name="first"), layers.Dropout(0.5, name="drop"),
        layers.BatchNormalization(name="bn"), block, layers.Activation("relu", name="relu"),
        layers.Dense(1, name="last"),
    ]  # fmt: skip
    model = Sequential([layers.Input((3,)), *stack], seed=4)
    model.compile("adam", "mse", engine=engine)
    model.fit(x, y, epochs=2, **QUIET)
    table = model.probe(x)
    paths = ["first", "drop", "bn", "block/inner", "block/norm", "block/out", "block", "relu"]
    assert [row.layer for row in table] == [*paths, "last"]
    assert table.count == 40
    value, values = x, {}
    for layer in stack:
        value = values[layer.name] = layer(value)
        row = table[layer.name]
        assert row.kind == type(layer).__name__ and row.units == value.shape[1]
        assert_close(row.mean, value.mean(), 1e-5, scale=abs(value).max(), what=layer.name)
        assert_close(row.standard_deviation, value.std(), 1e-5, what=layer.name)
        assert_close(row.zeros, (value == 0).mean(), 1e-6, scale=1)
    assert table["relu"].zeros > 0
    assert table["relu"].dead == (values["relu"] == 0).all(axis=0).sum()
    assert table["block"].dead is None and table["first"].saturated is not None


def test_a_dropout_of_rate_zero_is_a_row_of_its_own():
    model = Sequential([layers.Input((3,)), layers.Dropout(0.0, name="none")], seed=1)
    row = model.probe([[1.0, 0.0, 0.0]])["none"]
    assert row.units == 3 and row.zeros == 2 / 3 and row.weight_norm is None


def test_dead_units_of_a_layer():
    model = Sequential([layers.Dense(4, activation="relu", name="d", input_shape=[2])], seed=1)
    x, _ = small_data(100, 2)
    model.set_weights([np.ones((2, 4)), np.float32([0, -100, 100, -100])])
    row = model.probe(x)["d"]
    assert row.dead == 2 and row.saturated is None and 0.5 < row.zeros < 0.75


# -- gradient and update ---------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_update_is_what_one_step_does(engine, optimizer):
    x, y = small_data(32)
    model = small_model(optimizer=optimizer, engine=engine)
    model.fit(x, y, epochs=2, verbose=0)
    before = model.get_weights()
    table = model.probe(x, y)
    model.fit(x, y, batch_size=32, epochs=1, shuffle=False, verbose=0)
    after = model.get_weights()
    weights = list(zip(model.weights, before, after, strict=True))
    for row in table:
        own = [
            (w.astype(float), (now - w).astype(float))
            for weight, w, now in weights
            if weight.trainable and weight.path.rpartition("/")[0] == row.layer
        ]
        if not own:
            assert row.update_norm is None and row.gradient_norm is None
            continue
        norm, moved = (math.sqrt(sum(np.sum(pair[i] ** 2) for pair in own)) for i in (0, 1))
        assert_close(row.weight_norm, norm, 1e-6, what=row.layer)
        assert_close(row.update_norm, moved, 1e-5, what=row.layer)
        if optimizer == "sgd":
            rate = model.optimizer.learning_rate
            assert_close(row.gradient_norm, moved / rate, 1e-4, what=row.layer)
        assert row.update_ratio == row.update_norm / row.weight_norm


def test_sample_weights_weigh_in_the_loss():
    x, y = small_data()
    model = small_model()
    plain, double = model.probe(x, y), model.probe(x, y, sample_weight=np.full(len(x), 2.0))
    for a, b in zip(plain, double, strict=True):
        if a.gradient_norm is not None:
            assert_close(b.gradient_norm, 2 * a.gradient_norm, 1e-5, what=a.layer)


def test_frozen_layers_have_no_gradient():
    x, y = small_data()
    model = small_model()
    model.layers[0].trainable = False
    row = model.probe(x, y).rows[0]
    assert row.weight_norm is None and row.gradient_norm is None and row.update_norm is None


def test_without_targets_there_is_no_gradient_and_no_need_to_compile():
    x, y = small_data()
    model = Sequential([layers.Dense(1, input_shape=[3])], seed=1)
    row = model.probe(x).rows[0]
    assert row.weight_norm > 0 and row.gradient_norm is None and row.update_norm is None
    with pytest.raises(NotCompiled, match=r"^probe with y needs a compiled model\."):
        model.probe(x, y)


# -- batch normalizations --------------------------------------------------------------------------


def red_wine(standardized=True):
    """All rows of Red Wine; 1599 of them, 11 columns."""
    frame = datasets.load_red_wine()
    x = frame.drop("quality", axis=1).to_numpy("float64")
    if standardized:
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype(np.float32), frame["quality"].to_numpy("float32")


def expected_ratio(given, rate):
    """v / ((v + c²) / (1 - rate) - c²), all columns together; c and v as inference has them."""
    c, v = given.mean(axis=0, dtype=float), given.var(axis=0, dtype=float)
    return v.sum() / ((v + c**2) / (1 - rate) - c**2).sum()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("rate", "about"), [(0.1, 0.86), (0.2, 0.73), (0.5, 0.41)], ids=["0.1", "0.2", "0.5"]
)
def test_variance_ratio_of_red_wine_is_that_of_li_et_al(rate, about, engine):
    x, _ = red_wine()
    stack = [layers.Dense(256, activation="relu"), layers.Dropout(rate)]
    model = Sequential([layers.Input((11,)), *stack, layers.BatchNormalization(name="bn")], seed=1)
    model.compile("sgd", "mse", engine=engine)
    measured = model.probe(x)["bn"].variance_ratio
    # 1599 rows of 256 columns that share their rows: the ratio is known to a hundredth.
    assert_close(measured, expected_ratio(stack[0](x), rate), 0.01, scale=1)
    assert_close(measured, about, 0.02, scale=1)


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5])
def test_variance_ratio_on_raw_columns_is_lower(rate):
    x, _ = red_wine(standardized=False)
    stack = [layers.Dense(256, activation="relu"), layers.Dropout(rate)]
    model = Sequential([layers.Input((11,)), *stack, layers.BatchNormalization(name="bn")], seed=1)
    measured = model.probe(x)["bn"].variance_ratio
    assert_close(measured, expected_ratio(stack[0](x), rate), 0.01, scale=1)
    standardized = {0.1: 0.86, 0.2: 0.73, 0.5: 0.41}
    assert measured < standardized[rate] - 0.03


def test_probe_and_tracked_statistics_agree():
    x, y = small_data()
    model = small_model()
    history = model.fit(x, y, epochs=2, track=["statistics"], **QUIET).history
    row = model.probe(x)[model.layers[1].name]
    # The tracker draws its masks of the same seed and step.
    assert row.statistics_distance == history[f"{row.layer}/statistics_distance"][-1]
    assert row.variance_ratio == history[f"{row.layer}/variance_ratio"][-1]


# -- changes nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_changes_nothing(engine):
    x, y = small_data()
    plain, probed = small_model(engine=engine), small_model(engine=engine)
    for model in (plain, probed):
        model.fit(x, y, epochs=2, **QUIET)
        if model is probed:
            first, second = model.probe(x, y), model.probe(x, y)
            assert_like(first, second, 0)
            assert model.runner.step == 8
        model.fit(x, y, epochs=4, initial_epoch=2, **QUIET)
    assert_same_state(plain, probed)


def test_draws_no_seed():
    x, y = small_data()
    found = []
    for probes in (False, True):
        config.set_random_seed(3)
        model = small_model(seed=None)
        if probes:
            model.probe(x, y)
            assert model._run_seed is None
        model.fit(x, y, epochs=1, **QUIET)
        found.append(everything(model))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_that_shares_layers_is_left_alone():
    x, y = small_data()
    model = small_model()
    other = Sequential(model.layers, seed=9)
    other.compile("sgd", "mse")
    model.fit(x, y, epochs=1, **QUIET)
    kept = everything(model)
    other.probe(x, y)
    for one, now in zip(kept, everything(model), strict=True):
        np.testing.assert_array_equal(one, now)


# -- engines, sizes, refusals ----------------------------------------------------------------------


def test_engines_agree():
    x, y = small_data()
    tables = []
    for engine in ENGINES:
        model = small_model(engine=engine)
        for layer, name in zip(model.layers, ("a", "b", "c", "d"), strict=True):
            layer.name = name
        tables.append(model.probe(x, y))
    assert_like(*tables, 1e-4)


def test_more_rows_than_wanted_are_thinned_out():
    x, y = small_data()
    model = small_model()
    table = model.probe(x, y, max_rows=10)
    assert table.count == 10
    assert_like(table, model.probe(x[::5], y[::5]), 0)


def test_one_row_will_do():
    x, y = small_data(1)
    table = small_model().probe(x, y)
    assert table.count == 1 and math.isnan(table.rows[1].variance_ratio)


def test_a_diverged_network_says_nan():
    x, y = small_data()
    model = small_model()
    model.layers[0].kernel.assign(np.full((3, 8), np.inf))
    table = model.probe(x, y)
    assert math.isnan(table.rows[-1].mean) and "nan" in str(table)


def test_a_layer_of_ones_own_is_one_row():
    class Scale(layers.Layer):
        def build(self, input_shape):
            self.inner = layers.Dense(input_shape[-1])
            self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")

        def call(self, x):
            return self.inner(x) * self.scale

    x, y = small_data()
    model = Sequential([layers.Input((3,)), Scale(name="scale"), layers.Dense(1)], seed=1)
    model.compile("sgd", "mse")
    table = model.probe(x, y)
    assert len(table) == 2 and table["scale"].kind == "Scale"
    own = model.layers[0].weights
    assert_close(
        table["scale"].weight_norm, math.sqrt(sum((w.numpy() ** 2).sum() for w in own)), 1e-6
    )


def test_an_inspector_follows_the_weights():
    x, y = small_data()
    model = small_model()
    inspector = Inspector(model)
    rows = Rows(x, y[:, None])
    first = inspector.look(rows, 5)
    model.fit(x, y, epochs=1, **QUIET)
    assert inspector.look(rows, 5).rows[0].mean != first.rows[0].mean
    assert_like(inspector.look(rows, 5), Inspector(model).look(rows, 5), 0)


def test_a_table_can_be_pickled():
    x, y = small_data()
    table = small_model().probe(x, y)
    assert str(pickle.loads(pickle.dumps(table))) == str(table)


def test_refusals():
    x, _ = small_data()
    model = small_model()
    with pytest.raises(InvalidData, match="3 columns"):
        model.probe(x[:, :2])
    with pytest.raises(ValueError, match=r"max_rows must be a positive integer, received 0"):
        model.probe(x, max_rows=0)
    assert_refused(
        InvalidData,
        "x has no rows. At least one is needed.",
        lambda: model.probe(np.zeros((0, 3))),
    )
