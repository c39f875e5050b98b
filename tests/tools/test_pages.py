"""Commands of pages: what runs on is waited for, and ended with the page."""

import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import pages

    yield pages
    sys.modules.pop("pages", None)


def test_a_command_in_the_background(pages):
    code = "print(8000, flush=True); import time; time.sleep(600)"
    page = f"```console\n$ python -c '{code}' &\n$ echo port 8000 | cat\n```\n"
    start = time.monotonic()
    assert pages.rewritten(page) == (
        f"```console\n$ python -c '{code}' &\n8000\n$ echo port 8000 | cat\nport 8000\n```\n"
    )
    assert time.monotonic() - start < 60
