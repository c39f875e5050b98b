"""Keras writes and reads files in this folder; without it the folder is skipped."""

from __future__ import annotations

import importlib.util

import pytest

if not all(importlib.util.find_spec(name) for name in ("keras", "jax", "h5py")):
    collect_ignore_glob = ["*.py"]


def pytest_itemcollected(item: pytest.Item) -> None:
    # Keras' variables are not ready for NumPy 2.
    item.add_marker(
        pytest.mark.filterwarnings(
            "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
        )
    )
