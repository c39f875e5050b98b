"""Coaching of options of ``train`` on a table."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidArgument

QUICK = {"effort": "quick", "layers": "8 relu", "trials": 20}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    count = 240
    frame = pd.DataFrame({"a": rng.normal(size=count), "c": rng.choice(list("uvw"), count)})
    frame["y"] = 3 * frame["a"] + 2 * (frame["c"] == "u") + 20
    return frame


def test_what_helps_is_options_and_a_predictor(table, tmp_path):
    found = trimtab.coach(table, "y", epochs=6, lr=0.003, batch_size=16, **QUICK)
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
