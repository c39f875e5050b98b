"""Small programs run in a Python of their own, for tests of signals, forks and environments."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import trimtab

_ROOT = Path(__file__).parents[2]
_PACKAGE = Path(trimtab.__file__).parents[1]


def run_python(script: str, timeout: float = 120, **environment: str) -> str:
    """What the script printed. It sees this trimtab and ``tests``; failing or hanging fails."""
    path = os.pathsep.join([str(_ROOT), str(_PACKAGE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, **environment, "PYTHONPATH": path},
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()
