"""Writes docs/coach/, a page for each finding of the coach, from the enumeration of them.

    python tools/findings.py            # writes the pages, and links them in docs/coach.md
    python tools/findings.py --check    # fails where they are not what it would write

A test runs the second. Titles, meanings and sources come from ``trimtab.insight.coach.Code``, the
condition from the table in docs/coach.md, and the example is the first network of the tests for
which the rule fires. Where that takes a training, numbers are not compared: their last digits
depend on the processor.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from trimtab.insight.coach import Code, Finding  # noqa: E402
from trimtab.insight.coach.course import COURSE_RULES  # noqa: E402
from trimtab.keras import utils  # noqa: E402

INDEX = ROOT / "docs" / "coach.md"
FOLDER = ROOT / "docs" / "coach"

WIDTH = 132

#: A row of the table: code, link, severity, condition.
ROW = re.compile(
    r"^\| \[?`([a-z0-9-]+)`(?:\]\(coach/[a-z0-9-]+\.md\))? \| (\w+) \| (.+) \|$", re.MULTILINE
)

#: Modules with networks by code, for which the rule fires.
CASES = [
    importlib.import_module(f"tests.insight.coach.{name}") for name in ("cases", "structure_cases")
]
EXAMPLES = {code: made for module in CASES for code, made in module.FIRES.items()}

#: Code of what training shows -> trainings that have it.
SICK = importlib.import_module("tests.insight.coach.course.runs").SICK

#: A number on a page.
NUMBER = re.compile(r"\d[\d.,]*(?:e[-+]?\d+)?")


def files() -> dict[Path, str]:
    """The pages and the index, by path."""
    index = INDEX.read_text("utf-8")
    conditions = {code: condition for code, _, condition in ROW.findall(index)}
    missing = [code.code for code in Code if code.code not in conditions]
    if missing:
        raise SystemExit(f"{INDEX} has no row for {', '.join(missing)}. Add one to its table.")
    made = {INDEX: ROW.sub(r"| [`\1`](coach/\1.md) | \2 | \3 |", index)}
    for code in Code:
        made[FOLDER / f"{code.code}.md"] = "\n".join(page(code, conditions[code.code])) + "\n"
    return made


def page(code: Code, condition: str) -> Iterator[str]:
    """The page of a finding, line by line."""
    text = code.value
    yield f"# {code.code}: {text.title}"
    yield ""
    yield "<!-- Written by tools/findings.py. -->"
    yield ""
    where = "../coach.md#after-training" if code in COURSE_RULES else "../coach.md"
    who = "the callback `Coach` and of `model.check` with `history`"
    who = f"[{who}]({where})" if code in COURSE_RULES else f"[`model.check`]({where})"
    yield from _filled(f"A finding of {who}, severity: **{text.severity}**.")
    yield ""
    yield "## When"
    yield ""
    yield from _filled(f"{condition[0].upper()}{condition[1:]}.")
    found = example(code)
    if found:
        yield ""
        yield "## What it looks like"
        yield ""
        yield "```text"
        yield f"{text.severity.upper()} {code.code}: {text.title}"
        for finding in found:
            layers = ", ".join(finding.layers)
            sentence = f"{layers}: {finding.sentence}." if layers else f"{finding.sentence}."
            yield from textwrap.wrap(sentence, 88, initial_indent="  - ", subsequent_indent="    ")
        yield "```"
    yield ""
    yield "## Why it matters"
    yield ""
    yield from _filled(text.meaning)
    if found:
        yield ""
        yield "## What to do"
        yield ""
        yield "For this network; the finding has the code for yours."
        yield ""
        yield "```python"
        yield from dict.fromkeys(finding.remedy for finding in found)
        yield "```"
    edits = list(dict.fromkeys(str(edit) for finding in found for edit in finding.edits))
    if edits:
        yield ""
        yield from _filled(
            f"As data (`finding.edits`): {', '.join(f'`{edit}`' for edit in edits)}."
        )
    yield ""
    yield "## Source"
    yield ""
    yield from _filled(f"{text.source}{'' if text.source.endswith('?') else '.'}")


def example(code: Code) -> list[Finding]:
    """What is found in the first network that has it."""
    utils.clear_session()
    if code in COURSE_RULES:
        coach, _, _ = SICK[code][0].train()
        return [finding for finding in coach.findings if finding.code == code.code]
    made = EXAMPLES[code]
    return [finding for finding in made[0]().check() if finding.code == code.code]


def _compared(path: Path, text: str) -> str:
    """What is compared of a page: where a training made the example, no numbers, no line ends."""
    if path.stem not in {code.code for code in COURSE_RULES}:
        return text
    return " ".join(NUMBER.sub("0", text).split())


def _filled(paragraph: str) -> list[str]:
    return textwrap.wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)


def main() -> int:
    """Writes the pages, or compares them; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    made = files()
    stray = sorted(set(FOLDER.glob("*.md")) - set(made)) if FOLDER.exists() else []
    if not parser.parse_args().check:
        FOLDER.mkdir(exist_ok=True)
        for path, text in made.items():
            path.write_text(text, "utf-8")
        for path in stray:
            if "Written by tools/findings.py" in path.read_text("utf-8"):
                path.unlink()
        return 0
    wrong = [
        path
        for path, text in made.items()
        if not path.exists() or _compared(path, path.read_text("utf-8")) != _compared(path, text)
    ]
    wrong += [path for path in stray if "Written by tools/findings.py" in path.read_text("utf-8")]
    if not wrong:
        return 0
    names = ", ".join(str(path.relative_to(ROOT)) for path in wrong)
    print(f"not what the findings say: {names}. Run python tools/findings.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
