"""Matrix products of a BLAS on one thread, for a while."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["on_one_thread", "one_blas_thread"]


@dataclass
class _Limit:
    """Who is inside, and the threads that a library had before the first of them."""

    users: int = 0
    before: int = 1


_lock = threading.Lock()
#: File of a library -> its limit: one count for all who limit it, for whatever reason.
_limits: dict[str, _Limit] = {}
_loaded: list[Any] | None = None


def _start_anew() -> None:
    """Replaces the lock in a forked child: another thread of the parent may have held it."""
    global _lock
    _lock = threading.Lock()
    _limits.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


@contextmanager
def on_one_thread(libraries: Sequence[Any]) -> Iterator[None]:
    """Limits libraries to one thread while anybody is inside, in any thread.

    Args:
        libraries: controllers of threadpoolctl.
    """
    with _lock:
        for library in libraries:
            limit = _limits.setdefault(library.filepath, _Limit())
            if not limit.users:
                limit.before = library.num_threads
                library.set_num_threads(1)
            limit.users += 1
    try:
        yield
    finally:
        with _lock:
            for library in libraries:
                # None in a child that was forked from inside.
                limit = _limits.get(library.filepath, _Limit())
                limit.users -= 1
                if limit.users == 0:
                    library.set_num_threads(limit.before)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limits every loaded BLAS to one thread while anybody is inside.

    Products of a hundred columns gain nothing from a second thread, and wait for it for
    milliseconds each where other networks or programs use the cores.

    Example:
        >>> import numpy as np
        >>> with one_blas_thread():
        ...     print(np.linalg.eigh(np.eye(2))[0])
        [1. 1.]
    """
    global _loaded
    with _lock:
        if _loaded is None:
            import numpy  # noqa: F401  # only loaded libraries are found
            from threadpoolctl import ThreadpoolController

            _loaded = ThreadpoolController().select(user_api="blas").lib_controllers
    with on_one_thread(_loaded):
        yield
