"""The page of a coaching, and the section of a report."""

from __future__ import annotations

import json

import numpy as np
import pytest

import trimtab
from tests.support.coaching import SLOW, TRIALS, improvable
from tests.support.pages import checked
from trimtab import layers
from trimtab.coaching.section import page_facts, section_facts
from trimtab.errors import InvalidArgument


@pytest.fixture(scope="module")
def mended():
    """A table on which another learning rate helps surely."""
    return trimtab.coach(improvable(), "y", trials=TRIALS, **SLOW)


@pytest.fixture(scope="module")
def diverged():
    """A network that diverges, with what mends it."""
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(240, 3)) * [1, 300, 2000]).astype(np.float32)
    model = trimtab.Sequential([layers.Dense(8, "relu"), layers.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    return trimtab.coach(model, x, x[:, 0], epochs=3, trials=30)


def test_a_page_says_all_of_it(mended, tmp_path):
    place = mended.report(tmp_path / "page")
    assert place == tmp_path / "page.html"
    page = checked(place.read_text("utf-8"))
    text = " ".join(page.text.split())
    for each in [*mended.sentences(), *mended.comparison.notes(), *mended.dropped]:
        assert each in text.replace("\u00a0", " "), each
    assert " ".join(mended.code().split()) in text
    assert "Coaching: predicting y" in text
    assert "trimtab train" not in text  # the table is no file
    assert len(page.all("svg")) == 2


def test_a_network_that_diverged_has_no_interval_and_no_curve_before(diverged, tmp_path):
    facts = section_facts(diverged)
    assert diverged.winner != "base"
    first = facts["changes"][0]
    assert first["gain"] is None and first["word"] == "helped"
    assert [line["kind"] for line in facts["curves"]["lines"]] == ["after"]
    page = checked(diverged.report(tmp_path / "page").read_text("utf-8"))
    assert "Follows from: raw input scales." in page.text
    assert len(page.all("svg")) == 1


def test_facts_are_plain(mended, diverged):
    for each in (mended, diverged):
        facts = page_facts(each, "it")
        assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_curves_are_of_the_pairs_that_report(mended):
    curves = section_facts(mended)["curves"]
    pairs = len(mended.comparison.design.reporting)
    assert [line["trials"] for line in curves["lines"]] == [pairs, pairs]
    for line in curves["lines"]:
        both = zip(line["low"], line["median"], line["high"], strict=True)
        assert all(low <= middle <= high for low, middle, high in both)


@pytest.mark.parametrize(
    ("path", "message"),
    [("page.pdf", "must end in .html"), ("nowhere/page.html", "there is no folder nowhere")],
)
def test_refusals(mended, path, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgument, match=message):
        mended.report(path)
    assert list(tmp_path.iterdir()) == []
