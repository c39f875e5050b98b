"""Calibrated intervals and sets: by hand, the promise kept, and what is refused."""

import json
import warnings

import numpy as np
import pytest

from tests.support.close import assert_close, assert_same_bits
from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab import Committee, Sequential
from trimtab.errors import (
    CalibrationWarning,
    InvalidArgument,
    InvalidData,
    NotCompiled,
    Unsupported,
)
from trimtab.insight.uncertainty import Calibration, Intervals, PredictionSets, calibrate
from trimtab.insight.uncertainty.task import Task
from trimtab.nn import layers


def line(outputs=1, loss="mse", **options):
    """Predicts its first columns as they are: no weight is in the way."""
    model = Sequential([layers.Dense(outputs, use_bias=False, input_shape=[outputs])], seed=1)
    model.compile("sgd", loss, **options)
    model.set_weights([np.eye(outputs)])
    return model


def classes(loss="sparse_categorical_crossentropy", activation="softmax", units=3):
    """Untrained, with dropout."""
    stack = [layers.Dense(8, "relu", input_shape=[3]), layers.Dropout(0.3)]
    model = Sequential([*stack, layers.Dense(units, activation)], seed=3)
    model.compile("adam", loss)
    return model


# -- numbers ----------------------------------------------------------------------------------


def test_plain_by_hand():
    x = np.arange(9.0)[:, None]
    errors = np.array([3.0, 1, 2, 4, 5, 6, 9, 8, 7]) / 8
    intervals = line().predict_interval(
        [[10.0], [20.0]], level=0.8, calibration=(x, x[:, 0] + errors)
    )
    assert isinstance(intervals, Intervals)
    # ceil(10 * 0.8) = 8: the eighth smallest of 1/8 to 9/8 is 1.
    np.testing.assert_array_equal(intervals.lower, [[9.0], [19.0]])
    np.testing.assert_array_equal(intervals.upper, [[11.0], [21.0]])
    np.testing.assert_array_equal(intervals.prediction, [[10.0], [20.0]])
    np.testing.assert_array_equal(intervals.spread, 1)
    np.testing.assert_array_equal(intervals.width, 2)
    assert intervals.level == 0.8 and len(intervals) == 2


def test_scaled_by_hand():
    model = small_model(dropout=0.4)
    x, y = small_data(30)
    calibration = calibrate(model, x, y, level=0.9, samples=50, seed=7)
    samples = model.predict_samples(x, samples=50, seed=7).astype(np.float64)
    mean, spread = samples.mean(axis=0)[:, 0], samples.std(axis=0)[:, 0]
    floor = np.median(spread)
    scores = np.sort(np.abs(y - mean) / np.maximum(spread, floor))
    assert_close(calibration.floor, [floor], 1e-12)
    assert_close(calibration.quantile, [scores[28 - 1]], 1e-12)  # ceil(31 * 0.9) = 28
    new, _ = small_data(12, seed=9)
    intervals = calibration.predict(new)
    samples = model.predict_samples(new, samples=50, seed=7).astype(np.float64)
    scale = np.maximum(samples.std(axis=0), floor)
    assert_close(intervals.prediction, samples.mean(axis=0), 1e-6)
    assert_close(intervals.spread, scale, 1e-6)
    assert_close(intervals.upper, samples.mean(axis=0) + scores[27] * scale, 1e-6)
    assert_close(intervals.lower, samples.mean(axis=0) - scores[27] * scale, 1e-6)
    again = model.predict_interval(new, calibration=(x, y), samples=50, seed=7)
    assert_same_bits(again.lower, intervals.lower)


def test_a_floor_of_ones_own():
    model = small_model()
    x, y = small_data(30)
    intervals = calibrate(model, x, y, samples=20, seed=1, floor=100.0).predict(x)
    np.testing.assert_array_equal(intervals.spread, 100)


def test_no_spread_at_all_is_one_width():
    """Dropout that reaches no output: every spread is 0."""
    model = small_model(dropout=0.5)
    weights = model.get_weights()
    model.set_weights([*weights[:-2], np.zeros_like(weights[-2]), weights[-1]])
    x, y = small_data(30)
    calibration = calibrate(model, x, y, samples=10, seed=1)
    assert calibration.floor == (1.0,) and calibration.spread == "dropout"
    assert_close(calibration.quantile, [np.sort(np.abs(y))[27]], 1e-6)


