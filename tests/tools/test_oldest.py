"""The oldest versions are read from what pyproject.toml allows."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import oldest

    yield oldest
    for name in ("oldest", "package", "build_backend"):
        sys.modules.pop(name, None)


def test_every_dependency_names_its_oldest_version(tool):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = [tool.oldest(each) for each in project["dependencies"]]
    assert "scikit-learn==1.6.*" in pins and "rich==13.0.*" in pins
    assert all(re.fullmatch(r"[\w-]+==\d+\.\d+\.\*", pin) for pin in pins)


def test_one_that_names_none_is_refused(tool):
    with pytest.raises(SystemExit, match=r"write it as name>=1\.2"):
        tool.oldest("numpy")
