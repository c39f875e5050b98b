"""Refusals, tested by their text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest


def assert_refused(error: type[Exception], text: str, action: Callable[[], Any]) -> None:
    """``action`` raises ``error`` with exactly this text."""
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        action()
