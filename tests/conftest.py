"""Shared by all tests. Nothing heavy: most files import neither Keras nor JAX."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Read when Keras and JAX are first imported, by whichever test comes first.
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

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
