"""What fit(track=[...]) logs, and that it changes nothing."""

import numpy as np
import pytest

from tests.support.close import assert_close
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Sequential
from trimtab.core import checks
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument
from trimtab.insight.probe import tracking
from trimtab.insight.probe.tracking import LayersTracker, StatisticsTracker, spread
from trimtab.nn import layers
from trimtab.training.batches import cut
from trimtab.training.callbacks import LambdaCallback
from trimtab.training.progress import format_logs

QUIET = {"verbose": 0, "batch_size": 16}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["moving", "population"])
def test_tracking_changes_nothing(engine, kind):
    x, y = small_data()
    settings = {"epochs": 3, "validation_split": 0.2, "statistics": kind, **QUIET}
    plain, tracked = small_model(engine=engine), small_model(engine=engine)
    a = plain.fit(x, y, **settings).history
    b = tracked.fit(x, y, track=["statistics"], **settings).history
    name = tracked.layers[1].name
    assert set(b) - set(a) == {f"{name}/statistics_distance", f"{name}/variance_ratio"}
    assert {key: b[key] for key in a} == a
    assert all(len(values) == 3 and np.isfinite(values).all() for values in b.values())
    assert_same_state(plain, tracked)


@pytest.mark.parametrize("engine", ENGINES)
def test_tracking_layers_changes_nothing(engine):
    x, y = small_data()
    settings = {"epochs": 3, "validation_split": 0.2, **QUIET}
    plain, tracked = small_model(engine=engine), small_model(engine=engine)
    a = plain.fit(x, y, **settings).history
    b = tracked.fit(x, y, track=["layers"], **settings).history
    assert {key: b[key] for key in a} == a
    first, normalization, _, last = (layer.name for layer in tracked.layers)
    quantities = {"mean", "standard_deviation", "zeros"}
    norms = {"weight_norm", "gradient_ratio", "update_ratio"}
    assert set(b) - set(a) == {
        *(f"{first}/{name}" for name in quantities | norms | {"dead"}),
        *(f"{normalization}/{name}" for name in quantities | norms),
        *(f"{normalization}/{name}" for name in ("statistics_distance", "variance_ratio")),
        *(f"{last}/{name}" for name in quantities | norms),
    }
    assert all(len(values) == 3 and np.isfinite(values).all() for values in b.values())
    assert all(type(value) is float for values in b.values() for value in values)
    assert_same_state(plain, tracked)


def test_a_step_is_seen_as_a_probe_sees_it():
    """Without dropout and batch statistics training mode is inference mode."""
    x, y = small_data()
    weight = np.linspace(0, 2, len(x))
    model = small_model(dropout=0, normalize=False)
    before = model.probe(x, y, weight)
    settings = {"track": ["layers"], "sample_weight": weight, "verbose": 0, "batch_size": len(x)}
    history = model.fit(x, y, epochs=1, **settings).history
    for row, after in zip(before, model.probe(x, y, weight), strict=True):
        expected = row.quantities() | {
            "weight_norm": after.weight_norm,
            "gradient_ratio": row.gradient_norm / after.weight_norm,
            "update_ratio": row.update_norm / after.weight_norm,
        }
        for name, value in expected.items():
            assert_close(history[f"{row.layer}/{name}"][-1], value, 1e-5, what=name)


def test_as_many_batches_are_seen_as_have_enough_rows():
    x, y = small_data(1000)
    model = small_model()
    expected = {
        (1000, 32): (23, 31),  # the last batch has 8 rows
        (1000, 48): (15, 21),  # with 40 it counts
        (100, 32): (0, 3),
        (1000, 400): (2, 3),
        (10, 32): (0, 1),
    }
    for (rows, size), batches in expected.items():
        tracker = LayersTracker(model, Rows(x, y))
        look = tracker.look(model.program(), cut(rows, size))
        assert (look.first, look.stop) == batches, (rows, size)


