"""The measurement of a whole training from a Parquet file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import cli


def test_a_training_in_a_process_of_its_own_is_measured(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    cli.quick(tmp_path, ["table"], ["trimtab"], ["red-wine"])
    result = json.loads((tmp_path / "table.json").read_text())
    assert result["left_out"] == {}
    limit, ours = result["records"]
    assert limit["peer"] == "limit" and limit["value"] == 4 * 8_000 * 20 * 4 / 2**20
    assert ours["case"] == "8,000 rows"
    # Python with NumPy and pandas, and not more than a small table can explain.
    assert 50 < ours["value"] < 2000
    assert {"read", "prepare", "fit", "score", "save"} <= ours["stages"].keys()
    assert all(seconds >= 0 for seconds in ours["stages"].values())
    assert 0 < ours["mae"] < 10
    page = (tmp_path / "results.md").read_text()
    assert "Peak memory from a table" in page
