"""The README keeps its word: its Python runs, its commands are the ones that are run elsewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from tools import pages
from trimtab.cli.app import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += [*sorted((ROOT / "docs").glob("*.md")), ROOT / "examples" / "README.md"]
PAGES += sorted(
    page for room in ("guides", "lesson") for page in (ROOT / "docs" / room).glob("*.md")
)

#: Whose commands run in a test.
CHECKED = [page for page in pages.PAGES if page != "README.md"]

INSTALL = "python -m pip install . && trimtab train red-wine"
CHECK = 'python -m pip install ".[test]" && python tools/check.py'


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


#: Runs blocks, each in a process of its own, forked off one that has imported what most need.
SERVER = """
import json, os, sys
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot, pandas, sklearn.model_selection, trimtab, trimtab.keras

sys.path.insert(0, "")
for line in sys.stdin:
    code, folder, errors = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
        exec(compile(code, "block", "exec"), {"__name__": "__main__"})
        sys.exit()
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture(scope="module")
def server():
    # A fork of a process with threads is a warning: those of BLAS take no part.
    quiet = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]
    with subprocess.Popen(
        [sys.executable, *quiet, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.stdin.close()
    assert process.returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_python_blocks_run(page, server, tmp_path):
    """Without a warning; a block that begins with a file's name is then that file.

    One that a command of the page runs is run with the commands.
    """
    folder = tmp_path / "page"
    folder.mkdir()
    for number, code in enumerate(blocks(page.read_text(), "python")):
        file = re.match(r"# (\w+\.py)\n", code)
        if file:
            (folder / file[1]).write_text(code)
            if f"$ python {file[1]}\n" in page.read_text():
                continue
        errors = tmp_path / f"errors-{number}"
        print(json.dumps([code, str(folder), str(errors)]), file=server.stdin, flush=True)
        status = server.stdout.readline()
        assert (status, errors.read_text()) == ("0\n", ""), f"block {number} of {page.name}"


def test_readme_has_python():
    assert blocks(README, "python")


def test_the_two_commands():
    assert blocks(README, "bash") == [f"{INSTALL}\n", f"{CHECK}\n"]


@pytest.mark.slow  # a minute and a half: some fifty commands, each as a user runs it
@pytest.mark.parametrize("page", CHECKED)
def test_commands_print_what_stands_under_them(page):
    """All of them, in their order in one folder; numbers may differ between processors.

    Those of the README run in tools/package.py, where nothing but the wheel is installed.
    """
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "pages.py", "--check", page],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_commands_of_guides_are_checked():
    shown = {
        name(page)
        for page in PAGES
        if re.search(r"^```console\n\$ ", page.read_text(), re.MULTILINE)
    }
    rooms = ("docs/start.md", "docs/guides/", "docs/lesson/")
    assert {page for page in shown if page.startswith(rooms)} <= set(CHECKED)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_options_of_commands_are_there(page):
    """Also of commands that are not run, in blocks and within sentences."""
    commands = typer.main.get_command(app).commands
    text = page.read_text()
    shown = "".join(block for each in ("bash", "console", "text") for block in blocks(text, each))
    lines = re.findall(r"^(?:\$ )?(?:.*(?:&&|;) )?(trimtab [a-z].*)$", shown, re.MULTILINE)
    lines += re.findall(r"`(trimtab [a-z][^`\n]*)`", text)
    for line in lines:
        name = re.match(r"trimtab ([\w-]+)", line)[1]
        if name in ("help", "version"):  # words that stand for options
            continue
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


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_data_is_attributed():
    attribution = (ROOT / "src/trimtab/tables/datasets/ATTRIBUTION.md").read_text()
    notice = (ROOT / "NOTICE").read_text()
    for text in (README, attribution, notice):
        assert "10.24432/C56S3T" in text
        assert "10.24432/C5PK67" in text
