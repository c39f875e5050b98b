import importlib.metadata
import subprocess
import sys

import trimtab as package


def test_version(trimtab):
    result = trimtab("--version")
    assert result.status == 0
    assert result.out == f"trimtab {package.__version__}\n"


def test_version_is_said_once():
    assert importlib.metadata.version("trimtab") == package.__version__


def test_help_names_the_commands(trimtab):
    result = trimtab("--help")
    assert result.status == 0
    assert "lesson" in result.out


def test_no_arguments_is_a_question(trimtab):
    result = trimtab()
    assert "Usage: trimtab" in result.out + result.err


def test_unknown_command(trimtab):
    assert "'leson'" in trimtab.refuses("leson")


def test_python_m(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "trimtab", "--version"], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (0, f"trimtab {package.__version__}\n")
