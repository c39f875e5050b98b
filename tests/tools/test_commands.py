"""The page on the commands says what the commands say."""

import subprocess
import sys
from pathlib import Path

import typer

from trimtab.cli.app import app

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "commands.py"
PAGE = ROOT / "docs" / "commands.md"


def test_the_page_is_what_the_tool_writes():
    done = subprocess.run(
        [sys.executable, TOOL, "--check"], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_another_page_is_refused(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "docs").mkdir()
    copy = tmp_path / "tools" / "commands.py"
    copy.write_text(TOOL.read_text())
    (tmp_path / "docs" / "commands.md").write_text(PAGE.read_text().replace("--epochs", "--epoch"))
    done = subprocess.run([sys.executable, copy, "--check"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "python tools/commands.py" in done.stderr


def test_every_option_is_on_it():
    page = PAGE.read_text()
    commands = typer.main.get_command(app).commands
    flags = [flag for each in commands.values() for option in each.params for flag in option.opts]
    assert len(flags) > 50
    for flag in flags:
        assert not flag.startswith("--") or flag == "--help" or f"`{flag}" in page, flag
