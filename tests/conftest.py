"""Shared by all tests. Nothing heavy: most files import neither Keras nor JAX."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

# Read when Keras and JAX are first imported, by whichever test comes first.
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

#: Compiled code stays out of the user's cache folder. Each process has one of its own, which its
#: subprocesses share: JAX writes there without a lock, and its warning of a torn file is an error.
_COMPILED = tempfile.mkdtemp(prefix="trimtab-tests-")
os.environ["TRIMTAB_CACHE_DIR"] = _COMPILED

# A shell that runs tests in the background has them ignore Ctrl-C, which some tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

#: Folders in the order they run, quick ones first; the others in between.
_FIRST = ("program", "random", "contracts")
_LAST = ("engines", "parity")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(root).parts[0] if item.path.is_relative_to(root) else ""
        if folder in _FIRST:
            return _FIRST.index(folder) - len(_FIRST)
        return _LAST.index(folder) + 1 if folder in _LAST else 0

    items.sort(key=rank)


def pytest_unconfigure() -> None:
    shutil.rmtree(_COMPILED, ignore_errors=True)
