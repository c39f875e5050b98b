"""The metric to optimize: the loss, what is quoted, means and medians of skewed targets."""

from __future__ import annotations

import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidArgument
from trimtab.predictor.calibration import VALIDATION, ConformityScores
from trimtab.predictor.class_words import advised
from trimtab.predictor.training import events
from trimtab.tables.preprocessing.curved_target import CurvedTarget
from trimtab.tables.preprocessing.target import Target

SMALL = {"layers": "16 relu", "epochs": 25, "lr": 0.01, "effort": "quick"}


def lognormal(rows: int = 3000, seed: int = 0) -> pd.DataFrame:
    """A target whose median is ``exp(1 + x / 2)`` and whose mean is 1.65 times that."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    return pd.DataFrame({"x": x, "y": np.exp(1 + 0.5 * x + rng.normal(size=rows))})


@pytest.fixture(scope="module")
def means():
    return trimtab.train(lognormal(8000), "y", optimize="rmse", **SMALL)


@pytest.fixture(scope="module")
def medians():
    return trimtab.train(lognormal(8000), "y", optimize="mae", **SMALL)


def test_means_under_rmse_and_medians_under_mae(means, medians):
    new = lognormal(4000, seed=1)
    median = np.exp(1 + 0.5 * new["x"].to_numpy())
    ratio = means.predict(new[["x"]]).mean() / (median.mean() * np.exp(0.5))
    assert 0.88 < ratio < 1.12  # a standard error of the mean of 2,000 errors is 3 %
    assert 0.9 < medians.predict(new[["x"]]).mean() / median.mean() < 1.1
    below = float(np.mean(new["y"] < medians.predict(new[["x"]])))
    assert 0.46 < below < 0.54


def test_the_loss_the_quote_and_the_constant(means, medians):
    assert means.options["loss"] == "mse" and medians.options["loss"] == "mae"
    assert "its root mean squared error is" in means.scores["valid"].sentence()
    assert "predicting the mean y" in means.scores["valid"].sentence()
    assert "predicting the median y" in medians.scores["valid"].sentence()


def test_missed_means_are_said(means, medians):
    (note,) = medians.scores["valid"].notes()
    assert "too low on average: they are medians" in note
    assert advised(medians, medians.scores["valid"])[1].startswith("Use optimize='rmse' (--opt")
    assert not means.scores["valid"].notes()
    record = medians.scores["valid"].record()
    assert record["mean_error"][0] < -0.5
    assert type(medians.scores["valid"]).from_record(record).notes() == [note]
    old = {name: each for name, each in record.items() if name != "mean_error"}
    assert type(medians.scores["valid"]).from_record(old).notes() == []


def test_files_keep_the_way_back(means, tmp_path):
    new = lognormal(50, seed=2)
    means.save(tmp_path / "means")
    again = trimtab.load(tmp_path / "means.trimtab")
    assert isinstance(again.preprocessor.target, CurvedTarget)
    assert again.preprocessor.target.errors
    np.testing.assert_array_equal(again.predict(new), means.predict(new))
    known, found = means.predict_interval(new), again.predict_interval(new)
    np.testing.assert_array_equal(known.upper, found.upper)


def shares_inside(predictor, new, level=0.8):
    """Of all rows, and of the thirds with the lowest, middle and highest predictions."""
    bounds = predictor.predict_interval(new[["x"]], level=level)
    inside = bounds.contains(new["y"])[:, 0]
    thirds = np.array_split(np.argsort(bounds.prediction[:, 0], kind="stable"), 3)
    return np.array([inside.mean(), *(inside[rows].mean() for rows in thirds)])


@pytest.mark.parametrize("predicted", ["means", "medians"])
def test_intervals_hold_what_they_promise_where_predictions_are_low_and_high(predicted, request):
    predictor, new = request.getfixturevalue(predicted), lognormal(8000, seed=3)
    shares = shares_inside(predictor, new)
    assert (np.abs(shares - 0.8) < [0.03, 0.05, 0.05, 0.05]).all()
    bounds = predictor.predict_interval(new[["x"]], level=0.8)
    assert bounds.lower.min() > 0
    assert (bounds.upper - bounds.prediction > bounds.prediction - bounds.lower).all()
    factors = bounds.upper / bounds.lower
    np.testing.assert_allclose(factors, factors[0, 0], rtol=1e-9)
    narrow = predictor.predict_interval(new[["x"]], level=0.1)
    assert ((narrow.lower <= narrow.prediction) & (narrow.prediction <= narrow.upper)).all()
    assert "of 8,000 rows, from 0." in repr(bounds) and " times the prediction, cal" in repr(bounds)


def test_intervals_of_files_without_the_scale_are_of_one_width(medians, tmp_path):
    """As in files of earlier versions: what they gave, they give."""
    new = lognormal(4000, seed=3)
    old = ConformityScores.of("regression", new["y"], medians.predict(new[["x"]]), part=VALIDATION)
    replace(medians, calibration=old).save(tmp_path / "old")
    again = trimtab.load(tmp_path / "old.trimtab")
    bounds = again.predict_interval(new[["x"]], level=0.8)
    np.testing.assert_allclose(bounds.width, 2 * old.quantile(0.8), rtol=1e-12)
    assert not (np.abs(shares_inside(again, new) - 0.8) < [0.03, 0.05, 0.05, 0.05]).all()


@pytest.mark.parametrize("how", [{"fold": 2}, {"test": 0.3}, {"committee": 2}, {"members": 4}])
@pytest.mark.parametrize("metric", ["mae", "rmse"])
def test_intervals_of_every_kind_of_model_grow_with_the_prediction(how, metric, tmp_path):
    predictor = trimtab.train(lognormal(900), "y", optimize=metric, **{**SMALL, "epochs": 4}, **how)
    new = lognormal(500, seed=5)
    bounds = predictor.predict_interval(new[["x"]])
    assert bounds.lower.min() > 0
    factors = bounds.upper / bounds.prediction
    np.testing.assert_allclose(factors, factors[0, 0], rtol=1e-9)
    predictor.save(tmp_path / "m")
    again = trimtab.load(tmp_path / "m.trimtab").predict_interval(new[["x"]])
    np.testing.assert_array_equal(again.lower, bounds.lower)
    np.testing.assert_array_equal(again.upper, bounds.upper)
    frame = predictor.predict_frame(new[["x"]], interval=0.9)
    np.testing.assert_array_equal(frame["upper"], bounds.upper[:, 0])


def test_intervals_of_several_targets_have_a_scale_each(tmp_path):
    frame = lognormal(900)
    frame["z"] = frame["x"] + np.random.default_rng(9).normal(size=900)
    frame["who"] = np.arange(900) // 3
    predictor = trimtab.train(frame, ["y", "z"], group="who", **{**SMALL, "epochs": 4})
    bounds = predictor.predict_interval(frame[["x"]])
    assert bounds.lower[:, 0].min() > 0
    assert np.ptp(bounds.width[:, 0]) > 1 and np.ptp(bounds.width[:, 1]) < 1e-9
    assert bounds.reach.startswith("y from 0.") and "times the prediction; z ± " in bounds.reach
    predictor.save(tmp_path / "m")
    again = trimtab.load(tmp_path / "m.trimtab").predict_interval(frame[["x"]])
    np.testing.assert_array_equal(again.upper, bounds.upper)


def test_intervals_where_targets_are_zero_or_negative():
    zeros, new = lognormal(1500), lognormal(1500, seed=1)
    zeros["y"], new["y"] = (np.floor(each["y"] / 2) for each in (zeros, new))
    predictor = trimtab.train(zeros, "y", target_scale="log", **SMALL)
    assert abs(shares_inside(predictor, new)[0] - 0.82) < 0.08
    bounds = predictor.predict_interval(new[["x"]])
    assert bounds.lower.min() == 0 and "times large predictions, up to " in bounds.reach
    zeros["y"], new["y"] = zeros["y"] - 3, new["y"] - 3
    predictor = trimtab.train(zeros, "y", target_scale="yeo-johnson", **SMALL)
    assert abs(shares_inside(predictor, new)[0] - 0.82) < 0.08
    assert np.ptp(predictor.predict_interval(new[["x"]]).width) > 0.5


def test_folds_get_means_from_the_other_folds():
    frame = lognormal(1500)
    predictor = trimtab.train(frame, "y", optimize="rmse", fold=3, **SMALL)
    found = predictor.scores["folds"].mean_error
    assert found is not None and abs(found.value) < 4 * found.error
    target = predictor.preprocessor.target
    assert isinstance(target, CurvedTarget) and target.errors


@pytest.mark.parametrize("options", [{}, {"fold": 2}])
def test_resuming_gives_the_same_predictions(options, tmp_path):
    frame, out = lognormal(600), tmp_path / "run.trimtab"
    options = {"optimize": "rmse", "layers": "8 relu", "epochs": 5, "effort": "quick", **options}
    whole = trimtab.train(frame, "y", **options)

    def stop(event):
        if isinstance(event, events.Epoch) and event.epoch == 3:
            signal.raise_signal(signal.SIGINT)

    part = trimtab.train(frame, "y", out=out, report=stop, **options)
    assert part.unfinished is not None
    rest = trimtab.train(frame, "y", out=out, resume=True)
    np.testing.assert_array_equal(rest.predict(frame), whole.predict(frame))
    assert rest.scores.keys() == whole.scores.keys()
    for name, scores in whole.scores.items():
        assert rest.scores[name].record() == scores.record()


@pytest.mark.parametrize(
    ("options", "loss", "curve"),
    [
        ({"target_scale": "standard"}, "mse", "line"),
        ({"target_scale": "yeo-johnson"}, "mse", "yeo-johnson"),
        ({"target_scaling": False}, "mse", "line"),
        ({"loss": "mae", "target_scale": "standard"}, "mae", "line"),
    ],
)
def test_every_scale_gives_means(options, loss, curve):
    predictor = trimtab.train(lognormal(), "y", optimize="rmse", **SMALL, **options)
    target = predictor.preprocessor.target
    assert predictor.options["loss"] == loss and target.curve == curve
    assert bool(target.errors) == (curve != "line" or loss == "mae")
    found = predictor.scores["valid"].mean_error
    assert abs(found.value) < 5 * found.error
    assert predictor.scores["valid"].quoted == "rmse"


def test_without_wishes_a_plain_target_is_as_it_was():
    frame = lognormal(400).assign(y=lambda f: f["x"] + 5)
    assert isinstance(trimtab.train(frame, "y", **SMALL).preprocessor.target, Target)
    skewed = trimtab.train(lognormal(400), "y", target_scale="standard", **SMALL)
    assert isinstance(skewed.preprocessor.target, Target)


def test_a_curve_is_said_and_each_target_has_its_own():
    frame, told = lognormal(500).assign(z=lambda f: f["x"] - 2), []
    predictor = trimtab.train(frame, ["y", "z"], optimize="rmse", report=told.append, **SMALL)
    notes = [note for event in told for note in getattr(event, "notes", ())]
    assert any("'y' is learned on a log scale" in note for note in notes)
    assert [one.curve for one in predictor.preprocessor.target.each] == ["log", "line"]
    off = predictor.scores["valid"]["y"].mean_error
    assert abs(off.value) < 5 * off.error


def test_aims_for_classes():
    rng = np.random.default_rng(4)
    x = rng.normal(size=900)
    two = pd.DataFrame({"x": x, "y": np.where(x + rng.normal(size=900) > 1.5, "yes", "no")})
    for asked, name in (("auc", "roc_auc"), ("logloss", "log_loss"), ("accuracy", "accuracy")):
        predictor = trimtab.train(two, "y", optimize=asked, **SMALL)
        assert predictor.scores["valid"].quoted == name and predictor.threshold is None
        assert predictor.options["loss"] == "binary_crossentropy"
    for asked, aim in (("balanced accuracy", "balanced"), ("F1-score", "f1")):
        predictor = trimtab.train(two, "y", optimize=asked, **SMALL)
        assert predictor.deciding is not None and predictor.options["threshold"] == aim
    # What is said about the threshold goes first.
    predictor = trimtab.train(two, "y", optimize="f1", threshold=0.7, **SMALL)
    assert predictor.threshold == 0.7
    three = two.assign(y=np.digitize(x, [-0.5, 1.5]).astype(str) + "c")
    predictor = trimtab.train(three, "y", optimize="balanced_accuracy", **SMALL)
    assert predictor.options["class_weight"] == "balanced"


def test_the_aim_goes_before_metrics():
    predictor = trimtab.train(lognormal(300), "y", optimize="rmse", metric=["mae"], **SMALL)
    assert predictor.scores["valid"].quoted == "rmse"
    assert "mae" in predictor.history.history


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("y", {"optimize": "auc"}, r"optimize 'roc_auc' does not fit: 'y' is predicted as a num"),
        ("c", {"optimize": "rmse"}, r"optimize 'rmse' does not fit: 'c' has classes"),
        ("y", {"optimize": "brier"}, r"optimize has no 'brier'.*log_loss"),
        ("c", {"optimize": "cost"}, r"'cost' needs the cost of a class"),
        (
            "y",
            {"target_scale": "log", "target_scaling": False},
            r"target_scaling is off, but target_scale='log'",
        ),
    ],
)
def test_what_does_not_fit(target, options, message):
    frame = lognormal(100).assign(c=lambda f: np.where(f["x"] > 0, "a", "b"))
    other = "c" if target == "y" else "y"
    with pytest.raises(InvalidArgument, match=message):
        trimtab.train(frame.drop(columns=other), target, **options, **SMALL)
