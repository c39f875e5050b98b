"""The README keeps its word: its Python runs, its commands are the ones that are run elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from trimtab.cli.app import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += [*sorted((ROOT / "docs").glob("*.md")), ROOT / "examples" / "README.md"]

INSTALL = "python -m pip install . && trimtab train red-wine"
CHECK = 'python -m pip install ".[test]" && python tools/check.py'


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page, tmp_path):
    """Each in a process of its own; one that begins with a file's name is then that file."""
    for number, code in enumerate(blocks(page.read_text(), "python")):
        name = re.match(r"# (\w+\.py)\n", code)
        if name:
            (tmp_path / name[1]).write_text(code)
        done = subprocess.run(
            [
                sys.executable,
                "-W",
                "error",
                "-c",
                "import matplotlib; matplotlib.use('Agg')\n" + code,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert (done.returncode, done.stderr) == (0, ""), f"block {number} of {page.name}"


def test_readme_has_python():
    assert blocks(README, "python")


def test_the_two_commands():
    assert blocks(README, "bash") == [f"{INSTALL}\n", f"{CHECK}\n"]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/tables.md"])
def test_commands_print_what_stands_under_them(page):
    """All of them, in their order in one folder; numbers may differ between processors."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "pages.py", "--check", page],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_of_commands_are_there(page):
    """Also of commands that are not run, in blocks and within sentences."""
    commands = typer.main.get_command(app).commands
    text = page.read_text()
    shown = "".join(block for each in ("bash", "console", "text") for block in blocks(text, each))
    lines = re.findall(r"^(?:\$ )?(?:.*(?:&&|;) )?(trimtab [a-z].*)$", shown, re.MULTILINE)
    lines += re.findall(r"`(trimtab [a-z][^`\n]*)`", text)
    for line in lines:
        name = re.match(r"trimtab ([\w-]+)", line)[1]
        assert name in commands, line
        options = [
            flag for each in commands[name].params for flag in (*each.opts, *each.secondary_opts)
        ]
        for flag in re.findall(r"(?<=\s)--?[a-z][a-z-]*", line):
            assert flag in (*options, "--help"), line


def test_ci_runs_the_readmes_test_command():
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == CHECK


def test_check_documents_the_same_command():
    assert CHECK in (ROOT / "tools" / "check.py").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_data_is_attributed():
    attribution = (ROOT / "src/trimtab/tables/datasets/ATTRIBUTION.md").read_text()
    notice = (ROOT / "NOTICE").read_text()
    for text in (README, attribution, notice):
        assert "10.24432/C56S3T" in text
        assert "10.24432/C5PK67" in text
