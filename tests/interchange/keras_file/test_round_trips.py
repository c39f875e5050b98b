"""Generated graphs and every layer through files, in both directions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.interchange.keras_file.both import VALUES
from tests.interchange.keras_file.on_numpy import names

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def found(tmp_path_factory: Any) -> dict[str, dict[str, Any]]:
    """What a process with Keras on NumPy measured, by the name of the case."""
    command = [sys.executable, "-m", "tests.interchange.keras_file.on_numpy"]
    done = subprocess.run(
        [*command, str(tmp_path_factory.mktemp("files"))],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "numpy"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", names())
def test_a_model_goes_to_the_other_library_and_back(
    name: str, found: dict[str, dict[str, Any]]
) -> None:
    case = found[name]
    assert "problem" not in case, case["problem"]
    for where in ("here", "back", "there"):
        assert case[where] <= VALUES, where
    assert case["again"] == 0
    assert case["named"] == 0
