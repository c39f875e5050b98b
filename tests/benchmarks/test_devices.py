"""The page of differences: its numbers, and that it comes about."""

import importlib.util
import math
import re

import numpy as np
import pytest

from benchmarks import cli
from benchmarks.devices import GROUPS, NUDGED, distance, page


def found(step: float, fit: float) -> dict:
    def state(value):
        return {group: [np.array([3.0, 4.0 + value])] for group in GROUPS}

    exact = {"step": state(0.0), "fit": state(0.0)}
    other = {"step": state(step), "fit": state(fit)}
    names = ("2 devices", "4 devices", "8 devices", "2 processes", "nudged")
    return {"1 devices": exact, "versions": {"jax": "1.2"}} | dict.fromkeys(names, other)


def test_distance_is_that_of_the_worst_tensor() -> None:
    assert distance([[3.0, 4.0], 1.0], [[3.0, 4.0], 1.0]) == 0
    assert distance([[3.0, 4.0], 1.25], [[3.0, 4.5], 1.0]) == 0.25
    assert math.isnan(distance([math.nan, 1.0], [1.0, 1.0]))


def test_the_page_shows_both_tables() -> None:
    text = page(found(0.0, 5e-6), 7)
    assert "A fit of 7 epochs" in text and "JAX 1.2" in text
    assert text.count(f"| {NUDGED} |") == 2
    assert "| 8 devices | 0 | 0 | 0 | 0 |" in text
    assert "| 2 processes | 1.0e-06 | 1.0e-06 | 1.0e-06 | 1.0e-06 |" in text


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX")
def test_the_command(tmp_path) -> None:
    """A step of several devices is that of one, here too."""
    assert cli.main(["devices", "--epochs", "1", "--out", str(tmp_path / "page.md")]) == 0
    step = (tmp_path / "page.md").read_text().split("## A fit")[0]
    numbers = re.findall(r"\| (\d\S*)(?= \|)", step.split("|---|")[-1])
    assert len(numbers) >= 5 * len(GROUPS)
    assert all(float(number) <= 1e-6 for number in numbers if "e" in number)
