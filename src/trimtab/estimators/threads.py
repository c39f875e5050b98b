"""How many threads an estimator may use, alone and beside others."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from joblib.parallel import get_active_backend

from trimtab import config
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

__all__ = ["threads_of"]


def threads_of(n_jobs: Any) -> int:
    """Threads of the engine, by the habits of scikit-learn.

    Args:
        n_jobs: None is 1, or what ``joblib.parallel_config`` says; -1 is all cores, -2 all but one,
            and so on. A process of joblib has its share of the cores, which joblib sets and
            :mod:`trimtab.config` reads; a worker thread has one.

    Raises:
        InvalidArgument: it is no number, or 0.

    Example:
        >>> threads_of(None), threads_of(3)
        (1, 3)
    """
    if n_jobs is not None and not (
        isinstance(n_jobs, int | np.integer) and not isinstance(n_jobs, bool) and n_jobs
    ):
        raise InvalidArgument(
            f"n_jobs must be None or a whole number other than 0, received {brief(n_jobs)}. Use "
            "n_jobs=1, or n_jobs=-1 for all cores."
        )
    backend, jobs = get_active_backend()
    worker = threading.current_thread() is not threading.main_thread() and getattr(
        backend, "nesting_level", None
    ) not in (None, 0)
    if n_jobs is None:
        n_jobs = 1 if worker or jobs is None else jobs
    if n_jobs < 0:
        return 1 if worker else max(1, config.get_threads() + 1 + int(n_jobs))
    return int(n_jobs)
