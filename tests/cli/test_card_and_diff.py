"""``trimtab card`` and ``trimtab diff``."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def models(trimtab):
    quick = ["--effort", "quick", "--layers", "4 relu", "--no-report"]
    for name, epochs in (("a", 1), ("b", 2)):
        result = trimtab(
            "train", "red-wine", *quick, "--epochs", epochs, "--out", f"{name}.trimtab"
        )
        assert result.status == 0, result.err
    return trimtab


def test_both(models):
    text = models.does("card", "a.trimtab").out
    assert text.startswith("---\nlibrary_name: trimtab\n") and "# Predicting quality" in text
    said = models.does("card", "a.trimtab", "--data", "red-wine", "--out", "card.md").out
    assert said == "card: card.md\n"
    written = (models.folder / "card.md").read_text("utf-8")
    assert "## What it relies on" in written and "4.6 to 15.9" in written
    assert "exists and may have been filled in" in models.refuses(
        "card", "a.trimtab", "--out", "card.md"
    )
    private = models.does("card", "a.trimtab", "--data", "red-wine", "--private").out
    assert "4.6 to 15.9" not in private
    assert "must end in .md" in models.refuses("card", "a.trimtab", "--out", "card.txt")
    assert "does not exist" in models.refuses("card", "a.trimtab", "--out", "no/card.md")

    text = models.does("diff", "a.trimtab", "b.trimtab").out
    assert "  epochs  1  ->  2\n" in text and "of the same rows" in text
    assert models.does("diff", "a.trimtab", "a.trimtab").out.endswith("\nNothing differs.\n")
    record = json.loads(models.does("diff", "a.trimtab", "b.trimtab", "--json").out)
    assert record["same_rows"] is True
    assert {each["section"] for each in record["differences"]} == {"options", "network", "scores"}
    assert "no file" in models.refuses("diff", "a.trimtab", "c.trimtab")
