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
from trimtab.insight.probe.tracking import StatisticsTracker, spread
from trimtab.nn import layers
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


def test_tracked_layers_are_those_of_a_probe(monkeypatch):
    x, y = small_data()
    monkeypatch.setattr(tracking, "PROBE_ROWS", 10)
    model = small_model()
    weight = np.linspace(0, 2, len(x))
    settings = {"epochs": 2, "track": ["layers"], "sample_weight": weight, **QUIET}
    history = model.fit(x, y, **settings).history
    for row in model.probe(x[::5], y[::5], weight[::5]):
        for name, value in row.quantities().items():
            if row.kind != "Dropout":
                assert history[f"{row.layer}/{name}"][-1] == value, (row.layer, name)


def test_statistics_over_more_rows_are_kept(monkeypatch):
    monkeypatch.setattr(tracking, "PROBE_ROWS", 10)
    x, y = small_data()
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
