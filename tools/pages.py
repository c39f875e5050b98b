"""Runs the commands on pages and puts what each prints below it.

    python tools/pages.py               # all pages with commands that can run here
    python tools/pages.py README.md
    python tools/pages.py --check       # writes nothing; fails if a page differs

Commands are the lines that start with ``$`` in ``console`` blocks. Those of a page run in order, in
a new folder that also holds the examples, and the page's own files: python blocks that begin with
``# name.py``. Last digits differ between processors, so the check takes
all numbers as equal and lines in any order. A test runs it.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Pages whose commands need nothing that is not in the repository.
PAGES = (
    "README.md",
    "docs/tables.md",
    "docs/start.md",
    *(f"docs/guides/{name}.md" for name in ("csv", "nan", "production")),
    *(f"docs/lesson/{name}.md" for name in ("overfitting", "batch-normalization", "both")),
)

BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```python\n(# (\w+\.py)\n.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block, and the lines under it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        yield command, lines


def run(command: str, folder: Path) -> list[str]:
    """What a command prints on a terminal of 120 columns without colours, whatever its status."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    settings = {
        "PATH": path,
        "MPLBACKEND": "Agg",
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "PYTHONWARNINGS": "error",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    return [line.rstrip() for line in done.stdout.splitlines()]


def rewritten(text: str) -> str:
    """The text of a page with what its commands print now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples")

        for code, file in FILE.findall(text):
            (folder / file).write_text(code, "utf-8")

        def block(match: re.Match[str]) -> str:
            lines = []
            for command, _ in commands(match[0]):
                lines += [f"$ {command}", *run(command, folder)]
            return "".join(f"{line}\n" for line in lines)

        return BLOCK.sub(block, text)


def essence(text: str) -> list[str]:
    """The lines of all blocks without what may differ between two processors."""
    found = []
    for match in BLOCK.finditer(text):
        for command, lines in commands(match[0]):
            alike = (" ".join(NUMBER.sub("#", line).split()) for line in lines)
            found += [f"$ {command}", *sorted(alike)]
    return found


def main() -> int:
    """Rewrites or checks the pages; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pages", nargs="*", default=PAGES)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    same = True
    for name in arguments.pages:
        page = ROOT / name
        before = page.read_text("utf-8")
        after = rewritten(before)
        if not arguments.check:
            page.write_text(after, "utf-8")
            continue
        changes = difflib.unified_diff(essence(before), essence(after), name, "now", lineterm="")
        for line in changes:
            same = False
            print(line, file=sys.stderr)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
