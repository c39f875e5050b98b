"""Tries trimtab with the oldest versions that it says it runs with.

    python tools/oldest.py FOLDER      # an empty folder; what it makes stays there

Every ``name>=1.6`` among the dependencies of pyproject.toml becomes ``name==1.6.*``, in an
environment of its own, beside a wheel of what is here. Its extension is that of the trimtab that is
installed. The quick tests of the estimators run there, and those of frames and whole numbers, where
pandas, NumPy and their like differ most.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
import venv
from pathlib import Path

import package

ROOT = Path(__file__).resolve().parent.parent

#: What else the tests need; matplotlib 3.8 warns beside a newer pyparsing, and polars from 1.40 on
#: where scikit-learn 1.6 reads its columns.
BESIDE = ("polars<1.40", "pyparsing<3.3", "pytest>=8", "pytest-xdist>=3.5")

#: Quick tests that differ by version.
TESTS = ("tests/estimators", "tests/tables/files/test_in_memory.py")


def oldest(requirement: str) -> str:
    """The requirement of the oldest version alone.

    Example:
        >>> oldest("numpy>=1.26"), oldest("rich>=13")
        ('numpy==1.26.*', 'rich==13.0.*')
    """
    found = re.fullmatch(r"([\w-]+)>=(\d+)(?:\.(\d+))?", requirement)
    if found is None:
        sys.exit(f"{requirement!r} names no oldest version: write it as name>=1.2")
    name, major, minor = found.groups()
    return f"{name}=={major}.{minor or 0}.*"


def main(folder: Path) -> None:
    os.chdir(ROOT)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    files = project["optional-dependencies"]["files"]
    pins = [oldest(each) for each in (*project["dependencies"], *files)]
    wheel = package.wheel_from(ROOT, folder)
    venv.create(folder / "oldest", with_pip=True)
    python = folder / "oldest" / "bin" / "python"
    clean = dict.fromkeys(("PYTHONPATH", "SKBUILD_CMAKE_DEFINE"), "")
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    install = ("install", "--quiet", "--no-compile", "--only-binary", ":all:")
    package.run(*pip, *install, wheel, *pins, *BESIDE, **clean)
    tests = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2")
    package.run(*tests, "-m", "not slow", f"--junitxml={folder / 'oldest.xml'}", *TESTS, **clean)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
