"""The load test: it runs, and its page says what was measured."""

import json
import math

import trimtab
from benchmarks import cli


def test_a_short_load(tmp_path):
    data = {"size": [1.0, 2.0, 3.0, 4.0] * 10, "hue": ["red", "blue"] * 20}
    model = tmp_path / "m.trimtab"
    small = {"effort": "quick", "layers": "4 relu", "epochs": 1}
    trimtab.train(data, [5.0, 6.0, 8.0, 9.0] * 10, **small).save(model)
    few = ["--rate", "50", "--seconds", "0.3", "--repeats", "1"]
    assert cli.main(["serve", "--model", str(model), *few, "--out", str(tmp_path)]) == 0
    record = json.loads((tmp_path / "serve.json").read_text())
    one, paced, free = record["records"]
    assert paced["requests"] == 15
    for each in (one, paced, free):
        assert 0 < each["median_ms"] <= each["p99_ms"] <= each["largest_ms"] < math.inf
        assert 0 < each["a_second"] < math.inf
    text = (tmp_path / "serve.md").read_text()
    assert "| 50 requests a second, 16 connections |" in text
