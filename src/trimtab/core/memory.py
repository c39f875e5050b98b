"""How much memory this process may take."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["memory_size"]

#: Where Linux says what a container may take: the second and the first version of its groups.
LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)

#: Taken where the system does not say.
UNKNOWN = 4 << 30


def memory_size() -> int:
    """Bytes of the machine's memory, or of what a container has of it.

    Example:
        >>> memory_size() > 1 << 20
        True
    """
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # not on Windows
        size = UNKNOWN
    for path in LIMITS:
        try:
            size = min(size, int(path.read_text()))
        except (OSError, ValueError):  # another system, or "max"
            continue
    return size
