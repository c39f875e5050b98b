"""Notebooks run, and their pages on the site show the same cells."""

import pytest

from tools import notebooks


def test_pages_are_of_these_notebooks():
    assert list(notebooks.differing()) == []
    assert {path.stem for path in notebooks.PAGES.glob("*.md")} == set(notebooks.names())


def test_warnings_lose_their_place():
    said = "/somewhere/ipykernel_1/2.py:3: PredictionWarning: 1 row is odd.\n  predict(x)\n"
    assert notebooks.plain(said) == "PredictionWarning: 1 row is odd."


@pytest.mark.slow  # twenty seconds of one core, in a process each
@pytest.mark.parametrize("name", notebooks.names())
def test_runs(name):
    if (file := notebooks.missing(name)) is not None:
        pytest.skip(f"{file} is not at hand")
    cells = notebooks.run(name, quick=True)["cells"]
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")
