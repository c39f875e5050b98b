"""docs/coach.md shows what the coach says, and lists all that it looks for."""

import contextlib
import io
import re
from pathlib import Path

import pytest

import trimtab
from trimtab.insight.coach import Code
from trimtab.lesson.lessons import LESSONS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "coach.md").read_text()
SPOTIFY = ROOT.parent / "shared" / "data" / "spotify.csv"

#: Code followed by what it prints.
SHOWN = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_three_networks_are_shown():
    assert len(SHOWN) == 3


@pytest.mark.parametrize(("code", "output"), SHOWN, ids=["concrete", "red-wine", "after"])
def test_output_is_real(code, output):
    trimtab.keras.utils.clear_session()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == output


def test_findings_of_the_lessons_networks():
    """What is true of them, and nothing else."""
    shared = {"shared-rows"}
    expected = {
        ("concrete", 0): {"input-scales", "more-parameters-than-rows"} | shared,
        ("concrete", 1): {"more-parameters-than-rows"} | shared,
        ("red-wine", 0): {"variance-shift", "slow-moving-averages"} | shared,
        ("spotify", 0): set(),
        ("spotify", 1): set(),
    }
    for (name, number), codes in expected.items():
        lesson = LESSONS[name]
        if name == "spotify" and not SPOTIFY.exists():
            continue
        split = lesson.split(lesson.table(SPOTIFY if name == "spotify" else None))
        model = lesson.variants[number].network(split.columns)
        model.compile(optimizer=lesson.optimizer, loss="mae")
        found = model.check(
            split.x_train,
            split.y_train,
            lesson.batch_size,
            lesson.epochs,
            (split.x_valid, split.y_valid),
        )
        assert set(found.codes) == codes, name


def test_table_lists_every_code():
    name = r"\[?`([a-z0-9-]+)`(?:\]\(coach/[a-z0-9-]+\.md\))?"
    rows = re.findall(rf"^\| {name} \| (\w+) \| .+ \|$", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted((code.code, str(code.value.severity)) for code in Code)
