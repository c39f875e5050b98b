"""How many threads an estimator may use, alone and beside others."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from trimtab import config

__all__ = ["threads_of"]


def threads_of(n_jobs: Any) -> int | None:
    """Threads of the engine, so that workers of joblib have a core each.

    Processes of joblib have their share in OMP_NUM_THREADS, which :mod:`trimtab.config` reads.

    Args:
        n_jobs: as scikit-learn has it: None, a number, or from -1 (all) downwards (all but some).
    """
    if n_jobs is None:
        return 1 if _in_worker_thread() else None
    if isinstance(n_jobs, int | np.integer) and not isinstance(n_jobs, bool) and n_jobs < 0:
        return max(1, config.get_threads() + 1 + int(n_jobs))
    return n_jobs  # type: ignore[no-any-return]  # whoever takes it checks it


def _in_worker_thread() -> bool:
    """Whether this is a thread that joblib runs beside others."""
    if threading.current_thread() is threading.main_thread():
        return False
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend()
    return getattr(backend, "nesting_level", None) not in (None, 0)
