"""Coaching of options of ``train`` on a table."""

from __future__ import annotations

import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import pytest

import trimtab
from tests.support.coaching import SLOW, TRIALS, improvable
from trimtab.coaching.prescribing import Candidate
from trimtab.coaching.rounds import Tried
from trimtab.coaching.table import _remarks
from trimtab.errors import InvalidArgument
from trimtab.trials import edits
from trimtab.trials.designs import make_design
from trimtab.trials.tasks import TableTask

QUICK = {"effort": "quick", "layers": "8 relu", "trials": 20}


@pytest.fixture(scope="module")
def table():
    return improvable()


def test_what_helps_is_options_and_a_predictor(table, tmp_path):
    found = trimtab.coach(table, "y", trials=TRIALS, **SLOW)
    assert found.winner != "base"
    again = trimtab.train(table, **found.options(), seed=0)
    assert np.array_equal(again.predict(table), found.predictor.predict(table))
    assert found.save(tmp_path / "better.trimtab").exists()
    assert re.search(r"trimtab\.train\(\s*data,", found.code())
    assert found.boosting is not None


def test_a_predictor_is_coached_from_its_own_options(table):
    present = trimtab.train(table, "y", effort="quick", layers="4 tanh", epochs=1, report=False)
    found = present.coach(table, trials=12)
    assert found.comparison.metric == "mae"
    if found.edits:
        assert "tanh" in found.options()["layers"]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"groups": [1]}, "group='COLUMN'"),
        ({"y": [1]}, "Name the column"),
        ({"threads": 2}, "threads is decided"),
    ],
)
def test_refusals(table, more, text):
    with pytest.raises(InvalidArgument, match=text):
        trimtab.coach(table, "y", trials=12, **more)


def test_a_table_needs_a_target(table):
    with pytest.raises(InvalidArgument, match="column to predict"):
        trimtab.coach(table)


def test_boosting_is_beside_it_in_parts_as_well(table):
    found = trimtab.coach(table, "y", design="parts", splits=3, epochs=1, **QUICK | {"trials": 12})
    assert found.comparison.design.kind == "parts"
    assert found.boosting is not None and np.isfinite(found.boosting.value)


def test_parts_lay_rows_out_anew_and_numbers_of_rows_stay(table):
    task = TableTask({}, {}, table, "y", None)
    task.divide(make_design(task.units, kind="parts", splits=3))
    assert not task.frame.equals(table)
    assert task.undivided().reset_index(drop=True).equals(table)


def test_folds_that_take_too_long_are_named(table):
    rounds = SimpleNamespace(comparison=SimpleNamespace(unfinished="time"))
    (said,) = _remarks(rounds, {"fold": 5})
    assert said.startswith("Each trial trains 5 networks") and "--effort quick" in said
    assert _remarks(rounds, {"fold": 0}) == ()
    rounds.comparison.unfinished = ""
    assert _remarks(rounds, {"fold": 5}) == ()


def test_no_name_is_cut(table):
    found = trimtab.coach(table, "y", epochs=1, **QUICK | {"trials": 12})
    three = (edits.learning_rate(factor=3), edits.batch_norm("before_activation"), edits.units(2))
    long = Tried(Candidate(three), 0.0, reported=False)
    said = str(dataclasses.replace(found, tried=(*found.tried, long)))
    assert len(long.candidate.name) > 60
    assert long.candidate.name in said
