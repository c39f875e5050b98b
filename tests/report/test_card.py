"""Model cards: what hubs read, what people read, and that no name becomes markup."""

import math
import re

import numpy as np
import pandas as pd
import pytest
import yaml

import trimtab
from trimtab.predictor.remarks import Remarks
from trimtab.predictor.reporting.facts import Settings
from trimtab.predictor.reporting.writing import facts_of
from trimtab.report.card import card

SMALL = {"effort": "quick", "layers": "8 relu", "epochs": 2, "test": 0.25}

HOSTILE = "a|b <script>x</script> `c` **d** [e](f) \\ &amp; {g}"


def frame(rows=160):
    draws = np.random.default_rng(0)
    x = draws.normal(size=rows)
    return pd.DataFrame(
        {
            "x": x,
            HOSTILE: draws.choice(["red", HOSTILE], rows),
            "y": 2 * x + draws.normal(size=rows),
            "kind": np.where(x > 0, HOSTILE, "---\nplain"),
        }
    )


@pytest.fixture(scope="module")
def cards():
    data = frame()
    numbers = trimtab.train(data.drop(columns="kind"), "y", **SMALL)
    classes = trimtab.train(data.drop(columns="y"), "kind", **SMALL)
    table = trimtab.tables.read(data.drop(columns="kind"))
    return {
        "bare": card(facts_of(numbers, None, Settings(), Remarks()), "m.trimtab"),
        "numbers": card(
            facts_of(numbers, table, Settings(baselines=False), Remarks()), "m.trimtab"
        ),
        "classes": card(facts_of(classes, None, Settings(), Remarks()), "it's m.trimtab"),
    }


def metadata(text):
    head, block, body = re.split(r"^---$", text, maxsplit=2, flags=re.MULTILINE)
    assert head == ""
    return yaml.safe_load(block), body


@pytest.mark.parametrize("name", ["bare", "numbers", "classes"])
def test_the_block_at_the_top(name, cards):
    found, _ = metadata(cards[name])
    kind = "classification" if name == "classes" else "regression"
    assert found["library_name"] == "trimtab" and found["pipeline_tag"] == f"tabular-{kind}"
    (result,) = found["model-index"][0]["results"]
    assert result["task"]["type"] == f"tabular-{kind}"
    for metric in result["metrics"]:
        assert math.isfinite(metric["value"]) and metric["standard_error"] >= 0
    assert {each["type"] for each in result["metrics"]} >= (
        {"accuracy", "log_loss"} if name == "classes" else {"mae", "rmse", "r2"}
    )


def test_sections(cards):
    _, text = metadata(cards["numbers"])
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert titles == [
        "Intended use", "Data", "Scores", "What to know", "What it relies on", "Use", "Training",
    ]  # fmt: skip
    assert text.count("TO FILL IN") == 5
    assert "± is one standard error" in text and "the 90 % intervals held" in text
    assert "trimtab predict m.trimtab NEW.csv" in text
    assert "What it relies on" not in cards["bare"]


@pytest.mark.parametrize("name", ["bare", "numbers", "classes"])
def test_no_name_becomes_markup(name, cards):
    _, text = metadata(cards[name])
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert "<script" not in prose.replace("\\<script", "")
    assert "**d**" not in prose and "[e](f)" not in prose
    widths = [
        len(re.findall(r"(?<!\\)\|", line)) for line in prose.splitlines() if line.startswith("|")
    ]
    assert set(widths) <= {3, 4, 6}
    assert "'it'\"'\"'s m.trimtab'" in cards["classes"]
