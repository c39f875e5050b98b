"""docs/trials.md: its table lists every edit, and its figures are those measured."""

import json
import re
from pathlib import Path

import pytest

from trimtab.trials import edits
from trimtab.trials.statistics import power

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "trials.md").read_text()
MEASURED = json.loads((ROOT / "benchmarks" / "results" / "trials.json").read_text())


def test_every_edit_is_on_the_page():
    listed = set(re.findall(r"`([a-z_]+)\(", PAGE))
    assert set(edits.EDITS) <= listed


def test_figures_are_those_that_were_measured():
    simulated, spotify = MEASURED["simulated"], MEASURED["spotify in parts"]
    wine = MEASURED["red wine, overlapping"]

    def row(name, *figures):
        return "| " + " | ".join([name, *map(str, figures)]) + " |"

    for line in (
        row(
            "parts, simulated",
            simulated["independent, no difference"],
            simulated["independent, one deviation"],
        ),
        row(
            "parts, Spotify (32,833 rows, 1,539 to train on) divided anew",
            spotify["no difference"],
            spotify["one deviation"],
        ),
        row(
            "overlapping splits of 4:1, simulated",
            simulated["overlapping, no difference"],
            simulated["overlapping, one deviation"],
        ),
        row(
            "overlapping splits of 3:1, red wine (1,599 rows) divided anew",
            wine["no difference"],
            wine["one deviation"],
        ),
        row(
            "looking after each of 16 pairs, Spotify",
            spotify["sequential, no difference"],
            spotify["sequential, one deviation"],
        ),
    ):
        assert line in PAGE


def test_claims_keep_what_was_promised():
    simulated, spotify = MEASURED["simulated"], MEASURED["spotify in parts"]
    wrong = [value for name, value in simulated.items() if name.endswith("no difference")]
    wrong += [spotify["no difference"], MEASURED["red wine, overlapping"]["no difference"]]
    assert max(wrong) <= 10
    assert min(simulated["independent, one deviation"], spotify["one deviation"]) >= 180
    assert 1 - power(1.0, 1.0, 16, 0.25) == pytest.approx(0.61, abs=0.01)
    assert "61 % of cases" in PAGE.replace("\n", " ")
