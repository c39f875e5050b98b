"""Classes at the command line: what is quoted, the threshold, probabilities, metrics' names."""

import json

import numpy as np
import pandas as pd
import pytest

SMALL = ("--layers", "8 relu", "--epochs", "6", "--lr", "0.01", "-q", "--effort", "quick")


@pytest.fixture
def fraud(trimtab):
    """One row in a hundred is a fraud; the columns tell something about it."""
    lines = ["x,z,y"]
    lines += [
        f"{(i * 37) % 101 / 10},{i % 5},{'fraud' if i % 100 == 3 else 'ok'}" for i in range(2000)
    ]
    (trimtab.folder / "a.csv").write_text("\n".join(lines) + "\n")
    return trimtab


def test_balanced_weights_have_a_verdict_that_fits(fraud):
    said = fraud.does("train", "a.csv", "--target", "y", "--class-weight", "balanced", *SMALL).out
    assert "its balanced accuracy is " in said and "worse than no model" not in said
    shown = fraud.does("show", "a.trimtab").out
    assert "its balanced accuracy is " in shown
    assert "positive    'fraud'" in shown.splitlines()
    table = {line[:24].strip(): line for line in shown.splitlines()}
    assert table["accuracy"].endswith("  always 'ok'")
    assert table["balanced accuracy"].endswith("0.5 ± 0  any constant")
    assert "Probabilities of 'fraud' are too high: " in " ".join(shown.split())
    record = json.loads(fraud.does("show", "a.trimtab", "--json").out)
    assert record["classes"]["positive"] == "fraud"
    assert record["scores"]["valid"]["quoted"] == "balanced_accuracy"


def test_a_cost_from_training_to_evaluating(fraud):
    options = ("--cost", "fraud=50", "--calibrate", "sigmoid")
    said = fraud.does("train", "a.csv", "--target", "y", *options, *SMALL).out
    assert "a row costs " in said and "always predicting 'ok' costs " in said
    assert "Predicts 'fraud' from a probability of " in said
    assert "for the lowest cost on the validation rows." in " ".join(said.split())
    shown = json.loads(fraud.does("show", "a.trimtab", "--json").out)["classes"]
    threshold = shown["threshold"]["value"]
    assert (
        shown["threshold"]["costs"] == [50.0, 1.0] and shown["calibration"]["method"] == "sigmoid"
    )
    fraud("predict", "a.trimtab", "a.csv", "--proba", "-o", "p.csv")
    found = pd.read_csv(fraud.folder / "p.csv")
    assert list(found)[-2:] == ["probability_fraud", "probability_ok"]
    assert ((found["prediction"] == "fraud") == (found["probability_fraud"] >= threshold)).all()
    evaluated = fraud("evaluate", "a.trimtab", "a.csv").out
    assert f"Predicts 'fraud' from a probability of {threshold:.4g} on." in evaluated
    assert "mean cost" in evaluated
    options = (fraud.folder / "a.toml").read_text()
    assert 'cost = { "fraud" = 50.0 }' in options and 'calibrate = "sigmoid"' in options
    again = fraud.does("train", "a.csv", "--config", "a.toml", "--out", "b.trimtab", "-q").out
    assert again == said


