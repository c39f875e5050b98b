"""Whole commands, as people type them."""

import pytest

from tests.support.commands import trimtab

__all__ = ["trimtab", "without_pictures"]


@pytest.fixture
def without_pictures(monkeypatch):
    """Drawing takes longer than small trainings."""
    monkeypatch.setattr(
        "trimtab.predictor.training.curves.draw",
        lambda p, n, title, path: path.write_bytes(b"picture"),
    )
