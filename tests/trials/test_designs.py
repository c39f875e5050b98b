"""Designs: who is trained on and tested on which rows."""

import numpy as np
import pytest

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.trials.designs import Units, make_design


def all_rows(design):
    return np.concatenate([np.concatenate([each.train, each.test]) for each in design.splits])


def test_parts_share_no_row_and_leave_none_out():
    design = make_design(Units.of(2_003), kind="parts", splits=8, choosing=4)
    assert sorted(all_rows(design)) == list(range(2_003))
    assert design.overlap == 0.0
    assert design.choosing == [0, 1, 2, 3]


def test_layout_puts_each_part_into_one_piece():
    design = make_design(Units.of(500), kind="parts", splits=5)
    order, places = design.layout()
    for split, (train, test) in zip(design.splits, places, strict=True):
        assert np.array_equal(order[train], split.train)
        assert np.array_equal(order[test], split.test)


@pytest.mark.parametrize("kind", ["holdout", "folds"])
def test_overlapping_splits_test_to_report_on_other_rows_than_those_that_choose(kind):
    design = make_design(Units.of(600), kind=kind, splits=8, choosing=4)
    chooses = [each for each in design.splits if each.chooses]
    reports = [each for each in design.splits if not each.chooses]
    seen = np.concatenate([np.concatenate([each.train, each.test]) for each in chooses])
    tested = np.concatenate([each.test for each in reports])
    assert not np.isin(tested, seen).any()
    for each in design.splits:
        assert not np.isin(each.test, each.train).any()
    sizes = [len(each.test) / len(each.train) for each in reports]
    assert design.overlap == pytest.approx(np.mean(sizes))


def test_folds_test_each_row_once():
    design = make_design(Units.of(101), kind="folds", splits=5)
    tested = np.concatenate([each.test for each in design.splits])
    assert sorted(tested) == list(range(101))
    assert design.overlap == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("kind", ["parts", "holdout", "folds"])
def test_each_class_has_its_share(kind):
    classes = np.repeat([0, 1], [900, 100])
    design = make_design(Units.of(1_000, classes=classes), kind=kind, splits=5)
    for each in design.splits:
        for rows in (each.train, each.test):
            assert classes[rows].mean() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("kind", ["parts", "holdout", "folds"])
def test_groups_stay_on_one_side(kind):
    groups = np.repeat(np.arange(120), 5)
    design = make_design(Units.of(600, groups=groups), kind=kind, splits=6)
    for each in design.splits:
        assert not np.isin(groups[each.test], groups[each.train]).any()
    if kind == "parts":
        parts = [np.unique(groups[np.r_[each.train, each.test]]) for each in design.splits]
        assert len(np.unique(np.concatenate(parts))) == sum(map(len, parts))


@pytest.mark.parametrize("kind", ["parts", "holdout", "folds"])
def test_later_rows_are_tested_on(kind):
    times = np.random.default_rng(0).permutation(400)
    design = make_design(Units.of(400, times=times), kind=kind, splits=4, choosing=2)
    for each in design.splits:
        assert times[each.train].max() < times[each.test].min()


def test_groups_that_come_again_later_are_left_out():
    times, groups = np.arange(300), np.arange(300) % 50
    units = Units.of(300, times=times, groups=groups)
    design = make_design(units, kind="parts", splits=3)
    for each in design.splits:
        assert not np.isin(groups[each.test], groups[each.train]).any()


def test_copies_of_a_row_stay_on_one_side():
    copies = np.arange(300) // 2
    design = make_design(Units.of(300, copies=copies), kind="holdout", splits=4)
    for each in design.splits:
        assert not np.isin(copies[each.test], copies[each.train]).any()


def test_the_same_seed_gives_the_same_rows():
    first, same, other = (
        make_design(Units.of(300), kind="holdout", splits=3, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.splits[1].test, same.splits[1].test)
    assert not np.array_equal(first.splits[1].test, other.splits[1].test)


def test_auto_takes_parts_where_rows_allow():
    assert make_design(Units.of(16_000), splits=16).kind == "parts"
    assert make_design(Units.of(15_999), splits=16).kind == "holdout"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kind": "part"}, InvalidArgument, "Did you mean 'parts'"),
        ({"splits": 1}, InvalidArgument, "splits must be an integer from 2"),
        ({"test": 1.0}, InvalidArgument, "below 1"),
        ({"kind": "parts", "splits": 90}, InvalidData, "Use fewer splits"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        make_design(Units.of(900), **arguments)
