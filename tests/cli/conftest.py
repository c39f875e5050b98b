"""Running the command inside this process, in a folder of its own."""

from tests.support.commands import trimtab

__all__ = ["trimtab"]
