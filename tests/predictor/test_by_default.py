"""What happens where nothing is said: networks for the folds, or one where that cannot be."""

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor import Remarks
from trimtab.predictor.training import defaults, events

#: A network that takes no time; everything else is the default.
SMALL = {"layers": "4 relu", "epochs": 2}


def rows_of(count=200, seed=0, **columns):
    """A number that depends on another one, with more columns if some are named."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=count)
    return pd.DataFrame({"x": x, "y": 2 * x + generator.normal(0, 0.3, count), **columns})


def trained(frame, target="y", **options):
    """The predictor, and what was said."""
    heard = []
    predictor = trimtab.train(frame, target, report=heard.append, **SMALL, **options)
    return predictor, heard


def divided(heard):
    (found,) = (event for event in heard if isinstance(event, events.Divided))
    return found


def groups(*sizes):
    return np.repeat([f"shop {number}" for number in range(len(sizes))], sizes)


@pytest.mark.parametrize("rows", [20, 200, 2_000])
def test_a_network_for_each_fold(rows):
    predictor, heard = trained(rows_of(rows))
    folds = defaults.folds(rows)
    assert divided(heard).folds == len(predictor.model) == folds > 2
    assert (divided(heard).train, divided(heard).valid) == (rows, 0)
    assert list(predictor.scores) == ["folds"] and predictor.scores["folds"].rows == rows
    sentence = predictor.best_evidence.sentence()
    assert f"{folds}-fold cross-validation" in sentence
    assert "for one network, about " in sentence and f"the average of the {folds};" in sentence
    assert predictor.caveat == ""
    assert (predictor.options["fold"], predictor.options["valid"]) == (folds, None)


def test_as_with_effort_default():
    plain, same = (trained(rows_of(), **options)[0] for options in ({}, {"effort": "default"}))
    np.testing.assert_array_equal(plain.predict(rows_of()), same.predict(rows_of()))


@pytest.mark.parametrize(
    "options",
    [
        {"valid": 0.25},
        {"valid": rows_of(40, seed=1)},
        {"fold": 0},
        {"effort": "quick"},
        {"time": "day"},
    ],
    ids=["a share", "a table", "no folds", "quick", "time"],
)
def test_one_network_where_something_says_so(options):
    days = pd.date_range("2024-01-01", periods=200)
    predictor, heard = trained(rows_of(day=days) if "time" in options else rows_of(), **options)
    assert divided(heard).folds == 0 and divided(heard).valid > 0
    assert list(predictor.scores) == ["valid"]
    assert isinstance(predictor.model, trimtab.Sequential)


def test_a_committee_has_one_split():
    predictor, heard = trained(rows_of(), committee=2)
    assert divided(heard).folds == 0 and len(predictor.model) == 2


def test_members_are_in_each_network():
    predictor, _ = trained(rows_of(), members=2)
    assert [len(network) for network in predictor.model.members] == [2] * defaults.folds(200)


def test_large_tables_have_one_split(monkeypatch):
    monkeypatch.setattr(defaults, "FOLDS", ((100, 5), (150, 3)))
    predictor, heard = trained(rows_of(200))
    assert divided(heard).folds == 0 and divided(heard).valid == round(200 * defaults.LARGE_VALID)
    assert predictor.options["valid"] == defaults.LARGE_VALID
    # Rows held out for the test neither train nor validate: here are 150.
    assert divided(trained(rows_of(200), test=0.25)[1]).folds == 3


def test_test_rows_stay_apart():
    predictor, heard = trained(rows_of(), test=0.2)
    assert (divided(heard).train, divided(heard).test) == (160, 40)
    assert predictor.scores["test"].averaged is None  # of the average itself
    assert predictor.scores["folds"].rows == 160
    assert predictor.scores["test"].sentence() in heard[-1].notes


# -- groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "options", "folds"),
    [
        ((20,) * 10, {}, None),
        ((50,) * 4, {}, 4),
        ((50,) * 4, {"test": 0.25}, 3),  # one of them is for the test
        ((60, 60, 60, 10, 5, 5), {}, None),
        ((64, 64, 69, 1, 1, 1), {}, 4),  # a fold of one row has no standard error
        ((100, 100), {}, 0),
        ((70, 70, 60), {"test": 0.3}, 0),
    ],
)
def test_there_are_as_many_folds_as_groups_allow(sizes, options, folds):
    frame = rows_of(sum(sizes), shop=groups(*sizes))
    predictor, heard = trained(frame, group="shop", **options)
    most = min(len(sizes), defaults.folds(200))
    assert divided(heard).folds == (most if folds is None else folds)
    assert predictor.best_evidence.groups is not None
    again = trimtab.train(frame, **predictor.options)
    np.testing.assert_array_equal(again.predict(frame), predictor.predict(frame))


def test_folds_that_are_asked_for_are_not_changed():
    frame = rows_of(shop=groups(*(50,) * 4))
    with pytest.raises(InvalidData, match="fold=5 needs at least 5 groups of 'shop'"):
        trained(frame, group="shop", fold=5)
    with pytest.raises(InvalidData, match="have the same 'shop'"):
        trained(rows_of(shop=groups(200)), group="shop")


# -- odd tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        ["rare"] * 2 + ["usual"] * 198,
        ["rare"] + ["usual"] * 199,
        [f"k{i % 100}" for i in range(200)],
    ],
    ids=["two rows", "one row", "a hundred classes"],
)
def test_classes_with_fewer_rows_than_folds(labels):
    predictor, heard = trained(rows_of().assign(y=labels))
    folds = defaults.folds(200)
    assert divided(heard).folds == folds
    said = f"A class with fewer than {folds} rows is missing from some folds."
    assert said in divided(heard).how or f"No class has {folds} rows" in divided(heard).how
    assert np.isfinite(predictor.predict_proba(rows_of())).all()
    assert len(predictor.classes) == len(set(labels))


@pytest.mark.parametrize(
    "frame",
    [
        rows_of(same=1.0),
        rows_of(flag=[1.0] + [0.0] * 199),
        rows_of(gaps=[1.0] * 3 + [np.nan] * 197),
        pd.concat([rows_of(30)] * 4),
        pd.concat([rows_of(100), rows_of(20)]),
        rows_of().assign(y=lambda each: (each.index == 7) * 1.5),
    ],
    ids=["constant", "one row differs", "gaps", "copies", "some copies", "a target of one row"],
)
def test_odd_columns(frame):
    frame = frame.reset_index(drop=True)
    predictor, heard = trained(frame)
    assert divided(heard).folds == len(predictor.model) == defaults.folds(len(frame))
    assert np.isfinite(predictor.predict(frame)).all()


@pytest.mark.parametrize("weighty", [2, 20])
def test_rows_most_of_which_weigh_nothing(weighty):
    frame = rows_of(w=(np.arange(200) < weighty) * 1.0)
    predictor, heard = trained(frame, weight="w")
    assert divided(heard).folds == defaults.folds(200)
    assert np.isfinite(predictor.best_evidence["mae"].value)


# -- what reads it afterwards ---------------------------------------------------------------------


def test_the_table_is_scored_out_of_fold_again():
    frame = rows_of().assign(shop=groups(*(20,) * 10))
    predictor, _ = trained(frame, group="shop")
    remarks = Remarks()
    again = predictor.evaluate(frame, part="folds", remarks=remarks)
    assert remarks.sentences() == []
    trained_scores = predictor.scores["folds"]
    assert again.sentence() == trained_scores.sentence()
    assert {name: each.value for name, each in again.metrics.items()} == pytest.approx(
        {name: each.value for name, each in trained_scores.metrics.items()}, abs=1e-6
    )
    whole = predictor.evaluate(frame, remarks=remarks)
    assert whole["mae"].value < again["mae"].value
    assert remarks.sentences() == [
        "The model was trained on 200 of 200 rows: these scores are better than on new rows.",
        "Use part='folds' (--part folds) for scores as of new rows.",
    ]


def test_several_targets_and_classes_are_scored_out_of_fold_again():
    both = rows_of().assign(z=lambda each: each["x"] ** 2)
    predictor, _ = trained(both, ["y", "z"])
    assert predictor.evaluate(both, part="folds").sentence() == predictor.scores["folds"].sentence()
    sorts = rows_of().assign(y=lambda each: np.where(each["y"] > 0, "high", "low"))
    predictor, _ = trained(sorts)
    found = predictor.evaluate(sorts, part="folds")
    assert found.sentence() == predictor.scores["folds"].sentence()
    assert found.threshold is None
    assert predictor.evaluate(sorts, part="folds", threshold=0.9).threshold == 0.9


def test_rows_that_there_are_not():
    predictor, _ = trained(rows_of())
    for part in ("valid", "test"):
        with pytest.raises(InvalidArgument, match=r"Use part='folds' \(--part folds\): each row"):
            predictor.evaluate(rows_of(), part=part)
    with pytest.raises(InvalidData, match="is not the table that this model was trained on"):
        predictor.evaluate(rows_of(seed=5), part="folds")
    one, _ = trained(rows_of(), valid=0.25)
    with pytest.raises(InvalidArgument, match="this model was trained on one split"):
        one.evaluate(rows_of(), part="folds")


def test_it_predicts_with_intervals_and_explains(tmp_path):
    frame = rows_of(2_000)
    predictor, _ = trained(frame, lr=0.05)
    again = trimtab.load(predictor.save(tmp_path / "m"))
    new = rows_of(2_000, seed=3)
    bounds = again.predict_interval(new, level=0.8)
    inside = (bounds.lower[:, 0] <= new["y"]) & (new["y"] <= bounds.upper[:, 0])
    assert 0.76 <= inside.mean() <= 0.86
    found = again.explain(frame, repeats=2)
    assert found.rows == 2_000 and "out of fold" in found.sentence()
