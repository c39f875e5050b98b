"""The driver's end of a worker process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.peers import PEERS

ROOT = Path(__file__).resolve().parent.parent

# What would give one peer other threads than its default, or keep byte code from being cached.
CLEARED = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TRIMTAB_NUM_THREADS",
    "XLA_FLAGS",
    "JAX_COMPILATION_CACHE_DIR",
    "NVIDIA_TF32_OVERRIDE",
    "PYTHONDONTWRITEBYTECODE",
)


# Where nothing but the processor is measured, frameworks are not to see anything else.
PROCESSOR_ONLY = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}

# Peers share the device's memory, and all multiply float32 as float32.
ACCELERATOR = {
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
}


class WorkerFailed(Exception):
    """A worker ended before it answered."""


def environment(
    peer: str,
    scratch: Path,
    *,
    accelerator: bool = False,
    cache: Path | None = None,
    source: Path | None = None,
) -> dict[str, str]:
    """The driver's environment, the peer's own settings, defaults for everything else.

    KERAS_HOME points into the scratch folder, so that nobody's Keras settings count or change.
    trimtab, which keeps compiled code between processes, is given a new folder for it; with `cache`
    every peer that can do that does it, there. Packages are looked for in `source` first.
    """
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
    own = {
        "KERAS_HOME": str(scratch),
        "TRIMTAB_CACHE_DIR": tempfile.mkdtemp(prefix="compiled-", dir=scratch),
        **(ACCELERATOR if accelerator else PROCESSOR_ONLY),
        **PEERS[peer].environment,
    }
    if cache is not None and (variable := PEERS[peer].cache_variable):
        own[variable] = str(cache)
    if source is not None:
        own["PYTHONPATH"] = str(source.resolve())
    return kept | own


class Worker:
    """One peer in a process of its own. Use it in a `with`: leaving it ends the process."""

    def __init__(
        self,
        peer: str,
        scratch: Path,
        time_limit: float,
        *,
        accelerator: bool = False,
        source: Path | None = None,
    ) -> None:
        self.peer = peer
        self.time_limit = time_limit
        handle, path = tempfile.mkstemp(suffix=".stderr", dir=scratch)
        self.errors = Path(path)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer],
            cwd=ROOT,
            env=environment(peer, scratch, accelerator=accelerator, source=source),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=handle,
            text=True,
        )
        os.close(handle)

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Send a request and wait for its answer, at most `time_limit` seconds."""
        assert self.process.stdin is not None and self.process.stdout is not None
        watchdog = threading.Timer(self.time_limit, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watchdog.cancel()
        if not line:
            raise WorkerFailed(f"the worker ended: {self._last_error()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End of input ends the worker; one that does not heed it is killed."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _last_error(self) -> str:
        self.process.wait()
        lines = self.errors.read_text(errors="replace").strip().splitlines()
        last = lines[-1] if lines else "nothing on standard error"
        return f"exit status {self.process.returncode}, {last}"
