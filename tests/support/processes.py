"""Small programs run in a Python of their own, for tests of signals, forks and environments."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import trimtab

_ROOT = Path(__file__).parents[2]
_PACKAGE = Path(trimtab.__file__).parents[1]


def run_python(script: str, timeout: float = 120, **environment: str) -> str:
    """What the script printed. It sees this trimtab and ``tests``; failing or hanging fails."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=_environment(environment),
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    output: str
    errors: str


def run_together(
    script: str, count: int = 2, timeout: float = 180, **environment: str
) -> list[Ended]:
    """Several processes of one script, which calls ``trimtab.distributed.initialize(*WHERE)``.

    They may fail; those that hang are killed, and the test fails with what they have said.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    started = []
    for index in range(count):
        head = f"WHERE = ({address!r}, {count}, {index})\n"
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", head + textwrap.dedent(script)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=_environment(environment),
            )
        )
    ended, hung = [], []
    for index, process in enumerate(started):
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            hung.append(index)
            process.kill()
            output, errors = process.communicate()
        ended.append(Ended(process.returncode, output, errors))
    assert not hung, f"processes {hung} hang: {ended}"
    return ended


def _environment(more: dict[str, str]) -> dict[str, str]:
    path = os.pathsep.join([str(_ROOT), str(_PACKAGE), os.environ.get("PYTHONPATH", "")])
    if "XLA_FLAGS" in more:  # added to those of all tests
        more = {**more, "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {more['XLA_FLAGS']}"}
    return {**os.environ, **more, "PYTHONPATH": path}
