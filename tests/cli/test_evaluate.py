"""``trimtab evaluate``: scores with their errors, and what is known of the rows."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.support.predictors import houses, small_predictor


@pytest.fixture(scope="module")
def predictor():
    return small_predictor()


@pytest.fixture
def files(trimtab, predictor):
    predictor.save(trimtab.folder / "m")
    houses().to_csv(trimtab.folder / "old.csv", index=False)
    new = houses(50, seed=9)
    new["rooms"] += 0.25  # no row is like one of the training
    new.to_csv(trimtab.folder / "new.csv", index=False)
    return trimtab.folder


def test_new_rows(trimtab, files, predictor):
    result = trimtab("evaluate", "m", "new.csv")
    assert (result.status, result.err) == (0, "")
    scores = predictor.evaluate(files / "new.csv")
    assert result.out == "\n".join([scores.sentence(), "", *scores.lines()]) + "\n"
    assert "On 50 rows of new.csv its mean absolute error is" in result.out


def test_rows_that_were_trained_on(trimtab, files):
    result = trimtab("evaluate", "m", "old.csv")
    assert "Note: The model was trained on 60 of 80 rows: these scores are better" in result.err
    result = trimtab("evaluate", "m", "old.csv", "--part", "valid")
    assert "On 20 validation rows" in result.out and result.err == ""
    assert "This" not in result.err
    result = trimtab("evaluate", "m", "old.csv", "--part", "train")
    assert "On 60 training rows" in result.out
    assert (
        result.err
        == "Note: The model was trained on these rows: it is less accurate on new ones.\n"
    )


def test_json(trimtab, files, predictor):
    result = trimtab("evaluate", "m", "old.csv", "--part", "valid", "--json")
    record = json.loads(result.out)
    assert record["rows"] == 20 and record["notes"] == []
    assert record["metrics"]["mae"] == pytest.approx(
        predictor.scores["valid"].record()["metrics"]["mae"]
    )
    assert record["sentence"].startswith("On 20 validation rows")


def test_reading_can_be_told(trimtab, files):
    houses(50, seed=9).to_csv("semi.txt", index=False, sep="|", na_rep="-99")
    result = trimtab("evaluate", "m", "semi.txt", "--delimiter", "|", "--missing", "-99", "--json")
    plain = trimtab("evaluate", "m", "new.csv", "--json")
    assert json.loads(result.out)["rows"] == json.loads(plain.out)["rows"] == 50


def test_refusals(trimtab, files):
    assert "is not the table that this model was trained on" in trimtab.refuses(
        "evaluate", "m", "new.csv", "--part", "valid"
    )
    assert "trained without test rows" in trimtab.refuses("evaluate", "m", "old.csv", "--part=test")
    assert "part must be one of" in trimtab.refuses("evaluate", "m", "old.csv", "--part=none")
    houses(5).drop(columns="price").to_csv("bare.csv", index=False)
    assert "'price'" in trimtab.refuses("evaluate", "m", "bare.csv")
    assert trimtab.refuses("evaluate", "nothing", "new.csv") == "there is no file 'nothing'."


def test_rows_alike_on_both_sides_are_not_counted_twice(trimtab):
    """Of 200 days 150 were trained on and 50 validated with, however alike the days are."""
    days = pd.date_range("2024-01-01", periods=200).strftime("%Y-%m-%d")
    table = pd.DataFrame({"day": days, "promo": [0, 1] * 100, "sold": [3.5, 7.5] * 100})
    table.to_csv("days.csv", index=False)
    trimtab("train", "days.csv", "--target", "sold", "--time", "day", "--epochs", "1")
    result = trimtab("evaluate", "days.trimtab", "days.csv")
    assert "The model was trained on 150 of 200 rows: " in result.err
    assert "The model was validated on 50 of 200 rows: " in result.err


def test_advice_is_in_words_of_the_command_line(trimtab):
    """The remedy for probabilities that are off has to work when typed."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=2000).round(3)
    table = pd.DataFrame(
        {"size": size, "kind": np.where(size + rng.normal(size=2000) > 2, "a", "b")}
    )
    table.to_csv("t.csv", index=False)
    trimtab("train", "t.csv", "--target", "kind", "--epochs", "1", "--lr", "1e-5")
    for words in (("evaluate", "t.trimtab", "t.csv"), ("show", "t.trimtab")):
        said = trimtab(*words).out
        assert "Train with --calibrate sigmoid to correct them." in said, words
        assert "calibrate=" not in said, words