def test_calls_for_single_batches_see_the_same():
    x, y = small_data(200)
    found = []
    for callbacks in ([], [LambdaCallback(on_train_batch_end=lambda batch, logs: None)]):
        model = small_model()
        for layer, name in zip(model.layers, "abcd", strict=True):
            layer.name = name
        settings = {"epochs": 2, "track": ["layers"], "callbacks": callbacks, **QUIET}
        found.append(model.fit(x, y, **settings).history)
    for key, values in found[0].items():
        assert_close(np.array(found[1][key]), np.array(values), 1e-9, scale=1, what=key)


def test_an_epoch_resumed_behind_the_look_is_probed():
    x, y = small_data(50)  # 16, 16, 16, 2: the last batch is not looked at
    tracker = LayersTracker(small_model(), Rows(x, y[:, None]))
    logs = tracker.measure(None)
    model = small_model()
    keys = model.fit(x, y, epochs=1, track=["layers"], **QUIET).history
    assert {key.partition("/")[2] for key in logs} == {
        key.partition("/")[2] for key in keys if "/" in key
    }


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_the_ratio_seen_in_training_is_that_of_a_probe(rate):
    """Of 64 rows with 64 columns the ratio is known to a few hundredths."""
    x, y = small_data(1000)
    stack = [layers.Dense(64, activation="relu"), layers.Dropout(rate)]
    stack += [layers.BatchNormalization(name="bn"), layers.Dense(1)]
    model = Sequential([layers.Input((3,)), *stack], seed=1)
    model.compile("sgd", "mse")
    history = model.fit(x, y, epochs=4, track=["layers"], batch_size=100, verbose=0).history
    measured = model.probe(x, y)["bn"]
    assert_close(np.mean(history["bn/variance_ratio"]), measured.variance_ratio, 0.05, scale=1)
    assert measured.variance_ratio < 1 - 0.8 * rate


def test_without_dropout_the_ratio_is_one():
    x, y = small_data()
    model = small_model(dropout=0)
    history = model.fit(x, y, epochs=2, track=["layers"], **QUIET).history
    assert history[f"{model.layers[1].name}/variance_ratio"] == [1.0, 1.0]


def test_weights_of_rows_count_in_statistics_that_weigh():
    x, y = small_data(400)
    weight = (np.arange(len(x)) % 2).astype(np.float32)
    x[::2] += 100  # rows that do not count
    stack = [layers.BatchNormalization(weighted=True, name="bn"), layers.Dense(1)]
    model = Sequential([layers.Input((3,)), *stack], seed=1)
    model.compile("sgd", "mse")
    settings = {"epochs": 60, "track": ["layers"], "sample_weight": weight, **QUIET}
    assert model.fit(x, y, **settings).history["bn/statistics_distance"][-1] <= 0.5


def test_statistics_over_more_rows_are_kept():
    x, y = small_data(400)
    found = []
    for track in (["statistics"], ["statistics", "layers"], ["layers", "statistics"], ["layers"]):
        history = small_model().fit(x, y, track=track, **QUIET).history
        key = next(key for key in history if key.endswith("/statistics_distance"))
        found.append(history[key])
    assert found[0] == found[1] == found[2] != found[3]


def test_layers_are_followed_when_the_program_changes():
    x, y = small_data()
    model = small_model()
    settings = {"epochs": 3, "freeze_statistics_after": 1, "track": ["layers"], **QUIET}
    history = model.fit(x, y, **settings).history
    # Frozen, gamma and beta still move: the layer is not the optimizer's alone.
    assert len(history[f"{model.layers[1].name}/update_ratio"]) == 3


def test_distance_in_standard_deviations():
    x, y = small_data(200)
    x += 5
    model = Sequential([layers.BatchNormalization(input_shape=[3]), layers.Dense(1)], seed=2)
    model.compile("sgd", "mse")
    key = f"{model.layers[0].name}/statistics_distance"
    found = []
    for kind in ("moving", "population"):
        settings = {"epochs": 2, "validation_data": (x, y), "track": ["statistics"], **QUIET}
        found.append(model.fit(x, y, statistics=kind, **settings).history[key])
    moving = model.layers[0].moving_mean
    moving.assign(np.float32([1, 2, 3]))
    mean, variance = x.astype(float).mean(axis=0), x.astype(float).var(axis=0)
    measured = StatisticsTracker(model, Rows(x)).measure()[key]
    expected = np.sqrt(np.mean(([1, 2, 3] - mean) ** 2 / (variance + 1e-3)))
    assert_close(measured, expected, 1e-6)
    # One epoch away from the start, and one epoch away from where they were right.
    assert found[0][0] > 3 and found[1][1] <= 0.1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5])
