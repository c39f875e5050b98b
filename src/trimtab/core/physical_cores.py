"""The machine's physical cores, counted once and in silence."""

from __future__ import annotations

import contextlib
import functools
import io
import warnings

__all__ = ["remember_physical_cores"]


@functools.cache
def remember_physical_cores() -> None:
    """Lets joblib count the cores, without a word; gradient boosting asks it, and it remembers.

    It asks programs of the system, and prints a traceback where they are missing.

    Example:
        >>> remember_physical_cores()
    """
    import joblib

    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joblib.cpu_count(only_physical_cores=True)
