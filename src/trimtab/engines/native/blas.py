"""SciPy's BLAS for matrix products, in place of trimtab's kernels: ``TRIMTAB_MATMUL=blas``.

With AVX2 or more, trimtab's kernels are as fast or faster for the shapes of tables (see
``docs/performance.md``). They need no library, and the bits of a predicted row depend on that row
only. A BLAS may be faster on other machines; with it, the bits of a row also depend on its place
in a block of rows, though not on the other rows' values.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trimtab.core import _native
from trimtab.core.one_thread import on_one_thread
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

CHOICES = ("kernels", "blas")

_lock = threading.Lock()
_libraries: list[Any] | None = None


def _start_anew() -> None:
    """Replaces the lock in a forked child: another thread of the parent may have held it."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def chosen() -> str:
    """``kernels`` or ``blas``, from ``TRIMTAB_MATMUL``.

    Raises:
        InvalidArgument: another value.
    """
    choice = os.environ.get("TRIMTAB_MATMUL", "").strip() or "kernels"
    if choice not in CHOICES:
        raise InvalidArgument(
            f"TRIMTAB_MATMUL must be one of {', '.join(CHOICES)}, received {brief(choice)}."
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


def choose() -> list[Any]:
    """Chooses who multiplies, once for the process: it decides how kernels lie and columns are cut.

    Returns:
        The BLAS libraries; empty for trimtab's kernels.

    Raises:
        InvalidArgument: ``TRIMTAB_MATMUL`` has another value.
    """
    global _libraries
    if _libraries is None:
        with _lock:
            if _libraries is None:
                _libraries = _load() if chosen() == "blas" else []
    return _libraries


@contextmanager
def in_use() -> Iterator[None]:
    """Limits the BLAS to one thread while any engine runs; does nothing for trimtab's kernels.

    The engine calls the BLAS from each of its threads. A second pool of threads inside the BLAS
    would compete for the same cores. Only SciPy's own library is limited.
    """
    with on_one_thread(choose()):
        yield
