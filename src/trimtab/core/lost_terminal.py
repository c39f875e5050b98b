"""A terminal that closes while a command still has something to save."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["without_terminal"]

_OUTPUTS = (1, 2)


@contextmanager
def without_terminal() -> Iterator[None]:
    """Around what prints: if the terminal is gone, printing is dropped from then on.

    Else the first line printed after SIGHUP would end the command before it saved its network.
    """
    try:
        yield
    except OSError as problem:
        if problem.errno != errno.EIO:
            raise
        nothing = os.open(os.devnull, os.O_WRONLY)
        for output in _OUTPUTS:
            with suppress(OSError):
                if stat.S_ISCHR(os.fstat(output).st_mode):
                    os.dup2(nothing, output)  # what is still buffered goes there as well
        os.close(nothing)
