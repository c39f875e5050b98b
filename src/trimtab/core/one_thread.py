"""NumPy's matrix products on one thread, for a while."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["one_blas_thread"]

_lock = threading.Lock()
_users = 0
_libraries: list[Any] | None = None
_before: list[int] = []


def _start_anew() -> None:
    """Replaces the lock in a forked child: another thread of the parent may have held it."""
    global _lock, _users
    _lock, _users = threading.Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limits the BLAS to one thread while anybody is inside.

    Products of a hundred columns gain nothing from a second thread, and wait for it for
    milliseconds each where other networks or programs use the cores.

    Example:
        >>> import numpy as np
        >>> with one_blas_thread():
        ...     print(np.linalg.eigh(np.eye(2))[0])
        [1. 1.]
    """
    global _users, _libraries, _before
    with _lock:
        if _libraries is None:
            import numpy  # noqa: F401  # only loaded libraries are found
            from threadpoolctl import ThreadpoolController

            _libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        if _users == 0:
            _before = [library.num_threads for library in _libraries]
            for library in _libraries:
                library.set_num_threads(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                for library, threads in zip(_libraries, _before, strict=True):
                    library.set_num_threads(threads)
