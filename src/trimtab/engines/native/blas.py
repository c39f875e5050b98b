"""SciPy's BLAS for the products, instead of our own kernels: ``TRIMTAB_MATMUL=blas``.

Our kernels are as fast or faster at the shapes of tables where they have AVX2 or more (see
``docs/performance.md``), need nothing loaded, and give the same bits however a product is cut.
A BLAS may be quicker on machines they were not measured on. With one, the bits of a predicted row
depend on its place in a block of rows, though not on its neighbours' values; with our kernels they
depend on nothing but the row.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trimtab.core import _native
from trimtab.errors import InvalidArgument

CHOICES = ("kernels", "blas")

_lock = threading.Lock()
_users = 0
_libraries: list[Any] | None = None
_before: list[int] = []


def _start_anew() -> None:
    """In a forked child: another thread of the parent may have held the lock."""
    global _lock, _users
    _lock = threading.Lock()
    _users = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def chosen() -> str:
    """``kernels`` or ``blas``, from ``TRIMTAB_MATMUL``."""
    choice = os.environ.get("TRIMTAB_MATMUL", "").strip() or "kernels"
    if choice not in CHOICES:
        raise InvalidArgument(
            f"TRIMTAB_MATMUL must be one of {', '.join(CHOICES)}, received {choice!r}."
        )
    return choice


def _load() -> list[Any]:
    from scipy.linalg import cython_blas
    from threadpoolctl import ThreadpoolController

    # The capsule's name is the function's signature; the extension checks it.
    _native.use_blas(cython_blas.__pyx_capi__["sgemm"])
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    own = [library for library in libraries if "scipy" in Path(library.filepath).parent.name]
    # Where SciPy uses the system's BLAS there is no library of its own: limit what there is.
    return own or libraries


@contextmanager
def in_use() -> Iterator[None]:
    """Holds the BLAS at one thread while any engine runs; nothing to do for our own kernels.

    The engine's team calls it from every thread; a second pool of threads inside the BLAS would
    fight with the team for the same cores. Only SciPy's own library is limited.
    """
    global _users, _libraries, _before
    with _lock:
        # The choice is made at the first run and stays: it decides how columns are cut.
        if _libraries is None:
            _libraries = _load() if chosen() == "blas" else []
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
