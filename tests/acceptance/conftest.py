"""Whole commands, as people type them."""

from tests.support.commands import trimtab

__all__ = ["trimtab"]
