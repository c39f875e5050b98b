"""A run survives kills and failed writes: some of each, as tools/survive.py makes them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the tool forks")
def test_twenty_kills_and_some_failed_writes():
    memory = Path("/dev/shm")  # not the disk: its flushes take most of the time
    folder = {"TMPDIR": str(memory)} if os.access(memory, os.W_OK) else {}
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "survive.py", "--kills", "20", "--failures", "8"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **folder},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kills, failures = done.stdout.splitlines()
    assert kills.startswith("native: 20 processes killed, ") and kills.endswith(
        "; 0 with other bits"
    )
    assert failures.startswith("native: 48 writes failed (") and failures.endswith(
        "24 runs went on to their end, 24 ended there and were resumed; 0 with other bits"
    )
