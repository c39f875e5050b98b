"""Process-wide settings: threads, the random seed and the precision."""

from __future__ import annotations

import functools
import math
import numbers
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

_threads: int | None = None
_seed: int | None = None
_drawn = 0
_policy = "float32"


@dataclass
class _Seeds:
    """Seeds of a block of code: the first one, and how many were drawn from it."""

    seed: int
    drawn: int = 0


_own: ContextVar[_Seeds | None] = ContextVar("seeds", default=None)

#: Precisions; see :func:`set_dtype_policy`.
POLICIES = ("float32", "mixed_bfloat16")


def set_threads(threads: int | None) -> None:
    """Limits the threads of the native engine in this process.

    Networks that train at the same time share the threads. Results are bit-identical for any
    number of threads.

    Args:
        threads: maximum number; None for the default: ``TRIMTAB_NUM_THREADS``, or the cores that
            this process may use (CPU affinity and cgroup quota respected).

    Raises:
        InvalidArgument: not a positive integer.
    """
    global _threads
    _threads = check_threads(threads)


def check_threads(threads: int | None) -> int | None:
    """The number of threads as an integer; None for the default.

    Raises:
        InvalidArgument: neither None nor a positive integer.
    """
    if threads is None:
        return None
    if isinstance(threads, bool) or int(threads) != threads or threads < 1:
        raise InvalidArgument(
            f"threads must be a positive integer, received {brief(threads)}. Use None for the "
            "default."
        )
    return int(threads)


def get_threads() -> int:
    """Maximum number of threads of the native engine in this process."""
    if _threads is not None:
        return _threads
    # joblib and others set OMP_NUM_THREADS in their workers to keep them from oversubscribing.
    for name in ("TRIMTAB_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").strip()
        if text.isdigit() and int(text) > 0:
            return int(text)
        if text and name == "TRIMTAB_NUM_THREADS":
            raise InvalidArgument(
                f"TRIMTAB_NUM_THREADS must be a positive integer, received {brief(text)}."
            )
    return available_cores()


def available_cores() -> int:
    """Cores this process may use: CPU affinity and cgroup quota respected."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = _cgroup_quota()
    return max(1, min(cores, math.floor(quota) if quota is not None else cores))


@functools.cache
def _cgroup_quota() -> float | None:
    """CPU quota of this process' control group in cores, or None without one.

    Read once: every engine call asks for its threads.
    """
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:  # version 2
            quota, period = file.read().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        with open("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") as file:  # version 1
            limit = int(file.read())
        with open("/sys/fs/cgroup/cpu/cpu.cfs_period_us") as file:
            length = int(file.read())
        return limit / length if limit > 0 and length > 0 else None
    except (OSError, ValueError):
        return None


def set_random_seed(seed: int) -> None:
    """Makes everything that follows reproducible: initial weights, row orders, dropout masks.

    Models built after this call take their seeds from it, in the order they are built. The global
    states of ``random`` and ``numpy.random`` are not used and not changed.

    Args:
        seed: from 0 to 2**64 - 1.

    Raises:
        InvalidArgument: another number.
    """
    global _seed, _drawn
    whole = isinstance(seed, numbers.Real) and not isinstance(seed, bool) and int(seed) == seed
    if not whole or not 0 <= seed < 2**64:
        raise InvalidArgument(
            f"seed must be an integer from 0 to 2**64 - 1, received {brief(seed)}."
        )
    _seed = int(seed)
    _drawn = 0


def get_random_seed() -> int | None:
    """The seed given to :func:`set_random_seed`; None before its first call."""
    return _seed


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Models built inside take their seeds from this one; other threads do not notice.

    Args:
        seed: from 0 to 2**64 - 1.

    Example:
        >>> from trimtab import config
        >>> with config.seeded(7):
        ...     first = config.next_seed()
        >>> with config.seeded(7):
        ...     first == config.next_seed()
        True
    """
    token = _own.set(_Seeds(seed))
    try:
        yield
    finally:
        _own.reset(token)


def next_seed() -> int:
    """A 64-bit seed for the next model; random unless :func:`set_random_seed` was called."""
    global _drawn
    from trimtab.core import random

    own = _own.get()
    if own is not None:
        own.drawn += 1
        return random.derive(own.seed, random.Stream.MODELS, own.drawn)
    if _seed is None:
        return secrets.randbits(64)
    _drawn += 1
    return random.derive(_seed, random.Stream.MODELS, _drawn)


def set_dtype_policy(policy: str) -> None:
    """Sets the precision of models compiled from now on.

    Args:
        policy: ``float32``, or ``mixed_bfloat16`` for accelerators (JAX engine): products and
            activations in bfloat16; weights, batch statistics, loss and optimizer in float32.

    Raises:
        InvalidArgument: another name.

    Example:
        >>> from trimtab import config
        >>> config.set_dtype_policy("float32")
        >>> config.dtype_policy()
        'float32'
    """
    global _policy
    _policy = check_policy(policy)


def dtype_policy() -> str:
    """The precision of models compiled now."""
    return _policy


def check_policy(policy: str) -> str:
    """The policy.

    Raises:
        InvalidArgument: unknown.
    """
    if policy not in POLICIES:
        raise InvalidArgument(
            f"the precision must be one of {', '.join(POLICIES)}, received {brief(policy)}."
        )
    return policy
