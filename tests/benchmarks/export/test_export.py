"""The pages on exported files come about; their figures are those of the command."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import trimtab
from benchmarks import cli
from benchmarks.client import ROOT
from benchmarks.export import differences, latency
from benchmarks.export.tables import TARGETS, mixed
from tests.support.predictors import houses

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnxruntime", "onnx")),
    reason="needs onnxruntime and onnx",
)


def figures(text: str) -> list[list[str]]:
    """The rows of a page's table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_page_of_differences(tmp_path, monkeypatch):
    one = ("some", "classes", houses(task="binary"), "sold", {"layers": "4", "valid": 0.4})
    monkeypatch.setattr(differences, "cases", lambda data: iter([one]))
    arguments = ["export", "--differences", "--rows", "50", "--epochs", "1"]
    assert cli.main([*arguments, "--out", str(tmp_path)]) == 0
    ((table, case, *found),) = figures((tmp_path / "differences.md").read_text())
    assert (table, case) == ("some", "classes")
    assert found[0] == found[4] == "0" and found[2] == found[6] == ""
    assert all(0 < float(found[place]) <= 1e-5 for place in (1, 5))


def test_page_of_seconds(monkeypatch):
    frame = houses()
    predictor = trimtab.train(frame, "price", layers="4", epochs=1, verbose=0)
    monkeypatch.setattr(latency, "_models", lambda epochs: [("some", predictor, frame)])
    rows = figures(latency.page(1, (1, 32, 2000)))
    assert [row[1] for row in rows] == ["1", "32", "2,000"]
    assert all(cell.split()[1] in ("µs", "ms", "s") for row in rows for cell in row[2:5])
    assert all(float(cell) > 0 for row in rows for cell in row[5:])


def test_the_committed_differences_are_allowed():
    found = figures((ROOT / "benchmarks/results/export/differences.md").read_text())
    assert len(found) >= 20
    cells = [cell for row in found for cell in row[2:] if cell]
    assert all(float(cell) <= 1e-5 for cell in cells)


def test_cases_have_every_target_and_table():
    found = list(differences.cases(Path("nowhere")))
    targets = set()
    for *_, target, _ in found:
        targets |= {target} if isinstance(target, str) else {*target}
    assert targets == {*TARGETS, "quality", "CompressiveStrength"}
    assert mixed("y").equals(mixed("y"))
