"""What the page says of rows made by hand."""

from pathlib import Path

import pytest

from benchmarks.accuracy import page
from benchmarks.accuracy.page import View

from .made import row, table

TABLES = {
    "houses": table(name="houses", rows=400, columns=6),
    "spam": table(name="spam", rows=30_000, columns=57, task="binary"),
}
ROWS = [
    row("houses", 0, "trimtab", rmse=10.0, mae=5.0, coverage=0.9, cpu_seconds=4.0),
    row("houses", 0, "catboost", rmse=20.0, mae=5.0, cpu_seconds=2.0),
    row("spam", 0, "trimtab", log_loss=0.30, cpu_seconds=40.0),
    row("spam", 0, "catboost", log_loss=0.15, cpu_seconds=20.0),
]


def view(**changes: object) -> View:
    fields = {"half": "judge", "tables": TABLES, "rows": ROWS, "timed": []}
    return View(**fields | {"ours": "trimtab", "others": ["catboost"]} | changes)  # type: ignore[arg-type]


def test_the_comparison_is_in_one_line_a_peer() -> None:
    last = page.against(view()).splitlines()[-1]
    assert last == (
        "| CatBoost | 2 | 1 : 1 | 1.000 (0.500 to 2.000) | 1 : 0 | 0.500 (0.500 to 0.500) "
        "| 0 : 1 | 2.000 (2.000 to 2.000) | 0 : 0 | 1.000 (1.000 to 1.000) | 2 |"
    )


def test_the_best_of_each_table_is_bold() -> None:
    text = page.block(view())
    assert "| houses | 400 | 6 | **10** | 20 |" in text
    assert "| spam | 30000 | 57 | 0.3000 | **0.1500** |" in text


def test_the_largest_time_is_that_of_tables_that_are_not_too_large() -> None:
    assert "| trimtab | 12.6 | 4 | houses | 100 |" in page.costs(view())


def test_a_peer_without_results_has_dashes() -> None:
    last = page.against(view(others=["xgboost"])).splitlines()[-1]
    assert last.startswith("| XGBoost | 0 | – | – |")
    assert "nan" not in page.block(view(others=["xgboost", "catboost"]))


def test_runs_that_are_missing_are_counted() -> None:
    text = page.facts(view(others=["catboost", "tabm"]))
    assert "Runs still missing: trimtab 4 of 6, CatBoost 4 of 6, TabM 1 of 1." in text
    assert "missing" not in page.missing(view(tables={}))


def test_only_the_half_s_block_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "defaults.md"
    path.write_text(
        "Written by hand.\n\n<!-- accuracy: judge -->\nold\n"
        "<!-- accuracy: end judge -->\n\nAfter.\n"
    )
    page.write(view(), path)
    text = path.read_text()
    assert text.startswith("Written by hand.\n\n<!-- accuracy: judge -->\n\n| trimtab against |")
    assert text.endswith("<!-- accuracy: end judge -->\n\nAfter.\n")
    assert "old" not in text
    page.write(view(), path)
    assert path.read_text() == text


def test_a_page_without_markers_and_a_half_without_results_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "defaults.md"
    path.write_text("nothing")
    with pytest.raises(ValueError, match="no lines <!-- accuracy: judge -->"):
        page.write(view(), path)
    with pytest.raises(ValueError, match="trimtab has no results"):
        page.write(view(rows=[]), path)


def test_the_page_has_a_place_for_both_halves() -> None:
    for half in ("choose", "judge"):
        assert f"<!-- accuracy: {half} -->" in page.PAGE.read_text()