def test_rounding_does_not_narrow():
    """What lies at the calibrated distance lies inside."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(99, 1)).astype(np.float32)
    y = (x[:, 0] + generator.normal(size=99) * 1e3).astype(np.float32)
    calibration = calibrate(line(), x, y, level=0.9)
    inside = calibration.predict(x).contains(y)
    assert inside.sum() == 90  # ceil(100 * 0.9): with the row that the quantile is from


def test_logarithms_are_calibrated_and_led_back():
    """A model of logarithms: as sure for large predictions as for small ones."""
    generator = np.random.default_rng(0)
    x = generator.normal(0, 3, size=(3000, 1)).astype(np.float32)
    y = np.exp(x[:, 0] + generator.normal(size=3000))
    found = calibrate(line(), x[:999], np.log(y[:999])).predict(x[999:])
    lower, upper = (np.exp(end.astype(np.float64))[:, 0] for end in (found.lower, found.upper))
    inside = (lower <= y[999:]) & (y[999:] <= upper)
    thirds = np.array_split(inside[np.argsort(found.prediction[:, 0])], 3)
    assert (np.abs([inside.mean(), *map(np.mean, thirds)] - np.array(0.9)) < 0.06).all()
    assert lower.min() > 0


def test_outputs_by_themselves():
    x = np.tile(np.arange(19.0)[:, None], (1, 2))
    y = x + np.arange(1, 20)[:, None] * [1.0, 10.0]
    model = line(2)
    intervals = model.predict_interval(np.zeros((1, 2)), calibration=(x, y))
    np.testing.assert_array_equal(intervals.upper, [[18.0, 180.0]])
    coverage = intervals.evaluate([[18.0, 181.0]])
    np.testing.assert_array_equal(coverage.coverage, [1.0, 0.0])
    np.testing.assert_array_equal(coverage.width, [36.0, 360.0])
    assert "output 1: coverage 0.000" in repr(coverage)
    assert repr(intervals).splitlines()[1:] == [
        "  row  output  prediction       lower       upper",
        "    0       0           0         -18          18",
        "    0       1           0        -180         180",
    ]


@pytest.mark.parametrize("dropout", [0.3, 0])
def test_coverage_is_what_was_asked_for(dropout):
    """Over many draws of calibration and new rows, for a network that knows little."""
    model = small_model(dropout=dropout)
    generator = np.random.default_rng(1)
    level, held = 0.8, []
    for run in range(60):
        x = generator.normal(size=(80, 3)).astype(np.float32)
        y = x[:, 0] + np.exp(x[:, 1]) * generator.standard_t(3, size=80)
        options = {"level": level, "samples": 10, "seed": run}
        calibration = calibrate(model, x[:39], y[:39], **options)
        held.append(calibration.evaluate(x[39:], y[39:]).coverage[0])
    error = np.std(held) / np.sqrt(len(held))
    assert level - 4 * error <= np.mean(held) <= level + 1 / 40 + 4 * error


def test_groups_count_the_same():
    x = np.zeros((30, 1))
    # Ten groups with errors 1 to 10; the first has 21 rows.
    groups = np.r_[np.zeros(21, int), np.arange(1, 10)]
    y = groups + 1.0
    calibration = calibrate(line(), x, y, groups=groups)
    assert calibration.quantile == (10.0,)  # 0.9 * 11 = 9.9 of ten
    assert (calibration.rows, calibration.groups) == (30, 10)
    assert repr(calibration.predict(x)).startswith(
        "90 % intervals of 30 rows, calibrated on 30 rows of 10 groups\n"
    )
    assert calibrate(line(), x, y).quantile == (8.0,)  # 0.9 * 31: the 28th of the rows


def test_standard_errors():
    intervals = calibrate(line(), np.zeros((9, 1)), np.arange(9.0)).predict(np.zeros((8, 1)))
    y = np.r_[np.zeros(6), 99, 99]
    coverage = intervals.evaluate(y)
    assert coverage.coverage == 0.75 and coverage.rows == 8
    assert_close(coverage.coverage_error, [np.sqrt(0.75 * 0.25 / 8)], 1e-12)
    # Pairs that go together: as if there were half as many.
    paired = intervals.evaluate(y, groups=np.arange(8) // 2)
    assert_close(paired.coverage_error, [np.sqrt(0.75 * 0.25 / 4)], 1e-12)


# -- classes ----------------------------------------------------------------------------------


def test_sets_by_hand():
    model = classes()
    x, _ = small_data(40)
    labels = np.arange(40) % 3
    calibration = calibrate(model, x, labels, samples=30, seed=2)
    p = model.predict_samples(x, samples=30, seed=2).astype(np.float64)
    p = (p / p.sum(axis=-1, keepdims=True)).mean(axis=0)
    score = np.sort(1 - p[np.arange(40), labels])[37 - 1]  # ceil(41 * 0.9) = 37
    assert_close(calibration.quantile, [score], 1e-12)
    sets = calibration.predict(x)
    assert isinstance(sets, PredictionSets)
    np.testing.assert_array_equal(sets.sets, 1 - p <= calibration.quantile[0])
    assert_close(sets.probabilities, p, 1e-6)
    assert sets.contains(labels).sum() == 37
    np.testing.assert_array_equal(sets.size, [len(row) for row in sets.classes()])
    coverage = sets.evaluate(labels)
    assert coverage.coverage == 37 / 40
    assert_close(coverage.width, [sets.size.mean()], 1e-12)


def test_probabilities_of_one_pass():
    model = classes()
    x, _ = small_data(40)
    sets = calibrate(model, x, np.arange(40) % 3, scaled=False).predict(x)
    assert_close(sets.probabilities, model.predict(x), 1e-6)


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("binary", [False, True])
def test_logits_are_probabilities_before_the_last_step(binary, logits):
    from trimtab.nn import losses

    kind = losses.BinaryCrossentropy if binary else losses.SparseCategoricalCrossentropy
    activation = "sigmoid" if binary else "softmax"
    units = 1 if binary else 3
    plain = classes(kind(), activation, units)
    x, _ = small_data(40)
    labels = np.arange(40) % (2 if binary else 3)
    expected = calibrate(plain, x, labels, samples=20, seed=2).predict(x)
    assert expected.sets.shape == (40, 2 if binary else 3)
    assert_close(expected.probabilities.sum(axis=1), np.ones(40), 1e-6)
    if binary:
        samples = plain.predict_samples(x, samples=20, seed=2)
        assert_close(expected.probabilities[:, 1], samples.mean(axis=0)[:, 0], 1e-6)
    if logits:
        model = classes(kind(from_logits=True), None, units)
        model.set_weights(plain.get_weights())
        found = calibrate(model, x, labels, samples=20, seed=2).predict(x)
        assert_close(found.probabilities, expected.probabilities, 1e-5)


def test_coverage_of_sets():
    model = classes()
    generator = np.random.default_rng(4)
    held = []
    for run in range(60):
        x = generator.normal(size=(80, 3)).astype(np.float32)
        labels = (x[:, 0] + generator.normal(size=80) > 0).astype(int) + (x[:, 1] > 1)
        calibration = calibrate(model, x[:39], labels[:39], level=0.8, samples=5, seed=run)
        held.append(calibration.evaluate(x[39:], labels[39:]).coverage[0])
    error = np.std(held) / np.sqrt(len(held))
    assert 0.8 - 4 * error <= np.mean(held) <= 0.8 + 1 / 40 + 4 * error


def test_an_empty_set_is_said():
    p = np.array([[0.4, 0.3, 0.3]], np.float32)
    sets = PredictionSets(p > 0.5, p, 0.9, "by hand")
    assert sets.classes() == [[]]
    assert repr(sets).endswith("    0  none")


# -- kept and checked -------------------------------------------------------------------------


def test_a_calibration_as_plain_data():
    model = small_model()
    x, y = small_data(30)
    calibration = calibrate(model, x, y, samples=20, seed=2**63)
    record = json.loads(json.dumps(calibration.get_config()))
    again = Calibration.from_config(record, model)
    assert_same_bits(again.predict(x).upper, calibration.predict(x).upper)
    assert again.get_config() == calibration.get_config()
    for change in (
        {"level": 2},
        {"quantile": 1.0},
        {"quantile": [-1.0]},
        {"samples": None},
        {"seed": -1},
        {"spread": "luck"},
        {"spread": "members"},
        {"rows": 0},
        {"more": 1},
    ):
        with pytest.raises(InvalidArgument):
            Calibration.from_config({**record, **change}, model)
    del record["level"]
    assert_refused(
        InvalidArgument,
        "a calibration needs 'level'.",
        lambda: Calibration.from_config(record, model),
    )


def test_another_model_than_was_calibrated():
    model = small_model()
    x, y = small_data(30)
    calibration = calibrate(model, x, y, samples=5)
    model.fit(x, y, verbose=0)
    assert_refused(
        InvalidArgument,
        f"the weights of {model.name} changed since it was calibrated. Calibrate it again.",
        lambda: calibration.predict(x),
    )


def test_rows_it_was_fitted_on_are_warned_about():
    model = small_model()
    x, y = small_data(120)
    model.fit(x[:40], y[:40], validation_data=(x[40:60], y[40:60]), verbose=0)
    for part, count in ((slice(0, 20), 20), (slice(40, 60), 20), (slice(50, 70), 10)):
        with pytest.warns(CalibrationWarning) as caught:
            calibrate(model, x[part], y[part], samples=2)
        assert str(caught[0].message) == (
            f"{model.name} was fitted on or validated with {count} of the 20 calibration rows, so "
            "the intervals will be too small. Calibrate on rows set aside before fit."
        )
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        calibrate(model, x[60:], y[60:], samples=2)
        calibrate(model, x[55:75], y[55:75], samples=2)  # repeated rows are no proof
        calibrate(model, x[:40], y[:40] + 1, samples=2)  # other targets are other rows


def test_refusals():
    x, y = small_data(8)
    model = small_model()
    assert_refused(
        InvalidData,
        "level=0.9 needs at least 9 calibration rows, received 8. Use level=0.88, or set more "
        "of them aside.",
        lambda: model.predict_interval(x, calibration=(x, y)),
    )
    assert_refused(
        InvalidArgument,
        "predict_interval needs calibration=(x, y), rows used neither for training nor for "
        "early stopping, received NoneType. Set some aside before fit.",
        lambda: model.predict_interval(x),
    )
    bare = Sequential([layers.Dense(1, input_shape=[3])], name="bare")
    x, y = small_data(30)
    assert_refused(
        NotCompiled,
        "bare is not compiled, and only the loss tells whether it predicts numbers or classes. "
        "Call model.compile(optimizer='adam', loss='mae') first.",
        lambda: calibrate(bare, x, y),
    )
    bare.compile("sgd", "mse")
    assert_refused(
        InvalidArgument,
        "scaled=True needs a spread, and bare has no dropout. Leave scaled out for intervals of "
        "one width.",
        lambda: calibrate(bare, x, y, scaled=True),
    )
    assert_refused(
        InvalidArgument,
        "floor must be a number above 0, received 0.",
        lambda: calibrate(model, x, y, floor=0),
    )
    bare.set_weights([weight * np.nan for weight in bare.get_weights()])
    assert_refused(
        InvalidData,
        "the prediction for calibration row 1 is not finite (30 such rows in all). Fill in missing "
        "features, and check whether training diverged.",
        lambda: calibrate(bare, x, y),
    )
    several = Sequential([layers.Dense(2, "sigmoid", input_shape=[3])], name="several")
    several.compile("sgd", "binary_crossentropy")
    assert_refused(
        Unsupported,
        "several has 2 binary outputs, and only one is supported here. Train one model for each.",
        lambda: calibrate(several, x, np.zeros((30, 2))),
    )
    assert_refused(
        InvalidData,
        "y must hold class numbers from 0 to 2, received 3 at row 1.",
        lambda: calibrate(classes(), x, np.r_[0, 3, np.zeros(28)]),
    )
    assert_refused(
        InvalidData,
        "calibration x has 30 rows and calibration y has 29. They must have the same number.",
        lambda: calibrate(model, x, y[:-1]),
    )


def test_a_committee_is_calibrated_by_its_members():
    members = [small_model(seed=seed) for seed in (1, 2, 3)]
    committee = Committee(members)
    x, y = small_data(30)
    calibration = calibrate(committee, x, y)
    assert (calibration.spread, calibration.samples, calibration.seed) == ("members", None, None)
    predictions = committee.predict_members(x).astype(np.float64)
    mean, spread = predictions.mean(axis=0), predictions.std(axis=0)
    scale = np.maximum(spread, np.median(spread))
    score = np.sort(np.abs(y - mean[:, 0]) / scale[:, 0])[27]
    intervals = committee.predict_interval(x, calibration=(x, y))
    assert_close(intervals.upper, mean + score * scale, 1e-6)
    plain = committee.predict_interval(x, calibration=(x, y), scaled=False)
    assert_close(plain.width, np.full((30, 1), plain.width[0, 0]), 1e-5)
    again = Calibration.from_config(calibration.get_config(), committee)
    assert_same_bits(again.predict(x).lower, intervals.lower)
    assert_refused(
        InvalidArgument,
        "scaled=True needs a spread, and committee has one member. Leave scaled out for intervals "
        "of one width.",
        lambda: calibrate(Committee(members[:1]), x, y, scaled=True),
    )


@pytest.mark.parametrize(
    ("former", "name"),
    [("numbers", "regression"), ("binary", "binary"), ("classes", "multiclass")],
)
def test_tasks_in_pickles_of_earlier_versions(former, name):
    task = Task.__new__(Task)
    task.__setstate__({"kind": former, "logits": True})
    assert task == Task(name, logits=True)
