"""The pages on the coach's findings say what the findings say."""

import subprocess
import sys
from pathlib import Path

from trimtab.insight.coach import Code

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "findings.py"
FOLDER = ROOT / "docs" / "coach"


def test_the_pages_are_what_the_tool_writes():
    done = subprocess.run(
        [sys.executable, TOOL, "--check"], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_page_is_whole_and_linked():
    index = (ROOT / "docs" / "coach.md").read_text()
    for code in Code:
        page = (FOLDER / f"{code.code}.md").read_text()
        assert page.startswith(f"# {code.code}: {code.value.title}\n")
        assert f"[`{code.code}`](coach/{code.code}.md)" in index
        for heading in ("When", "Why it matters", "Source"):
            assert f"\n## {heading}\n" in page
        assert len(page.splitlines()) <= 90
