"""Refusals, tested by their text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def assert_refused(error: type[Exception], text: str, action: Callable[[], Any]) -> None:
    """``action`` raises ``error`` with exactly this text; notes that JAX adds are its own."""
    with pytest.raises(error) as refusal:
        action()
    assert str(refusal.value) == text
