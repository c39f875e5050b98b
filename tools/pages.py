"""Runs the commands on pages and puts what each prints below it.

    python tools/pages.py               # all pages with commands that can run here
    python tools/pages.py README.md
    python tools/pages.py --check       # writes nothing; fails if a page differs

Commands are the lines that start with ``$`` in ``console`` blocks. Those of a page run in order, in
a new folder that also holds the examples, and the page's own files: python blocks that begin with
``# name.py``. Last digits differ between processors, so the check takes
all numbers as equal and lines in any order. A test runs it.

A command that ends in ``&`` runs on until the page ends. The next one waits until it has said
something: a server does once it listens. Port 8000 stands for one that is free.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Pages whose commands need nothing that is not in the repository.
PAGES = (
    "README.md",
    "docs/deploy.md",
    "docs/tables.md",
    "docs/start.md",
    *(f"docs/guides/{name}.md" for name in ("csv", "nan", "production")),
    *(f"docs/lesson/{name}.md" for name in ("overfitting", "batch-normalization", "both")),
)

#: The port that pages name, and the seconds that a command in the background may take to speak.
PORT = "8000"
PATIENCE = 60.0

BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```python\n(# (\w+\.py)\n.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block, and the lines under it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        yield command, lines


class Shell:
    """Runs the commands of a page in a folder, on a terminal of 120 columns without colours."""

    def __init__(self, folder: Path) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        settings = {"PATH": path, "MPLBACKEND": "Agg", "COLUMNS": "120", "NO_COLOR": "1"}
        settings["PYTHONWARNINGS"] = "error"
        self._folder, self._environment = folder, os.environ | settings
        self._port = free_port()
        self._stack = ExitStack()

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.close()

    def run(self, command: str) -> list[str]:
        """What a command prints, whatever its status."""
        typed = command.replace(PORT, self._port)
        if typed.endswith("&"):
            printed = self._behind(typed.removesuffix("&"))
        else:
            printed = subprocess.run(
                ["bash", "-c", typed],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=600,
            ).stdout
        return [line.rstrip() for line in printed.replace(self._port, PORT).splitlines()]

    def _behind(self, command: str) -> str:
        """Starts a command that runs on; what it has printed once it is ready."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        said = folder / "said"
        with said.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self._stack.callback(end, process)
        deadline = time.monotonic() + PATIENCE
        printed = before = ""
        while not printed or printed != before:  # its last line may be on its way
            if process.poll() is not None or time.monotonic() > deadline:
                break
            time.sleep(0.2)
            before, printed = printed, said.read_text("utf-8")
        return printed


def free_port() -> str:
    """A port that nobody listens on, of the length of the one on pages or longer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command in the background as Ctrl-C would."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def rewritten(text: str) -> str:
    """The text of a page with what its commands print now."""
    with tempfile.TemporaryDirectory() as name, Shell(Path(name)) as shell:
        (Path(name) / "examples").symlink_to(ROOT / "examples")

        for code, file in FILE.findall(text):
            (Path(name) / file).write_text(code, "utf-8")

        def block(match: re.Match[str]) -> str:
            lines = []
            for command, _ in commands(match[0]):
                lines += [f"$ {command}", *shell.run(command)]
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
