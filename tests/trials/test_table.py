"""Comparisons of options of ``train`` on a table."""

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab import trials
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.trials import edits
from trimtab.trials.network_trial import seed_of
from trimtab.trials.trial import Trial

QUICK = {"effort": "quick", "epochs": 2, "verbose": 0}


def table(count=160, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.normal(100, 20, count)
    return pd.DataFrame(
        {
            "size": size,
            "colour": rng.choice(["red", "blue"], count),
            "town": rng.integers(0, 40, count),
            "price": 3 * size + rng.normal(0, 5, count),
        }
    )


def test_a_trial_is_what_train_and_evaluate_do():
    frame = table()
    found = trials.compare("8 relu", ["16 relu"], frame, "price", splits=2, **QUICK)
    assert [each.failed for each in found.outcomes] == [""] * 4
    split = found.design.splits[0]
    predictor = trimtab.train(
        frame.iloc[split.train],
        "price",
        layers="8 relu",
        effort="quick",
        epochs=2,
        seed=seed_of(Trial(0, 0, "base")) % 2**32,
        task="regression",
        report=False,
    )
    scores = predictor.evaluate(frame.iloc[split.test])
    base = next(each for each in found.outcomes if each.trial == Trial(0, 0, "base"))
    assert base.metrics["mae"] == pytest.approx(scores["mae"].value)
    assert "loss" in base.history


def test_variants_are_options_layers_and_edits():
    variants = {
        "wide": "32 relu",
        "slow": {"lr": 1e-5},
        "typed": "lr=0.01 batch-size=16",
        "edited": [edits.units(2), edits.dropout(0.1)],
    }
    task = trials.comparing.TableTask({"layers": "8 relu"}, variants, table(), "price", None)
    options = task.options
    assert options["wide"]["layers"] == "32 relu"
    assert (options["slow"]["layers"], options["slow"]["lr"]) == ("8 relu", 1e-5)
    assert (options["typed"]["lr"], options["typed"]["batch_size"]) == (0.01, 16)
    assert options["edited"]["layers"] == "16 relu dropout:0.1"
    assert len(set(task.digests.values())) == 5


def test_groups_of_the_table_stay_on_one_side():
    found = trials.compare(
        {"layers": "8 relu", "group": "town"}, ["16 relu"], table(), "price", splits=2, **QUICK
    )
    towns = table()["town"].to_numpy()
    for split in found.design.splits:
        assert not np.isin(towns[split.test], towns[split.train]).any()
    assert "whole groups" in found.design.how


def test_classes_are_judged_by_log_loss():
    frame = table().assign(dear=lambda each: each.pop("price") > 300)
    found = trials.compare("8 relu", ["lr=0.05"], frame, "dear", splits=2, **QUICK)
    assert found.metric == "log_loss"
    assert not any(each.failed for each in found.outcomes)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"variants": ["256 rellu"]}, InvalidArgument, "Did you mean 'relu'"),
        ({"variants": ["lerning=3"]}, InvalidArgument, "no argument 'lerning'"),
        ({"variants": ["256 relu lr=3"]}, InvalidArgument, "mixes options and layers"),
        ({"variants": {"a": {"seed": 3}}}, InvalidArgument, "Use compare\\(seed="),
        ({"variants": {"a": {"threads": 3}}}, InvalidArgument, "Use compare\\(jobs="),
        ({"variants": {"a": 3}}, InvalidArgument, "must be options of train"),
        ({"y": None}, InvalidArgument, "column to predict"),
        ({"y": "prise"}, InvalidData, "prise"),
        ({"groups": [1]}, InvalidArgument, "use group='COLUMN'"),
        ({"variants": [edits.optimizer("sgd")]}, InvalidArgument, "train uses AdamW"),
        ({"metric": "auc"}, InvalidArgument, "for numbers"),
    ],
)
def test_refusals(arguments, error, message):
    given = {"base": {}, "variants": ["8 relu"], "x": table(), "y": "price", "splits": 2, **QUICK}
    with pytest.raises(error, match=message):
        trials.compare(**{**given, **arguments})
