"""The contracts of the house: they hold, and a planted import breaks them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources and of the contracts."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("*.so", "*.csv"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(root: Path, file: str, line: str) -> None:
    path = root / "src/trimtab" / file
    path.write_text(path.read_text() + f"\n\n{line}\n")


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*command, "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PATH": "", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def measured(root: Path) -> subprocess.CompletedProcess[str]:
    """What the command says. A process of its own: this one has imported trimtab already."""
    command = [sys.executable, ROOT / "tools/house.py", root]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_limits_hold() -> None:
    done = measured(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("core/checks.py", "import trimtab.model.sequential", "core is not allowed to import"),
        (
            "training/loop.py",
            "def later():\n    from trimtab.insight import coach",
            "training is not allowed to import trimtab.insight",
        ),
        (
            "nn/data.py",
            "if TYPE_CHECKING:\n    from trimtab.predictor import scores",
            "nn is not allowed to import trimtab.predictor",
        ),
        ("program/ops/base.py", "from trimtab.program import build", "No cycles are allowed"),
    ],
)
def test_the_linter_is_red_on_a_planted_import(copy: Path, file: str, line: str, said: str) -> None:
    plant(copy, file, line)
    done = lint(copy)
    assert done.returncode == 1
    assert said in done.stdout


def test_the_linter_is_green_without_one(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        (
            "core/checks.py",
            'LATER = "trimtab.model.sequential"',
            "an import goes up: trimtab.core.checks -> trimtab.model.sequential",
        ),
        (
            "errors.py",
            "\n".join(f"A{number} = {number}" for number in range(700)),
            "more than 600 lines: trimtab.errors (",
        ),
        (
            "program/verify.py",
            'LATER = "trimtab.program.build"',
            "files import each other: trimtab.program.build, trimtab.program.verify",
        ),
    ],
    ids=["a module named in a string", "a long file", "a circle"],
)
def test_a_broken_limit_is_named(copy: Path, file: str, line: str, said: str) -> None:
    plant(copy, file, line)
    done = measured(copy)
    assert done.returncode == 1
    assert said in done.stdout