def test_variance_ratio_behind_a_dropout(rate, engine):
    """v / ((v + c²) / (1 - rate) - c²), column by column with mean c and variance v."""
    x, _ = small_data(4000)
    stack = [
        layers.Dense(32, activation="relu", input_shape=[3]),
        layers.Dropout(rate),
        layers.BatchNormalization(),
        layers.Dense(1),
    ]
    model = Sequential(stack, seed=4)
    model.compile("sgd", "mse", engine=engine)
    given = np.maximum(x.astype(float) @ model.layers[0].kernel.numpy().astype(float), 0)
    c, v = given.mean(axis=0), given.var(axis=0)
    expected = v.sum() / ((v + c**2) / (1 - rate) - c**2).sum()
    measured = StatisticsTracker(model, Rows(x)).measure()
    # 4000 rows times 32 columns: the ratio of variances is known to about a hundredth.
    assert_close(measured[f"{stack[2].name}/variance_ratio"], expected, 0.02, scale=1)
    assert expected < 1 - 0.9 * rate


def test_frozen_layers_are_looked_at_and_blocks_named():
    x, y = small_data()
    block = layers.Residual(layers.Dense(3), layers.BatchNormalization(name="inner"), name="block")
    model = Sequential([layers.Input((3,)), block, layers.Dense(1)], seed=1)
    model.compile("sgd", "mse")
    settings = {"epochs": 3, "freeze_statistics_after": 1, "track": ["statistics"], **QUIET}
    history = model.fit(x, y, **settings).history
    assert len(history["block/inner/statistics_distance"]) == 3
    assert len(history["block/inner/variance_ratio"]) == 3


def test_what_does_not_vary_has_no_ratio():
    x, y = small_data()
    model = Sequential([layers.BatchNormalization(input_shape=[3]), layers.Dense(1)], seed=1)
    model.compile("sgd", "mse")
    history = model.fit(np.ones_like(x), y, track=["statistics"], **QUIET).history
    assert np.isnan(history[f"{model.layers[0].name}/variance_ratio"][0])
    assert np.isfinite(history[f"{model.layers[0].name}/statistics_distance"][0])


def test_rows_are_spread_evenly(monkeypatch):
    x = np.arange(10, dtype=np.float32).reshape(-1, 1)
    assert spread(x, 10) is x
    assert spread(x, 4)[:, 0].tolist() == [0, 2, 5, 7]
    monkeypatch.setattr(tracking, "ROWS", 5)
    x, y = small_data()
    model = small_model(dropout=0)
    layer = model.layers[1]
    measured = StatisticsTracker(model, Rows(x, y)).measure()
    model.refresh_statistics(x[::10])
    given = np.sqrt(
        np.mean(layer.moving_mean.numpy() ** 2 / (layer.moving_variance.numpy() + 1e-3))
    )
    assert_close(measured[f"{layer.name}/statistics_distance"], given, 1e-6)


def test_lines_leave_single_layers_out():
    assert format_logs({"loss": 1.0, "bn/variance_ratio": 0.5}, " ") == ["loss 1.0000"]


@pytest.mark.parametrize(
    ("track", "text"),
    [
        (
            "statistics",
            "track must be a list of names, received 'statistics'. Use track=['statistics'].",
        ),
        (3, "track must be a list of names, received 3. Use track=['statistics']."),
    ],
)
def test_track_is_a_list(track, text):
    x, y = small_data()
    assert_refused(InvalidArgument, text, lambda: small_model().fit(x, y, track=track, **QUIET))


def test_unknown_trackers_are_refused():
    x, y = small_data()
    assert_refused(
        InvalidArgument,
        f"track must be one of {checks.listing(tracking.TRACKERS)}, received 'statistic'. "
        "Did you mean 'statistics'?",
        lambda: small_model().fit(x, y, track=["statistic"], **QUIET),
    )
