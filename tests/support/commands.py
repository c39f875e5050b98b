"""Running ``trimtab`` inside this process, in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from trimtab.cli import main


@dataclass
class Result:
    status: int
    out: str
    err: str


class Command:
    """``trimtab`` as a function; :attr:`folder` is its current directory."""

    def __init__(self, folder: Path, monkeypatch, capsys) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Result:
        self._monkeypatch.setattr("sys.argv", ["trimtab", *map(str, arguments)])
        self._capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        return Result(status, *self._capsys.readouterr())

    def does(self, *arguments: object) -> Result:
        """What it does without a word on stderr."""
        result = self(*arguments)
        assert (result.status, result.err) == (0, ""), result.err
        return result

    def refuses(self, *arguments: object) -> str:
        """The one message of a refusal: status 2, nothing on stdout, no file, no traceback."""
        before = self.files()
        result = self(*arguments)
        assert (result.status, result.out[:200]) == (2, ""), result.err
        assert "Traceback" not in result.err
        assert self.files() == before
        *usage, message = result.err.strip().splitlines()
        assert all(not line or line.startswith(("Usage: ", "Try ")) for line in usage)
        assert message.startswith("Error: ")
        return message.removeprefix("Error: ")

    def files(self) -> dict[str, tuple[int, int]]:
        """Whatever lies in the folder: its size and when it was written."""
        found = {}
        for path in self.folder.rglob("*"):
            known = path.lstat()
            # A folder's own time changes with every temporary file.
            found[str(path.relative_to(self.folder))] = (
                (0, 0) if path.is_dir() else (known.st_size, known.st_mtime_ns)
            )
        return found


@pytest.fixture
def trimtab(tmp_path, monkeypatch, capsys, quick_report):
    """The command, run in an empty folder; its reports are empty pages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return Command(tmp_path, monkeypatch, capsys)