@pytest.mark.parametrize("typed", ["0.3", "30%", "30 %", ".3", "30"])
def test_a_threshold_for_one_prediction(fraud, typed):
    fraud.does("train", "a.csv", "--target", "y", "--class-weight", "balanced", *SMALL)
    options = ("--proba", "--threshold", typed, "-o", "p.csv")
    told = fraud("predict", "a.trimtab", "a.csv", *options)
    assert told.status == 0
    assert told.err.startswith("Predicts 'fraud' from a probability of 0.3 on.\n2,000 rows")
    found = pd.read_csv(fraud.folder / "p.csv")
    assert ((found["prediction"] == "fraud") == (found["probability_fraud"] >= 0.3)).all()
    said = fraud("evaluate", "a.trimtab", "a.csv", "--threshold", typed).out
    assert "Predicts 'fraud' from a probability of 0.3 on." in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--threshold", "1.3"),
            "--threshold must be a probability between 0 and 1, or what to choose it for, "
            "'balanced', 'f1', received 1.3. Use --threshold=0.013 for 1.3 %.",
        ),
        (
            ("--cost", "fraud"),
            "--cost must be CLASS=NUMBER, received 'fraud'. --cost fraud=50 says "
            "that a row of class fraud that is missed costs 50 times as much as a false alarm.",
        ),
        (("--cost", "fraud=many"), "--cost of 'fraud' must be a number above 0, received 'many'."),
        (
            ("--positive", "frauds"),
            "positive must name a class of 'y' ('fraud', 'ok'), received "
            "'frauds'. Did you mean 'fraud'?",
        ),
        (
            ("--metric", "mape"),
            "--metric has no 'mape'. The nearest: mae is the absolute error in "
            "the target's own units.",
        ),
        (
            ("--metric", "rmse"),
            "metric 'rmse' does not fit: 'y' has classes. Use one of 'accuracy', "
            "'balanced_accuracy', 'log_loss', 'roc_auc', 'average_precision', 'precision', "
            "'recall', 'f1'.",
        ),
    ],
)
def test_refusals(fraud, options, message):
    result = fraud("train", "a.csv", "--target", "y", *options, *SMALL)
    assert result.status == 2 and result.err.startswith(f"Error: {message}")


def test_metrics_of_numbers(fraud):
    result = fraud("train", "red-wine", "--metric", "auc", *SMALL)
    assert result.status == 2
    assert result.err == (
        "Error: metric 'roc_auc' does not fit: 'quality' is predicted as a number. Use one of "
        "'mae', 'rmse', 'r2', or --task multiclass.\n"
    )
    said = fraud.does("train", "red-wine", "--metric", "neg_root_mean_squared_error", *SMALL).out
    assert "its root mean squared error is " in said and "predicting the mean quality (" in said
    said = fraud.does("train", "red-wine", *SMALL).out
    assert "predicting the median quality (6) would be off by " in said
    for command in (("predict", "--threshold", "0.3"), ("evaluate", "--threshold", "0.3")):
        result = fraud(command[0], "red-wine.trimtab", "red-wine", *command[1:])
        assert result.status == 2 and "threshold needs two classes, and 'quality' is" in result.err


def test_a_table_of_one_class(fraud):
    fraud.does("train", "a.csv", "--target", "y", *SMALL)
    frame = pd.read_csv(fraud.folder / "a.csv")
    frame["x"] += 0.05
    frame[frame["y"] == "ok"].to_csv(fraud.folder / "ok.csv", index=False)
    frame[:1].to_csv(fraud.folder / "one.csv", index=False)
    result = fraud("evaluate", "a.trimtab", "ok.csv")
    assert result.status == 0 and "All 1,980 rows are 'ok': only accuracy" in result.err
    result = fraud("evaluate", "a.trimtab", "one.csv")
    assert result.status == 0 and "one row is too few to tell the two apart." in result.out


def test_one_form_of_numbers(trimtab):
    """Beside each other, 1,500 and 12,500; years alone have no comma."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "built": generator.integers(1900, 2023, 200),
            "area": generator.integers(1000, 9000, 200) + 0.5,
            "far": np.append(generator.normal(5000, 100, 199).round(1), 98765.5),
            "y": generator.normal(2e5, 1e4, 200).round(1),
        }
    )
    frame.to_csv(trimtab.folder / "a.csv", index=False)
    out = trimtab.does("inspect", "a.csv", "--target", "y").out
    built, area, far = (
        next(line for line in out.splitlines() if line.startswith(name))
        for name in ("built", "area", "far")
    )
    low, high = frame["built"].min(), frame["built"].max()
    assert f"{low} to {high}, median 19" in built
    assert f"{frame['area'].min():,.0f} to {frame['area'].max():,.0f}, median " in area
    assert "to 98,766, median " in far or "to 98,765, median " in far
    assert "far = 98,766 (" in out or "far = 98,765 (" in out or "far = 98,76" in out
    assert " 98765" not in out and " 98766" not in out
